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
    if (host === undefined || container === undefined)
      throw new NotAccepted(prop, value, `"${item}" is no port mapping: HOST:CONTAINER, HOST:CONTAINER/udp`);
    return {
      host: parsePort(host, prop, value),
      container: parsePort(container, prop, value),
      protocol: protocol === 'udp' ? 'udp' : 'tcp',
    };
  });
}

/** Reads `80,443`. @throws NotAccepted */
export function parsePorts(value: string, prop: string): readonly number[] {
  return splitList(value).map((item) => parsePort(item, prop, value));
}

function parsePort(text: string, prop: string, value: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new NotAccepted(prop, value, `"${text}" is no port: a number from 1 to 65535`);
  return port;
}

export function splitList(value: string): readonly string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}
