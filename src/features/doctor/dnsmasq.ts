import { Resolver } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { errorCode } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { readText } from '../../files/read-file.ts';
import type { HostState } from '../../flow/host-state.ts';
import { DnsmasqRecord } from '../../model/names/dnsmasq-record.ts';
import { type Finding, makeFinder } from './finding.ts';

/** The names of containers, as events write them. */
const HOSTS = '/etc/docksmith/hosts/containers';

const TIMEOUT_MILLISECONDS = 2000;

/** Whether the names of containers are answered where this host and containers ask for them. */
export async function checkDnsmasq({
  paths,
  snapshot,
}: Pick<HostState, 'paths' | 'snapshot'>): Promise<readonly Finding[]> {
  const { isEnabled, address } = new DnsmasqRecord(snapshot);
  if (!isEnabled) return [];
  const finder = makeFinder('dnsmasq');
  const entry = findFirst(paths);
  if (entry === undefined) return [finder.ok('no container has a name yet')];
  const servers = [...new Set(['127.0.0.1', ...(address === '' ? [] : [address])])];
  const answers = await Promise.all(servers.map((server) => ask(server, entry)));
  return servers.map((server, n) => {
    const who = server === address ? 'containers ask' : 'this host asks';
    if (answers[n] === undefined)
      return finder.bad(
        `no answer at ${server}, where ${who} for names`,
        'see that dnsmasq runs (systemctl status dnsmasq), and what its log says',
      );
    if (!answers[n].includes(entry.address))
      return finder.bad(
        `what answers at ${server} does not know ${entry.name}, which is in ${HOSTS}`,
        'see that dnsmasq reads /etc/dnsmasq.d (conf-dir in /etc/dnsmasq.conf), and restart it',
      );
    return finder.ok(`answers at ${server}, where ${who} for names`);
  });
}

interface Entry {
  readonly address: string;
  readonly name: string;
}

function findFirst(paths: Paths): Entry | undefined {
  try {
    const [, address, name] = /^([\da-f.:]+)[ \t]+(\S+)/im.exec(readText(paths.file(HOSTS))) ?? [];
    return address === undefined || name === undefined ? undefined : { address, name };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined where nobody answers; an answer may be that there is no such name. */
async function ask(server: string, { address, name }: Entry): Promise<readonly string[] | undefined> {
  const resolver = new Resolver({ timeout: TIMEOUT_MILLISECONDS, tries: 1 });
  resolver.setServers([server]);
  try {
    return await (isIPv6(address) ? resolver.resolve6(name) : resolver.resolve4(name));
  } catch (error) {
    return ['ECONNREFUSED', 'ETIMEOUT', 'ECANCELLED'].includes(errorCode(error) ?? '') ? undefined : [];
  }
}
