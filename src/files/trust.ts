import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure } from '../base/errors.ts';

const [GROUP_WRITES, OTHERS_WRITE, STICKY] = [0o020, 0o002, 0o1000];

/** Who, other than root and the caller, can change or replace a file, in words, and what they can write for that. */
export interface Writer {
  readonly who: string;
  readonly part: string;
}

/**
 * Refuses to run a file that somebody other than root or the caller can change or replace: the
 * file itself, a folder above it, and both also where symbolic links on the way lead, as sudo and
 * cron do. What the package brings is looked at as well.
 * @param shown what the message calls it: `step "/etc/docksmith/events/x/S50y"`
 * @param looked what was seen just now while others were looked at
 * @throws Failure naming the one file or folder, who can write it, and the remedy
 */
export function refuseUntrusted(file: string, shown: string, looked: Looked = new Map()): void {
  const writer = findWriter(file, looked);
  if (writer !== undefined)
    throw describeWriter(writer, `cannot run ${shown}`, `the file would be run with the rights of ${userWords()}`);
}

/** Why what is not run, but decides what is done, is not used. */
export function distrust(writer: Writer, shown: string): Failure {
  return describeWriter(
    writer,
    `cannot use ${shown}`,
    `it decides what docksmith does with the rights of ${userWords()}`,
  );
}

function describeWriter({ who, part }: Writer, what: string, why: string): Failure {
  const isOwner = /^user \d+$/.test(who);
  return new Failure(what, {
    why: `${who} can write "${part}", and ${why}`,
    hint: isOwner ? `chown ${process.geteuid?.() ?? 0} ${part}` : `chmod go-w ${part}`,
  });
}

/** Who else can change or replace a file; undefined: nobody. */
export function findWriter(file: string, looked: Looked = new Map()): Writer | undefined {
  return findWriters([file], looked)[0];
}

/** Files and folders as they were found; undefined: nothing is there. */
export type Looked = Map<string, Stats | undefined>;

function look(part: string, looked: Looked): Stats | undefined {
  if (!looked.has(part)) looked.set(part, lstatSync(part, { throwIfNoEntry: false }));
  return looked.get(part);
}

/** The same of many files: each writer of a part once, with the first file that the part is of. */
export function findWriters(
  files: Iterable<string>,
  looked: Looked = new Map(),
): readonly (Writer & { readonly file: string })[] {
  const seen = new Set<string>();
  return [...files].flatMap((file) => {
    return listParts(path.resolve(file), seen, looked).flatMap((part) => {
      const who = findStranger(part, looked);
      return who === undefined ? [] : [{ who, part, file }];
    });
  });
}

/**
 * The file, every folder above it, and the same of what each symbolic link on the way leads to; but for what
 * was seen before.
 */
function listParts(file: string, seen: Set<string>, looked: Looked): readonly string[] {
  const parts: string[] = [];
  for (let part = file; !seen.has(part); part = path.dirname(part)) {
    seen.add(part);
    parts.push(part);
    if (look(part, looked)?.isSymbolicLink() === true)
      parts.push(...listParts(path.resolve(realpathSync(path.dirname(part)), readlinkSync(part)), seen, looked));
  }
  return parts;
}

/** Who else can write there, in words; undefined: nobody. */
function findStranger(part: string, looked: Looked): string | undefined {
  const stats = look(part, looked);
  // a link that only names something (`../actions/x`) may lead nowhere
  if (stats === undefined) return undefined;
  if (!isTrustedUser(stats.uid)) return `user ${stats.uid}`;
  // a link has no mode of its own; in a sticky folder others replace nothing that is not theirs
  // what is written to /dev/null, which a link names to take a step out, is not read by anybody
  if (stats.isSymbolicLink() || stats.isCharacterDevice() || (stats.isDirectory() && (stats.mode & STICKY) !== 0))
    return undefined;
  if ((stats.mode & OTHERS_WRITE) !== 0) return 'everybody';
  if ((stats.mode & GROUP_WRITES) === 0) return undefined;
  return isOwnGroup(stats) ? findInAcl(part) : `group ${stats.gid}`;
}

/**
 * The group's bits are the most that a POSIX ACL may give: where nobody of the group is a stranger, somebody
 * whom the ACL names may be.
 */
function findInAcl(part: string): string | undefined {
  const { status, stdout } = spawnSync(
    'getfacl',
    ['--absolute-names', '--access', '--omit-header', '--numeric', part],
    { encoding: 'utf8' },
  );
  // with nothing that reads ACLs, nothing says that there is none; without the group's bit none counts
  if (status !== 0)
    return process.geteuid?.() === 0 ? 'a user named by an ACL (getfacl is needed to read it)' : undefined;
  // its own group stands without a name; what is beyond the mask comes after a tab
  const writers = stdout
    .split('\n')
    .map((line) => /^(user|group):(\d+):[^w]*w/.exec(line.replace(/\t.*/, '')))
    .filter((match) => match !== null);
  const [stranger] = writers.filter(([, kind, id]) => (kind === 'group' ? id !== '0' : !isTrustedUser(Number(id))));
  return stranger === undefined ? undefined : `${stranger[1]} ${stranger[2]} (by its ACL)`;
}

function isTrustedUser(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/**
 * A group whose only members are root and the caller, as each user of many systems has one. One that the
 * host's files do not name may have anybody.
 */
function isOwnGroup({ gid }: Stats): boolean {
  const users = readFields('/etc/passwd').map(([name = '', , uid = '', group = '']) => ({
    name,
    uid: Number(uid),
    gid: Number(group),
  }));
  const entry = readFields('/etc/group').find(([, , id]) => Number(id) === gid);
  if (entry === undefined) return false;
  const named = (entry[3] ?? '').split(',').filter(Boolean);
  const members = [
    ...users.filter((user) => user.gid === gid),
    ...named.map((name) => users.find((user) => user.name === name) ?? { name, uid: -1, gid }),
  ];
  return members.every(({ uid }) => isTrustedUser(uid));
}

function readFields(file: string): readonly (readonly string[])[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(':'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function userWords(): string {
  const uid = process.geteuid?.() ?? 0;
  return uid === 0 ? 'root' : `user ${uid}`;
}
