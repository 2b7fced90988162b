import type { Facts } from '../facts/facts.ts';
import type { Container } from './container.ts';
import { findImageReference } from './image.ts';

/** One port that a record publishes. */
export interface PublishedPort {
  readonly host: number;
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
}

/** What a value of a prop can't be; the message completes `cannot accept …: `. */
export class NotAccepted extends Error {
  readonly prop: string;
  readonly value: string;

  constructor(prop: string, value: string, message: string) {
    super(message);
    this.prop = prop;
    this.value = value;
  }
}

/**
 * Reads `2222:22,53:53/udp` (CONTAINERS.md, PortMappingPorts).
 * @throws NotAccepted for anything else, ranges included: the engine hands out of a range non-atomically
 */
export function parsePortMappings(value: string, prop = 'PortMappingPorts'): readonly PublishedPort[] {
  return splitList(value).map((item) => {
    const [, host, container, protocol = 'tcp'] = /^(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(item) ?? [];
    if (host === undefined || container === undefined) throw new NotAccepted(prop, value, `"${item}" is no port mapping: HOST:CONTAINER, HOST:CONTAINER/udp`);
    return { host: parsePort(host, prop, value), container: parsePort(container, prop, value), protocol: protocol === 'udp' ? 'udp' : 'tcp' };
  });
}

/** Reads `80,443`. @throws NotAccepted */
export function parsePorts(value: string, prop: string): readonly number[] {
  return splitList(value).map((item) => parsePort(item, prop, value));
}

function parsePort(text: string, prop: string, value: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new NotAccepted(prop, value, `"${text}" is no port: a number from 1 to 65535`);
  return port;
}

export function splitList(value: string): readonly string[] {
  return value.split(',').map((item) => item.trim()).filter(Boolean);
}

/**
 * What a container's record publishes on the host: nothing on the networks host, none and
 * container:NAME, where the engine has no ports to publish.
 * @throws NotAccepted
 */
export function publishedPorts(container: Container, facts: Facts): readonly PublishedPort[] {
  if (!container.hasOwnPorts) return [];
  if (container.hasPortMapping) return unique(parsePortMappings(container.portMappings));
  return unique(namedPorts(container, facts).map(({ port, protocol }) => ({ host: port, container: port, protocol })));
}

/**
 * The container's ports that `TCPPort` and `UDPPort` name: on the host's network it listens there itself.
 * @throws NotAccepted
 */
export function namedPorts(container: Container, facts: Facts): readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[] {
  return (['tcp', 'udp'] as const).flatMap((protocol) => {
    const prop = protocol === 'tcp' ? 'TCPPort' : 'UDPPort';
    const value = protocol === 'tcp' ? container.tcpPort : container.udpPort;
    const ports = value === 'exposed' ? exposedPorts(container, facts, prop, protocol) : parsePorts(value, prop);
    return ports.map((port) => ({ port, protocol }));
  });
}

function unique(ports: readonly PublishedPort[]): readonly PublishedPort[] {
  return [...new Map(ports.map((port) => [`${port.host}:${port.container}/${port.protocol}`, port])).values()];
}

function exposedPorts(container: Container, facts: Facts, prop: string, protocol: string): readonly number[] {
  const reference = findImageReference(container);
  const image = facts.images.get(reference);
  if (image === undefined) throw new NotAccepted(prop, 'exposed', `the engine does not have the image "${reference}" yet, so its ports are not known: pull it, or name the ports`);
  return image.exposedPorts.filter((port) => port.protocol === protocol).map(({ port }) => port);
}
