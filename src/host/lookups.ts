import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import os from 'node:os';
import { errorCode } from '../base/errors.ts';
import { type Paths, withoutRoot } from '../base/paths.ts';
import { readBytes, readText } from '../files/read-file.ts';

/** A file of the host as fragments may ask for it. */
export interface FileFact {
  readonly kind: 'file' | 'folder' | 'other';
  /** where links lead, without the root; undefined: out of it */
  readonly realPath: string | undefined;
  readonly isFilled: boolean;
  /** not every user may read it */
  readonly isPrivate: boolean;
}

export interface UserFact {
  readonly name: string;
  readonly uid: string;
  readonly gid: string;
  readonly home: string;
  readonly shell: string;
}

export interface GroupFact {
  readonly name: string;
  readonly gid: string;
  readonly members: readonly string[];
}

/** What fragments ask of the host by name; each is looked up when it is first asked for, and stays so. */
export interface Lookups {
  /** undefined: there is none. @throws where it cannot be looked at */
  readonly file: (path: string) => FileFact | undefined;
  /** undefined: there is no such file. @throws where it cannot be read as text */
  readonly lines: (path: string) => readonly string[] | undefined;
  /** the version of an installed package; empty: it is not installed */
  readonly package: (name: string) => string;
  readonly user: (name: string) => UserFact | undefined;
  readonly group: (name: string) => GroupFact | undefined;
  readonly hostname: () => string;
}

/** A host that has none of it. */
export const NO_LOOKUPS: Lookups = {
  file: () => undefined,
  lines: () => undefined,
  package: () => '',
  user: () => undefined,
  group: () => undefined,
  hostname: () => '',
};

/** No file that goes into a configuration is near it. */
const MOST_BYTES = 1024 * 1024;
const RPM_MS = 20_000;

export function readLookups(paths: Paths): Lookups {
  const table = onceEach((file: string) => readTable(paths.file(file)));
  const find = (file: string, name: string): readonly string[] | undefined =>
    table(file).find(([first]) => first === name);
  return {
    file: onceEach((path) => lookAt(paths, path)),
    lines: onceEach((path) => readLines(paths.file(path))),
    package: onceEach((name) => findPackage(paths, name)),
    user: (name) => {
      const [, , uid = '', gid = '', , home = '', shell = ''] = find('/etc/passwd', name) ?? [];
      return uid === '' ? undefined : { name, uid, gid, home, shell };
    },
    group: (name) => {
      const [, , gid = '', members = ''] = find('/etc/group', name) ?? [];
      return gid === '' ? undefined : { name, gid, members: members.split(',').filter(Boolean) };
    },
    // a host in a folder has a name of its own
    hostname: () => (paths.root === '' ? os.hostname() : (readLines(paths.file('/etc/hostname'))?.[0] ?? '').trim()),
  };
}

function onceEach<T>(look: (name: string) => T): (name: string) => T {
  const known = new Map<string, { readonly value: T }>();
  return (name) => {
    let found = known.get(name);
    if (found === undefined) known.set(name, (found = { value: look(name) }));
    return found.value;
  };
}

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

function lookAt(paths: Paths, path: string): FileFact | undefined {
  return ifThere(() => {
    const real = realpathSync(paths.file(path));
    const stats = statSync(real);
    const root = paths.root === '' ? '' : realpathSync(paths.root);
    return {
      kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
      realPath: root === '' || real.startsWith(`${root}/`) ? withoutRoot({ ...paths, root }, real) : undefined,
      isFilled: stats.size > 0,
      isPrivate: (stats.mode & 0o004) === 0,
    };
  });
}

function readLines(file: string): readonly string[] | undefined {
  return ifThere(() => {
    const { size } = statSync(file);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, and at most ${MOST_BYTES} are read`);
    const text = readText(file);
    return text === '' ? [] : text.replace(/\n$/, '').split('\n');
  });
}

function readTable(file: string): readonly (readonly string[])[] {
  return (ifThere(() => readText(file, 'latin1')) ?? '').split('\n').map((line) => line.split(':'));
}

/** By what Debian's dpkg writes down of packages, else by asking rpm. */
function findPackage(paths: Paths, name: string): string {
  const status = paths.file('/var/lib/dpkg/status');
  if (existsSync(status)) return findInDpkg(readBytes(status), name);
  if (!['/var/lib/rpm', '/usr/lib/sysimage/rpm'].some((folder) => existsSync(paths.file(folder)))) return '';
  const { status: code, stdout } = spawnSync(
    'rpm',
    ['--root', paths.root || '/', '-q', '--qf', '%{VERSION}-%{RELEASE}\\n', '--', name],
    { encoding: 'utf8', timeout: RPM_MS },
  );
  return code === 0 ? (stdout.trim().split('\n').at(-1) ?? '') : '';
}

function findInDpkg(status: Buffer, name: string): string {
  const begin = `Package: ${name}\n`;
  for (let at = status.indexOf(begin); at >= 0; at = status.indexOf(begin, at + 1)) {
    if (at > 0 && status[at - 1] !== 10) continue;
    const end = status.indexOf('\n\n', at);
    const stanza = status.toString('utf8', at, end < 0 ? status.length : end);
    if (/^Status: \S+ \S+ installed$/m.test(stanza)) return /^Version: (.*)$/m.exec(stanza)?.[1] ?? '';
  }
  return '';
}
