/** RFC 1122 and RFC 4291: an address that reaches this host alone. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
