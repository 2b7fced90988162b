import { isIP } from 'node:net';
import type { EngineSet } from '../../../engine/engine-api.ts';
import {
  formatPort,
  formatPublished,
  parsePublished,
  type Published,
  readPort,
  readPublished,
} from '../published-port.ts';
import { readContainerOr, readItems, readTextMap, readTexts } from '../read-input.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { LIST, SET, TEXT, toSet } from '../value.ts';

const NETWORK_MODES = ['bridge', 'host', 'none'];

/** How it is reached and how it reaches others. */
export const NETWORK_KEYS: readonly SpecKey[] = [
  defineKey(SET, {
    name: 'ports',
    answer: 'recreate',
    parse: (input) => toSet(readItems(input, readPublished).flat().map(formatPublished)),
    send: (value, body) => {
      body.HostConfig.PortBindings ??= {};
      for (const text of value) {
        const { address, host, port } = getPublished(text);
        (body.HostConfig.PortBindings[port] ??= []).push({ HostIp: address, HostPort: host });
        // without it the engine publishes nothing, and says nothing
        body.ExposedPorts = { ...body.ExposedPorts, [port]: {} };
      }
    },
    read: ({ HostConfig }) =>
      toSet(
        Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, bindings]) =>
          (bindings ?? []).map(({ HostIp = '', HostPort = '' }) =>
            formatPublished({ address: HostIp, host: HostPort === '0' ? '' : HostPort, port }),
          ),
        ),
      ),
  }),
  defineKey(SET, {
    name: 'expose',
    answer: 'recreate',
    parse: (input) => toSet(readItems(input, readPort).flat().map(formatPort)),
    send: (value, body) => {
      body.ExposedPorts = {
        ...body.ExposedPorts,
        ...Object.fromEntries(value.map((port) => [port.includes('/') ? port : `${port}/tcp`, {}])),
      };
    },
    read: ({ Config, HostConfig }) =>
      listPorts(Config.ExposedPorts).filter(
        (port) => HostConfig.PortBindings?.[port.includes('/') ? port : `${port}/tcp`] === undefined,
      ),
    ofImage: ({ Config }) => listPorts(Config.ExposedPorts),
  }),
  defineKey(TEXT, {
    name: 'network_mode',
    title: 'network',
    answer: 'recreate',
    default: 'bridge',
    parse: (input) => readContainerOr(input, NETWORK_MODES),
    send: (value, body) => {
      body.HostConfig.NetworkMode = value;
    },
    read: ({ HostConfig }) => (HostConfig.NetworkMode === 'default' ? 'bridge' : HostConfig.NetworkMode || undefined),
  }),
  defineKey(SET, {
    name: 'extra_hosts',
    answer: 'recreate',
    parse: (input) => toSet(Object.entries(readTextMap(input, '=:')).map(([name, address]) => `${name}:${address}`)),
    send: (value, body) => {
      body.HostConfig.ExtraHosts = [...value];
    },
    read: ({ HostConfig }) => toSet(HostConfig.ExtraHosts ?? []),
  }),
  defineKey(LIST, {
    name: 'dns',
    answer: 'recreate',
    parse: (input) => {
      const addresses = readTexts(input, { orOne: true });
      const wrong = addresses.find((address) => isIP(address) === 0);
      return wrong === undefined ? addresses : input.refuse(`"${wrong}" is no address`);
    },
    send: (value, body) => {
      body.HostConfig.Dns = [...value];
    },
    read: ({ HostConfig }) => HostConfig.Dns ?? undefined,
  }),
  defineKey(LIST, {
    name: 'dns_search',
    answer: 'recreate',
    parse: (input) => readTexts(input, { orOne: true }),
    send: (value, body) => {
      body.HostConfig.DnsSearch = [...value];
    },
    read: ({ HostConfig }) => HostConfig.DnsSearch ?? undefined,
  }),
];

/** Of a canonical text, which always reads. */
function getPublished(text: string): Published {
  const published = parsePublished(text);
  if (published === undefined) throw new TypeError(`"${text}" is no canonical published port`);
  return published;
}

function listPorts(ports: EngineSet | null | undefined): readonly string[] {
  return toSet(Object.keys(ports ?? {}).map(formatPort));
}
