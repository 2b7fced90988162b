import os from 'node:os';
import { isLinkLocal } from './address.ts';
import type { Address } from './facts.ts';

/** The addresses of this host's interfaces that are up, without loopback and link-local ones. */
export function listAddresses(interfaces = os.networkInterfaces()): readonly Address[] {
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ internal, address }) => !internal && !isLinkLocal(address))
      .map(({ address, cidr }) => ({ address, prefix: Number(cidr?.split('/')[1]), interface: name })),
  );
}
