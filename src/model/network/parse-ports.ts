import { type PortMapping, parsePortMapping } from '../../base/port-mapping.ts';

/** One port that a record publishes. */
export interface PublishedPort {
  readonly host: number;
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
  /** of the host, where the record names one; undefined: those of its access */
  readonly address?: string | undefined;
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
 * Reads `2222:22,53:53/udp,127.0.0.1:5000-5001:5000-5001` (CONTAINERS.md, PortMappingPorts).
 * @throws NotAccepted for anything else
 */
export function parsePortMappings(value: string, prop = 'PortMappingPorts'): readonly PortMapping[] {
  return splitList(value).flatMap((item) => {
    const mappings = parsePortMapping(item);
    if (mappings === undefined)
      throw new NotAccepted(
        prop,
        value,
        `"${item}" is no port mapping: [ADDRESS:]HOST:CONTAINER[/udp], HOST-HOST:CONTAINER-CONTAINER, or CONTAINER; ports are numbers from 1 to 65535`,
      );
    return mappings;
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
