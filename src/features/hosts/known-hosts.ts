import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { parseMilliseconds } from '../../base/quantity.ts';
import { quoteWords } from '../../base/quote.ts';
import { splitWords } from '../../base/split-words.ts';
import { HOST_TYPE, HOSTS, nameOfHost, storedOf } from '../../db/hosts/host-records.ts';
import { parseSshAddress } from '../../db/kinds/addresses.ts';
import { listRecords, type Snapshot } from '../../db/snapshot.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import { HostRecord } from '../../model/hosts/host-record.ts';

/** One of db hosts, and how it is reached. */
export interface KnownHost {
  readonly name: string;
  readonly role: 'writer' | 'follower';
  readonly isEnabled: boolean;
  /** ssh and its options, up to where it goes */
  readonly ssh: readonly string[];
  /** `USER@HOST` */
  readonly address: string;
  /** what is called there, as its shell reads it */
  readonly program: string;
  readonly connectSeconds: number;
  /** the same as one types it, to try the way */
  readonly byHand: string;
}

export interface KnownHosts {
  /** of this host, whether it is among them or not */
  readonly here: string | undefined;
  readonly hosts: readonly KnownHost[];
}

/** How long an ssh connection without an answer counts as one. */
const ALIVE = ['-oServerAliveInterval=15', '-oServerAliveCountMax=4'];

/** @throws Failure for an address or a command that cannot be used */
export function readHosts(snapshot: Snapshot): KnownHosts {
  return {
    here: nameOfHost(storedOf(snapshot)),
    hosts: listRecords(snapshot, HOSTS)
      .filter(({ type }) => type === HOST_TYPE)
      .map(({ key }) => readHost(snapshot, key)),
  };
}

/** That of one record. @throws Failure as `readHosts` does */
export function readHost(snapshot: Snapshot, name: string): KnownHost {
  const ssh = splitWords(new DocksmithRecord(snapshot).sshCommand);
  if (ssh === undefined || ssh.length === 0)
    throw new Failure('cannot accept configuration docksmith SSHCommand', { why: 'it is no command' });
  const { address, role, isEnabled, connectTimeout, command } = new HostRecord(snapshot, name);
  const at = parseSshAddress(address);
  const refuse = (prop: string, value: string): Failure =>
    new Failure(`cannot accept ${HOSTS} ${name} ${prop} ${JSON.stringify(value)}`, {
      why: prop === 'Address' ? 'it is not [USER@]HOST[:PORT]' : 'it is no command',
    });
  if (at === undefined) throw refuse('Address', address);
  if (splitWords(command) === undefined) throw refuse('Command', command);
  const connectSeconds = Math.max(1, Math.ceil((parseMilliseconds(connectTimeout) ?? 0) / 1000));
  const port = at.port === undefined ? [] : ['-p', at.port];
  const options = ['-oBatchMode=yes', `-oConnectTimeout=${connectSeconds}`, ...ALIVE, ...port];
  return {
    ...{ name, role, isEnabled, connectSeconds },
    ...{ ssh: [...ssh, ...options], address: at.host, program: command },
    byHand: `${quoteWords([...ssh, ...port, at.host])} ${command} --version`,
  };
}

/** The one writer. @throws Failure where there is none, or several */
export function getWriter({ hosts }: KnownHosts, what: string): KnownHost {
  const [writer, other] = hosts.filter(({ role }) => role === 'writer');
  if (writer === undefined)
    throw new Failure(`cannot ${what}`, {
      why: `no host of db ${HOSTS} is the writer`,
      hint: `db ${HOSTS} setprop HOST Role writer`,
    });
  if (other !== undefined)
    throw new Failure(`cannot ${what}`, {
      why: `${writer.name} and ${other.name} are both writers`,
      hint: `db ${HOSTS} setprop ${other.name} Role follower`,
    });
  return writer;
}

/** Those that are named, or all others that are enabled. @throws Failure for a name that is none */
export function chooseHosts({ here, hosts }: KnownHosts, names: readonly string[], what: string): readonly KnownHost[] {
  if (names.length === 0) return hosts.filter(({ name, isEnabled }) => name !== here && isEnabled);
  return [...new Set(names)].map((name) => {
    const found = hosts.find((host) => host.name === name);
    if (found === undefined)
      throw new Failure(`cannot ${what} "${name}"`, {
        why: `db ${HOSTS} has no such host`,
        ...didYouMean(
          name,
          hosts.map((host) => host.name),
          `db ${HOSTS} keys`,
        ),
      });
    if (name === here) throw new Failure(`cannot ${what} "${name}"`, { why: 'it is this host' });
    return found;
  });
}
