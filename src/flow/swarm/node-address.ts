import { isIP } from 'node:net';
import type { SwarmNode } from '../../engine/swarm-engine.ts';

/** Where a node says that it is, best first: a leader may not say its own address but where it manages. */
export function listNodeAddresses({ address, manager }: Pick<SwarmNode, 'address' | 'manager'>): readonly string[] {
  return [address, manager?.address ?? ''].map(withoutPort).filter(isOneAddress);
}

/** `10.0.0.1:2377`, `[fd00::1]:2377`, or an address alone. */
export function withoutPort(address: string): string {
  return isIP(address) === 0 ? address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') : address;
}

/** Not a name, and not all addresses. */
export function isOneAddress(address: string): boolean {
  return isIP(address) !== 0 && address !== '0.0.0.0' && address !== '::';
}
