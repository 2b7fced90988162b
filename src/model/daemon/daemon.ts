import type { Facts, UnitTexts } from '../../host/facts.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { DockerRecord } from '../docker-record.ts';
import { parseDockerdOptions } from './dockerd-options.ts';
import { parseUnit, splitUnitWords, type UnitSetting, type Word } from './unit-file.ts';

/**
 * The address for the engine's TCP port: loopback, or all where TLS files are given, since
 * a client that reaches a plain one is root on this host.
 * @throws Error when TLS is half given, or public is asked for without it
 */
export function engineAddress(snapshot: Snapshot): string {
  const { tlsFiles, access } = new DockerRecord(snapshot);
  const missing = tlsFiles.filter(({ file }) => file === '').map(({ prop }) => prop);
  if (missing.length > 0 && missing.length < tlsFiles.length)
    throw new Error(`TLS for the engine's TCP port needs ${missing.join(' and ')} of docker too`);
  if (access === 'public' && missing.length > 0)
    throw new Error(
      "the engine's TCP port would be open to everybody: it takes TLSCACert, TLSCert and TLSKey of docker, or access private",
    );
  return missing.length === 0 && access !== 'private' ? '0.0.0.0' : '127.0.0.1';
}

/** How the engine's systemd unit is to start it. */
export interface UnitStart {
  /** `/usr/bin/dockerd --containerd=…`, without sockets */
  readonly command: string;
  /** of the unit and its drop-ins, as they are written: `-/etc/sysconfig/docker-network` */
  readonly environmentFiles: readonly string[];
  readonly optionsFile: string;
  /** `$OPTIONS`, as that file calls it */
  readonly variable: string;
}

/** The files that the engine's options are written to, and the variables that stand in them. */
export function listOptionsFiles(
  snapshot: Snapshot,
): readonly { readonly file: string; readonly variables: readonly string[] }[] {
  return new DockerRecord(snapshot).optionsFiles.map((file) => ({
    file,
    variables: isDebianOptions(file) ? ['DOCKER_OPTS'] : ['other_args', 'OPTIONS'],
  }));
}

/**
 * The unit's own command, word by word as it is written, without its sockets, without what
 * daemon.json gives, and without the variables of the options files, which come last: whatever it
 * says besides (a containerd that others share, variables of others) has to stay.
 * @param given keys of daemon.json
 * @returns undefined where there is no unit or no options file, or where a shell starts the
 * engine, whose text cannot be taken apart
 */
export function findUnitStart(
  snapshot: Snapshot,
  facts: Facts,
  given: { has(key: string): boolean },
): UnitStart | undefined {
  const files = listOptionsFiles(snapshot);
  // on a host that has both, Debian's own file is the one that its admin looks into
  const options = files.find(({ file }) => isDebianOptions(file)) ?? files[0];
  const start = findEngineCommand(facts.dockerUnit);
  if (start === undefined || options === undefined || isOfShell(start)) return undefined;
  const ours = new Set(files.flatMap(({ variables }) => variables));
  const words = splitUnitWords(start.value);
  const gone = new Set(words.flatMap(({ raw }, at) => (ours.has(/^\$\{?(\w+)\}?$/.exec(raw)?.[1] ?? '') ? [at] : [])));
  const begin = words.findIndex(isEngine) + 1;
  for (const { key, at, count } of parseDockerdOptions(words.slice(begin).map(({ text }) => text))) {
    if (key === 'hosts' || given.has(key)) for (let word = 0; word < count; word++) gone.add(begin + at + word);
  }
  const command = withVariables(words.filter((_, at) => !gone.has(at)).map(({ raw }) => raw));
  const environmentFiles = parseUnit(facts.dockerUnit?.texts ?? [])
    .environmentFiles.map(({ value }) => value)
    .filter((file) => file.replace(/^-/, '') !== options.file);
  return {
    command: command.join(' '),
    environmentFiles,
    optionsFile: options.file,
    variable: `$${options.variables.at(-1) ?? ''}`,
  };
}

/** The ExecStart that starts the engine: of several the last one that names it. */
export function findEngineCommand(unit: UnitTexts | undefined): UnitSetting | undefined {
  const { execStart } = parseUnit(unit?.texts ?? []);
  return execStart.findLast(({ value }) => splitUnitWords(value).some(isEngine)) ?? execStart.at(-1);
}

/** `/usr/bin/dockerd`, `-@/usr/bin/dockerd-current`, `/usr/bin/docker daemon` */
function isEngine({ text }: Word): boolean {
  return /^[-@:+!|]*(.*\/)?dockerd?(-[\w.]+)?$/.test(text);
}

/** `/bin/sh -c '/usr/bin/dockerd … 2>&1 | logger'`, as CentOS had it. */
export function isOfShell({ value }: UnitSetting): boolean {
  return /^[-@:+!|]*(.*\/)?(ba|da|k|z)?sh$/.test(splitUnitWords(value)[0]?.text ?? '');
}

/** With `:` before it a command takes no variables, and ours is one. */
function withVariables([program = '', ...words]: readonly string[]): readonly string[] {
  const [prefix = ''] = /^[-@:+!|]*/.exec(program) ?? [];
  if (!prefix.includes(':')) return [program, ...words];
  return [
    prefix.replaceAll(':', '') + program.slice(prefix.length),
    ...words.map((word) => word.replaceAll('$', '$$$$')),
  ];
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
  const socket = new DockerRecord(snapshot).socket;
  if (/[\s"'\\$`]/.test(socket))
    throw new Error(
      `the path "${socket}" of docker Socket has characters that an options file can't hold: it is cut at white space`,
    );
  const words = splitUnitWords(findEngineCommand(facts.dockerUnit)?.value ?? '').map(({ text }) => text);
  const isOfSystemd = parseDockerdOptions(words).some(({ key, value }) => key === 'hosts' && value.startsWith('fd://'));
  return isOfSystemd && SYSTEMD_SOCKETS.includes(socket) ? 'fd://' : `unix://${socket}`;
}

/** The socket of docker.socket, under both of its names. */
const SYSTEMD_SOCKETS = ['/var/run/docker.sock', '/run/docker.sock'];
