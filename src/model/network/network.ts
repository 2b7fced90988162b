import { isIP } from 'node:net';
import { findProp, listRecords, type Snapshot } from '../../db/snapshot.ts';

/** A network as its first address and the number of its leading bits. */
export interface Network {
  readonly family: 4 | 6;
  /** the first address, all host bits 0 */
  readonly start: bigint;
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/**
 * Reads `192.168.1.0` with a mask as the `networks` db has it (`255.255.255.0`), or as a number of bits.
 * @returns undefined for what is no network
 */
export function parseNetwork(address: string, mask: string): Network | undefined {
  const family = isIP(address);
  if (family !== 4 && family !== 6) return undefined;
  const prefix = parsePrefix(mask, family);
  if (prefix === undefined) return undefined;
  const hostBits = BigInt(BITS[family] - prefix);
  return { family, prefix, start: (parseAddress(address, family) >> hostBits) << hostBits };
}

/** `24` or `255.255.255.0` as a number of bits; undefined for a mask with holes. */
function parsePrefix(mask: string, family: 4 | 6): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= BITS[family] ? Number(mask) : undefined;
  if (isIP(mask) !== family) return undefined;
  const bits = parseAddress(mask, family).toString(2).padStart(BITS[family], '0');
  return /^1*0*$/.test(bits) ? bits.indexOf('0') + (bits.includes('0') ? 0 : BITS[family] + 1) : undefined;
}

function parseAddress(address: string, family: 4 | 6): bigint {
  if (family === 4) return address.split('.').reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
  const [head = '', tail] = address
    .replace(
      /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
      (_, a: string, b: string, c: string, d: string) =>
        `${((Number(a) << 8) + Number(b)).toString(16)}:${((Number(c) << 8) + Number(d)).toString(16)}`,
    )
    .split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

function formatAddress(value: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, n) => ((value >> BigInt(112 - 16 * n)) & 0xffffn).toString(16)).join(
    ':',
  );
  // URL writes it as RFC 5952 wants it, with `::` for the longest run of zeros
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}

/**
 * An address in its one spelling, as the kernel and the engine show it (RFC 5952); what is no address
 * stays as it is.
 */
export function canonicalAddress(address: string): string {
  const family = isIP(address);
  return family === 4 || family === 6 ? formatAddress(parseAddress(address, family), family) : address;
}

/** `192.168.1.0/24` */
export function formatNetwork({ family, start, prefix }: Network): string {
  return `${formatAddress(start, family)}/${prefix}`;
}

/** The first address that a host can have: the bridge's own. */
export function firstAddress({ family, start }: Network): string {
  return formatAddress(start + 1n, family);
}

/** The last address: in IPv4 that of all hosts at once. */
export function lastAddress({ family, start, prefix }: Network): string {
  return formatAddress(start + (1n << BigInt(BITS[family] - prefix)) - 1n, family);
}

/** `255.255.255.0` */
export function formatMask({ family, prefix }: Network): string {
  const all = (1n << BigInt(BITS[family])) - 1n;
  return formatAddress(all ^ (all >> BigInt(prefix)), family);
}

/** Its first address, without the bits. */
export function formatStart({ family, start }: Network): string {
  return formatAddress(start, family);
}

/** The name under which DNS has the network's addresses: of its whole bytes (IPv4), or of whole half bytes. */
export function reverseName({ family, start, prefix }: Network): string {
  const [bits, base, zone] = family === 4 ? [8, 10, 'in-addr.arpa'] : [4, 16, 'ip6.arpa'];
  const labels = Array.from({ length: Math.floor(prefix / bits) }, (_, n) =>
    ((start >> BigInt(BITS[family] - bits * (n + 1))) & BigInt(2 ** bits - 1)).toString(base),
  );
  return [...labels.reverse(), zone].join('.');
}

/** The addresses of an IPv4 network as beginnings of whole bytes: `192.168.8` and `192.168.9` for 192.168.8.0/23. */
export function listPrefixes({ start, prefix }: Network): readonly string[] {
  const bytes = Math.ceil(prefix / 8);
  return Array.from({ length: 2 ** (8 * bytes - prefix) }, (_, n) =>
    formatAddress(start + (BigInt(n) << BigInt(32 - 8 * bytes)), 4)
      .split('.')
      .slice(0, bytes)
      .join('.'),
  );
}

/** How many addresses it has for hosts: in IPv4 without the first and the last, where there are more than two. */
export function countHosts({ family, prefix }: Network): bigint {
  const count = 1n << BigInt(BITS[family] - prefix);
  return family === 4 && count > 2n ? count - 2n : count;
}

/** Those addresses. */
export function listHosts(network: Network): readonly string[] {
  const { family, start, prefix } = network;
  const from = family === 4 && BITS[family] - prefix > 1 ? start + 1n : start;
  return Array.from({ length: Number(countHosts(network)) }, (_, n) => formatAddress(from + BigInt(n), family));
}

/** Whether all of a network's addresses are in another one. */
export function isWithin(inner: Network, outer: Network): boolean {
  return inner.prefix >= outer.prefix && overlaps(inner, outer);
}

/** The address as a network of its own, to be looked for in others; undefined: it is no address. */
export function parseHost(address: string): Network | undefined {
  return parseNetwork(address, address.includes(':') ? '128' : '32');
}

export function overlaps(a: Network, b: Network): boolean {
  if (a.family !== b.family) return false;
  const hostBits = BigInt(BITS[a.family] - Math.min(a.prefix, b.prefix));
  return a.start >> hostBits === b.start >> hostBits;
}

/** The records of type `network` as they are written: address and mask, in byte order of the addresses. */
export function listWrittenNetworks(
  snapshot: Snapshot,
): readonly { readonly address: string; readonly mask: string }[] {
  return listRecords(snapshot, 'networks')
    .filter(({ type }) => type === 'network')
    .map(({ key }) => ({ address: key, mask: findProp(snapshot, 'networks', key, 'Mask') ?? '' }));
}

/** The local networks: every record of the db `networks` that is one, by its key. */
export function listLocalNetworks(snapshot: Snapshot): ReadonlyMap<string, Network> {
  return new Map(
    listRecords(snapshot, 'networks').flatMap(({ key }) => {
      const network = parseNetwork(key, findProp(snapshot, 'networks', key, 'Mask') ?? '');
      return network === undefined ? [] : [[key, network] as const];
    }),
  );
}
