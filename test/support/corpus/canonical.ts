import path from 'node:path';
import { splitWords } from '../../../src/base/split-words.ts';
import type { SpecKey } from '../../../src/container/spec/spec-key.ts';
import { SPEC_KEYS } from '../../../src/container/spec/spec-keys.ts';
import { toMap as inOrder, toSet, type Value } from '../../../src/container/spec/value.ts';
import { foldService, type Names, type Plain, type PlainMap, toList, toMap, toText } from './service.ts';

type Convert = (value: Plain, names: Names, service: { readonly name: string; readonly all: PlainMap }) => Value;

/** A service of `docker-compose config` in the form of a run spec: by key, canonical, without what is the default. */
export function canonicalService(name: string, service: PlainMap, names: Names): Readonly<Record<string, Value>> {
  const all = foldService(service, names);
  const own = { name, all };
  const filled: PlainMap = {
    image: `${names.project}-${name}`,
    ...(all['network_mode'] === undefined ? { networks: { default: null } } : {}),
    ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)),
  };
  const first = firstNetwork(filled['networks']);
  return withoutDefaults(
    Object.fromEntries(
      Object.entries(filled)
        // its name is compared as that of the file; what begins with x- is for people
        .filter(([key]) => key !== 'container_name' && !key.startsWith('x-'))
        .map(([key, value]): readonly [string, Value] => [key, (CONVERT[key] ?? byKind(key))(value, names, own)])
        .concat(first === undefined ? [] : [['network_mode', names.networks.get(first) ?? first]]),
    ),
  );
}

/** The one that Compose makes a container on: that of the highest priority, and of those the first by name. */
function firstNetwork(value: Plain | undefined): string | undefined {
  const priority = (key: string): number => Number(toText(toMap(toMap(value)[key])['priority'] ?? 0));
  const keys = Array.isArray(value) ? toList(value).map(toText) : Object.keys(toMap(value));
  return keys.sort((a, b) => priority(b) - priority(a) || (a < b ? -1 : 1))[0];
}

/** What says nothing, and what the engine takes anyway, is the same as nothing. */
export function withoutDefaults(values: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([key, value]) =>
        !(typeof value === 'object' && Object.keys(value).length === 0) &&
        SPEC_KEYS.find(({ name }) => name === key)?.default !== value,
    ),
  );
}

/** Whatever has no row below, also a key that comes later, by what the closed list says of its values. */
function byKind(key: string): Convert {
  switch (SPEC_KEYS.find(({ name }) => name === key)?.kind.name satisfies SpecKey['kind']['name'] | undefined) {
    case 'number':
      return (value) => Number(value);
    case 'flag':
      return (value) => value === true || value === 'true';
    case 'list':
      return (value) => toList(value).map(unescape);
    case 'set':
      return (value) => toSet(toList(value).map(unescape));
    case 'map':
      return (value) => pairs(value);
    case 'text':
    case undefined:
      return unescape;
  }
}

const CONVERT: Readonly<Record<string, Convert>> = {
  image: (value) => {
    const text = toText(value);
    return /@|:[^/]*$/.test(text) ? text : `${text}:latest`;
  },
  command: words,
  // an empty one is not the image's
  entrypoint: (value) => (toList(value).every((word) => word === '') ? [''] : words(value)),
  environment: (value) => pairs(value),
  labels: (value) => pairs(value, ''),
  annotations: (value) => pairs(value, ''),
  ports: (value) => toSet(toList(value).map(port)),
  expose: (value) => toSet(toList(value).map((one) => toText(one).replace(/\/tcp$/, ''))),
  volumes: (value, { volumes }) => toSet(toList(value).map((one) => mount(one, volumes))),
  tmpfs: (value) =>
    inOrder(toList(value).map((one) => [toText(one).split(':')[0] ?? '', toText(one).split(':')[1] ?? ''])),
  networks: (value, { networks }, { name }) => {
    const joined = Array.isArray(value)
      ? toList(value).map((one) => [toText(one), null] as const)
      : Object.entries(toMap(value));
    return inOrder(
      joined.map(([key, held]) => {
        const { aliases, ipv4_address: four, ipv6_address: six, link_local_ips: links } = toMap(held);
        // Compose calls it by its service, too
        const names = toSet([name, ...toList(aliases).map(toText)]);
        const addresses = [four, six].flatMap((address) => (address === undefined ? [] : [toText(address)]));
        const more = links === undefined ? '' : ` ${JSON.stringify({ link_local_ips: toList(links).map(toText) })}`;
        const at = addresses.length === 0 ? '' : `@${addresses.join(',')}`;
        return [networks.get(key) ?? key, `${names.join(',')}${at}${more}`];
      }),
    );
  },
  network_mode: container,
  pid: container,
  ipc: container,
  links: (value, { containers }) =>
    toSet(
      toList(value).map((one) => {
        const [service = '', alias = service] = toText(one).split(':');
        return `${containers.get(service) ?? service}:${alias}`;
      }),
    ),
  external_links: (value) =>
    toSet(toList(value).map((one) => (toText(one).includes(':') ? toText(one) : `${toText(one)}:${toText(one)}`))),
  depends_on: (value, { containers }) => {
    const needs = Array.isArray(value)
      ? toList(value).map((one) => [toText(one), null] as const)
      : Object.entries(toMap(value));
    return toSet(
      needs.map(([service, how]) => {
        const condition = toText(toMap(how)['condition'] ?? 'service_started').replace(/^service_|_successfully$/g, '');
        return `${containers.get(service) ?? service}:${condition}`;
      }),
    );
  },
  volumes_from: (value, { containers }) =>
    toSet(
      toList(value).map((one) => {
        const [, kind, name = '', mode] = /^(service:|container:)?([^:]*):?(.*)$/.exec(toText(one)) ?? [];
        const called = kind === 'container:' ? name : (containers.get(name) ?? name);
        return mode === 'ro' ? `${called}:ro` : called;
      }),
    ),
  extra_hosts: (value) => toSet(Object.entries(pairs(value, undefined, /[:=]/)).map((entry) => entry.join(':'))),
  devices: (value) =>
    toList(value).map((one) => {
      const [host = '', inside = host, mode = 'rwm'] = toText(one).split(':');
      return `${host}:${inside}:${mode}`;
    }),
  mem_limit: bytes,
  memswap_limit: bytes,
  mem_reservation: bytes,
  shm_size: bytes,
  cpu_period: microseconds,
  cpu_quota: microseconds,
  cpu_rt_period: microseconds,
  cpu_rt_runtime: microseconds,
  stop_grace_period: (value) => Math.ceil(nanoseconds(value) / 1e9),
  stop_signal: (value) => toText(value).replace(/^(?!SIG|\d)/, 'SIG'),
  ulimits: (value) =>
    inOrder(
      Object.entries(toMap(value)).map(([name, held]) => {
        const { soft = held, hard = held } = toMap(held);
        return [name, `${toText(soft)}:${toText(hard)}`];
      }),
    ),
  healthcheck: (value) => {
    const { disable, test, retries, ...times } = toMap(value);
    if (disable === true) return { test: '["NONE"]' };
    return inOrder([
      ...(test === undefined
        ? []
        : [
            ['test', JSON.stringify(Array.isArray(test) ? test.map(unescape) : ['CMD-SHELL', unescape(test)])] as const,
          ]),
      ...(retries === undefined ? [] : [['retries', toText(retries)] as const]),
      ...Object.entries(times).map(([name, time]) => [name, String(nanoseconds(time))] as const),
    ]);
  },
  cap_add: capabilities,
  cap_drop: capabilities,
  security_opt: (value) => toSet(toList(value).map((one) => unescape(one).replace(/^([a-z-]+):/, '$1='))),
  logging: (value) => {
    const { driver, options } = toMap(value);
    return inOrder([['driver', toText(driver ?? 'json-file')], ...Object.entries(pairs(options ?? {}))]);
  },
  gpus: (value) =>
    toList(value).map((one) => {
      const { driver, count = 'all', device_ids: ids, capabilities: can, options } = toMap(one);
      const which =
        ids === undefined ? { count: typeof count === 'bigint' ? Number(count) : count } : { device_ids: ids };
      return JSON.stringify({
        ...(driver === undefined ? {} : { driver }),
        ...which,
        capabilities: toSet(['gpu', ...toList(can).map(toText)]),
        ...(options === undefined ? {} : { options }),
      });
    }),
  blkio_config: (value) =>
    inOrder(
      Object.entries(toMap(value)).map(([name, held]) => [
        name,
        name === 'weight'
          ? toText(held)
          : toList(held)
              .map(toMap)
              .map((one) => `${toText(one['path'])}=${bytes(one['rate'] ?? one['weight'] ?? 0)}`)
              .join('\n'),
      ]),
    ),
};

/** It writes `$` as it has to stand in a file. */
function unescape(value: Plain): string {
  return toText(value).replaceAll('$$', '$');
}

/** `NAME=VALUE` in a list, or a map; what has no value is not there unless it is `bare`. */
function pairs(value: Plain, bare?: string, between = /=/): Readonly<Record<string, string>> {
  const entries = Array.isArray(value)
    ? toList(value).map((one): readonly [string, Plain] => {
        const text = toText(one);
        const cut = text.search(between);
        return cut < 0 ? [text, null] : [text.slice(0, cut), text.slice(cut + 1)];
      })
    : Object.entries(toMap(value));
  return inOrder(
    entries.flatMap(([name, held]) =>
      held !== null ? [[name, unescape(held)] as const] : bare === undefined ? [] : [[name, bare] as const],
    ),
  );
}

function words(value: Plain): readonly string[] {
  return Array.isArray(value) ? toList(value).map(unescape) : (splitWords(unescape(value)) ?? [unescape(value)]);
}

function container(value: Plain, { containers }: Names): string {
  return toText(value).replace(/^service:(.*)$/, (_, name: string) => `container:${containers.get(name) ?? name}`);
}

function capabilities(value: Plain): readonly string[] {
  return toSet(toList(value).map((one) => toText(one).toUpperCase().replace(/^CAP_/, '')));
}

/** `127.0.0.1:5000:5000/udp`; it has written each port of a range by itself. */
function port(value: Plain): string {
  if (typeof value !== 'object') return toText(value).replace(/\/tcp$/, '');
  const { target, published, protocol, host_ip: address } = toMap(value);
  const kind = protocol === undefined || protocol === 'tcp' ? '' : `/${toText(protocol)}`;
  const host = published === undefined ? '' : `${toText(published)}:`;
  return `${address === undefined ? '' : `${toText(address)}:`}${host}${toText(target)}${kind}`;
}

function mount(value: Plain, volumes: ReadonlyMap<string, string>): string {
  const { source, target, read_only: isReadOnly, bind, volume } = toMap(value);
  const isLong = target !== undefined;
  const [first = '', second, given = ''] = toText(value).split(':');
  const from = isLong ? toText(source) : second === undefined ? '' : first;
  const to = isLong ? toText(target) : (second ?? first);
  const options = isLong
    ? [
        ...(isReadOnly === true ? ['ro'] : []),
        ...(toMap(volume)['nocopy'] === true ? ['nocopy'] : []),
        ...toList(toMap(bind)['propagation']).map(toText),
      ]
    : // these change nothing
      given.split(',').filter((option) => !['', 'rw', 'cached', 'delegated', 'consistent'].includes(option));
  const called = from.startsWith('/') ? path.resolve(from) : (volumes.get(from) ?? from);
  return [
    ...(called === '' ? [] : [called]),
    path.resolve(to),
    ...(options.length === 0 ? [] : [options.sort().join(',')]),
  ].join(':');
}

/** `1.5g` in bytes. */
function bytes(value: Plain): number {
  const [, amount = '', unit = ''] = /^(-?[\d.]+)\s*([kmgt]?)/i.exec(toText(value)) ?? [];
  return Math.round(Number(amount) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase()));
}

/** `1m30s`. */
function nanoseconds(value: Plain): number {
  const units: Readonly<Record<string, number>> = { h: 3600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, ns: 1 };
  const text = toText(value);
  if (/^\d+$/.test(text)) return Number(text) * 1e9;
  return [...text.matchAll(/([\d.]+)([a-z]+)/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? 0),
    0,
  );
}

function microseconds(value: Plain): number {
  const text = toText(value);
  return /^-?\d+$/.test(text) ? Number(text) : nanoseconds(text) / 1e3;
}
