import { readFileSync } from 'node:fs';
import os from 'node:os';
import { errorCode } from '../base/errors.ts';
import { isLoopback } from '../base/loopback.ts';
import { isLinkLocal } from './address.ts';
import type { Address } from './facts.ts';

/** The addresses of this host's interfaces that are up, without loopback and link-local ones. `lo` may have others. */
export function listAddresses(interfaces = os.networkInterfaces()): readonly Address[] {
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ address }) => !isLoopback(address) && !isLinkLocal(address))
      .map(({ address, cidr }) => ({ address, prefix: Number(cidr?.split('/')[1]), interface: name })),
  );
}

/** All interfaces of this network namespace, up or down; `/sys` may show those of another one. */
export function listInterfaces(file = '/proc/net/dev'): ReadonlySet<string> | undefined {
  try {
    return new Set(
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? []),
    );
  } catch (error) {
    if (errorCode(error) !== undefined) return undefined;
    throw error;
  }
}
