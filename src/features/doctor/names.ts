import { isLoopback } from '../../base/loopback.ts';
import { Resolver } from 'node:dns/promises';
import type { Snapshot } from '../../db/snapshot.ts';
import { localAddresses } from '../../model/network/access.ts';
import { listEnabled } from '../../model/container.ts';
import { primaryHost, singleValue, subDomainName } from '../../model/web.ts';
import type { Paths } from '../../base/paths.ts';
import type { HostState } from '../../flow/host-state.ts';
import { type Finding, formatSome, makeFinder } from './finding.ts';
import { readText } from '../../files/read-file.ts';

/** The addresses of a name; none where it does not resolve. */
export type Resolve = (name: string) => Promise<readonly string[]>;

const TIMEOUT_MILLISECONDS = 2000;

/** Whether the host names of the containers lead here. */
export async function checkNames(
  { snapshot, facts }: Pick<HostState, 'snapshot' | 'facts'>,
  resolve: Resolve,
): Promise<readonly Finding[]> {
  const finder = makeFinder('names');
  const names = listNames(snapshot);
  if (names.length === 0) return [];
  const own = new Set([...localAddresses(snapshot), ...facts.addresses.map(({ address }) => address)]);
  const found = await Promise.all(names.map(async (name) => ({ name, addresses: await resolve(name) })));
  const missing = found.filter(({ addresses }) => addresses.length === 0).map(({ name }) => name);
  const elsewhere = found.filter(
    ({ addresses }) => addresses.length > 0 && !addresses.some((address) => own.has(address) || isLoopback(address)),
  );
  const address = localAddresses(snapshot)[0];
  return [
    ...(missing.length === 0
      ? []
      : [
          finder.warn(
            `${formatSome(missing)} ${missing.length === 1 ? 'does' : 'do'} not resolve`,
            `enter ${missing.length === 1 ? 'it' : 'them'} in your DNS${address === undefined ? '' : `, with the address ${address}`}`,
          ),
        ]),
    ...elsewhere.map(({ name, addresses }) =>
      finder.warn(
        `${name} leads to ${addresses.join(', ')}, which is no address of this host`,
        'correct if a router forwards it to this host; otherwise fix it in your DNS',
      ),
    ),
    ...(missing.length + elsewhere.length === 0
      ? [finder.ok(`${formatSome(names)} ${names.length === 1 ? 'leads' : 'lead'} to this host`)]
      : []),
  ];
}

/** The names of the vhosts, and of the primary host where paths of it lead to containers. */
function listNames(snapshot: Snapshot): readonly string[] {
  const enabled = listEnabled(snapshot).filter(({ hasWeb }) => hasWeb);
  const primary = enabled.some(({ webAliases }) => webAliases.length > 0) ? primaryHost(snapshot) : undefined;
  const hasDomain = singleValue(snapshot, 'DomainName') !== undefined;
  const subDomains = enabled.filter(
    (container) => container.hasSubDomain && (hasDomain || container.subDomain.includes('.')),
  );
  return [...new Set([...subDomains.map(subDomainName), ...(primary === undefined ? [] : [primary])])];
}

/** Asks /etc/hosts, then the name servers of resolv.conf. What does not answer in time does not resolve. */
export function makeResolve(paths: Paths): Resolve {
  const hosts = readHosts(paths.file('/etc/hosts'));
  return async (name) => {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const resolver = new Resolver({ timeout: TIMEOUT_MILLISECONDS, tries: 1 });
    const [four, six] = await Promise.all([
      resolver.resolve4(name).catch(() => []),
      resolver.resolve6(name).catch(() => []),
    ]);
    return [...four, ...six];
  };
}

function readHosts(file: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  let text: string;
  try {
    text = readText(file, 'latin1');
  } catch {
    return hosts;
  }
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    for (const name of names) hosts.set(name.toLowerCase(), [...(hosts.get(name.toLowerCase()) ?? []), address]);
  }
  return hosts;
}
