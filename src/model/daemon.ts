import type { Facts } from '../facts/facts.ts';
import { findProp, type Snapshot } from '../db/snapshot.ts';
import { splitList } from './ports.ts';

const TLS_PROPS = ['TLSCACert', 'TLSCert', 'TLSKey'] as const;

/**
 * The address for the engine's TCP port: loopback, or all where TLS files are given, since
 * whoever reaches a plain one is root on this host.
 * @throws Error when TLS is half given, or public is asked for without it
 */
export function engineAddress(snapshot: Snapshot): string {
  const get = (prop: string): string => findProp(snapshot, 'configuration', 'docker', prop) ?? '';
  const missing = TLS_PROPS.filter((prop) => get(prop) === '');
  if (missing.length > 0 && missing.length < TLS_PROPS.length) throw new Error(`TLS for the engine's TCP port needs ${missing.join(' and ')} of docker too`);
  if (get('access') === 'public' && missing.length > 0) throw new Error('the engine\'s TCP port would be open to everybody: it takes TLSCACert, TLSCert and TLSKey of docker, or access private');
  return missing.length === 0 && get('access') !== 'private' ? '0.0.0.0' : '127.0.0.1';
}

/** Options that daemon.json gives; dockerd does not start when the command line gives them too. */
const IN_DAEMON_JSON = new RegExp([
  /\s(--data-root|--graph|-g|--bip|--storage-driver|-s|--log-driver|--log-opt|--tlscacert|--tlscert|--tlskey)[= ]\S+/,
  /\s--(live-restore|tlsverify|tls)(=\S+)?(?=\s|$)/,
].map(({ source }) => source).join('|'), 'g');

/** How the engine's systemd unit is to start it. */
export interface UnitStart {
  /** `/usr/bin/dockerd --containerd=…`, without sockets */
  readonly command: string;
  readonly optionsFile: string;
  /** `$OPTIONS`, as that file calls it */
  readonly variable: string;
}

/**
 * The unit's own command without its sockets and variables: what it says besides (a containerd
 * that others share) has to stay, but for what daemon.json says.
 * @returns undefined where there is no unit or no options file
 */
export function findUnitStart(snapshot: Snapshot, facts: Facts): UnitStart | undefined {
  const files = splitList(findProp(snapshot, 'configuration', 'docker', 'OptionsFile') ?? '');
  // on a host that has both, Debian's own file is the one that its admin looks into
  const optionsFile = files.find(isDebianOptions) ?? files[0];
  if (facts.dockerUnit === undefined || optionsFile === undefined) return undefined;
  const command = facts.dockerUnit.execStart
    .replace(/\s(-H|--host)[= ]\S+/g, '')
    .replace(/\s\$\{?\w+\}?/g, '')
    .replace(IN_DAEMON_JSON, '')
    .trim();
  return { command, optionsFile, variable: isDebianOptions(optionsFile) ? '$DOCKER_OPTS' : '$OPTIONS' };
}

/** `/etc/default/…` has DOCKER_OPTS, `/etc/sysconfig/…` has other_args and OPTIONS. */
export function isDebianOptions(file: string): boolean {
  return file.includes('/default/');
}

/**
 * What the engine listens on for its clients of this host, as `-H` takes it: `fd://` where
 * systemd hands it the socket that docksmith uses, else `unix:///run/docker.sock`.
 * @throws Error for a path that does not survive in an options file
 */
export function engineHost(snapshot: Snapshot, facts: Facts): string {
  const socket = (findProp(snapshot, 'configuration', 'docker', 'Socket') ?? '').replace(/^unix:\/\//, '');
  if (/[\s"'\\$`]/.test(socket)) throw new Error(`the path "${socket}" of docker Socket has characters that an options file can't hold: it is cut at white space`);
  const isOfSystemd = /\s(-H|--host)[= ]fd:\/\//.test(facts.dockerUnit?.execStart ?? '');
  return isOfSystemd && SYSTEMD_SOCKETS.includes(socket) ? 'fd://' : `unix://${socket}`;
}

/** The socket of docker.socket, under both of its names. */
const SYSTEMD_SOCKETS = ['/var/run/docker.sock', '/run/docker.sock'];
