import { isIPv4, isIPv6 } from 'node:net';

/** An address as its bytes (IPv4) or its groups of 16 bits (IPv6). */
type Parts = readonly number[];

/** RFC 5952: the longest run of zeros as `::`, which URL does; an IPv4 address in an IPv6 socket as what it is. */
export function formatIPv6(groups: Parts): string {
  const [, , , , , mark, high = 0, low = 0] = groups;
  if (mark === 0xffff && groups.slice(0, 5).every((group) => group === 0))
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(1, -1);
}

/** RFC 1918 and RFC 4193: addresses that are used inside of a site only. */
export function isPrivate(address: string): boolean {
  if (isIPv6(address)) return /^f[cd]/i.test(address);
  const [first = 0, second = 0] = address.split('.').map(Number);
  return (
    isIPv4(address) &&
    (first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168))
  );
}

/** RFC 3927 and RFC 4291: good on one wire only, so nothing to bind to or to tell anybody. */
export function isLinkLocal(address: string): boolean {
  return /^(169\.254\.|fe[89ab])/i.test(address);
}

/**
 * The network of an address as the db `networks` has it: `192.168.1.0` and `255.255.255.0`; of IPv6 the
 * number of bits as the mask.
 */
export function networkOf(address: string, prefix: number): { readonly address: string; readonly mask: string } {
  if (isIPv6(address)) return { address: formatIPv6(maskParts(parseIPv6(address), prefix, 16)), mask: String(prefix) };
  return {
    address: maskParts(address.split('.').map(Number), prefix, 8).join('.'),
    mask: maskParts([255, 255, 255, 255], prefix, 8).join('.'),
  };
}

/** Keeps the first `prefix` bits of parts that have `size` bits each. */
function maskParts(parts: Parts, prefix: number, size: number): Parts {
  return parts.map((part, index) => {
    const free = Math.min(size, Math.max(0, size * (index + 1) - prefix));
    return (part >> free) << free;
  });
}

function parseIPv6(address: string): Parts {
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}
