import { isIP } from 'node:net';

/** A port of a container that is published, as a record or a Compose file writes it. */
export interface PortMapping {
  /** of the host, without brackets; undefined: none is said */
  readonly address: string | undefined;
  /** the first and the last port of the host that it may have; undefined: any */
  readonly hosts: readonly [first: number, last: number] | undefined;
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
}

/**
 * Compose's short form, `[ADDRESS:][HOST:]CONTAINER[/udp]`, where HOST and CONTAINER may be ranges: two of the same
 * length are one mapping per port. Undefined for anything else.
 */
export function parsePortMapping(item: string): readonly PortMapping[] | undefined {
  const match = /^(?:(?:\[([^\]]+)\]|([\d.]+)):(?=[^:]*:))?(?:(\d*(?:-\d+)?):)?(\d+(?:-\d+)?)(?:\/(tcp|udp))?$/.exec(
    item,
  );
  if (match === null || item.startsWith(':')) return undefined;
  const [, six, four, host = '', inside = '', protocol = 'tcp'] = match;
  const address = six ?? four;
  const [hosts, containers] = [host === '' ? undefined : parseRange(host), parseRange(inside)];
  if (containers === undefined || (host !== '' && hosts === undefined)) return undefined;
  if (address !== undefined && isIP(address) === 0) return undefined;
  const length = containers[1] - containers[0];
  const isEach = hosts !== undefined && hosts[1] - hosts[0] === length;
  if (hosts !== undefined && !isEach && length > 0) return undefined;
  return Array.from({ length: length + 1 }, (_, n) => ({
    address,
    hosts: isEach ? ([hosts[0] + n, hosts[0] + n] as const) : hosts,
    container: containers[0] + n,
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
  }));
}

function parseRange(text: string): readonly [number, number] | undefined {
  const [first = '', last = first] = text.split('-');
  const range = [Number(first), Number(last)] as const;
  return range[0] >= 1 && range[0] <= range[1] && range[1] <= 65_535 && first !== '' ? range : undefined;
}

/** An address in front of a port. */
export function formatAddress(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}
