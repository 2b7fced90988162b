import { readFileSync, type Stats, statSync } from 'node:fs';
import { errorCode, Failure, Failures, reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { parseEnvFile } from '../../container/spec/variables/env-file.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { readText } from '../../files/read-file.ts';
import type { Container } from '../../model/container.ts';
import { HttpdRecord } from '../../model/httpd-record.ts';
import { APACHE_USERS, isLayout } from '../../web-server/layouts.ts';

/** What is wrong with the files that an enabled container's record names: users, variables, certificate. */
export function listUnusableFiles(paths: Paths, container: Container): readonly string[] {
  if (!container.isEnabled) return [];
  return [
    ...listUnusableLogins(paths, container),
    ...(container.hasWeb
      ? [container.certificate, container.certificateKey].flatMap((file) =>
          file === '' ? [] : listReasons(() => statSync(paths.file(file)), `certificate "${file}"`),
        )
      : []),
    ...container.envFiles.flatMap((file) =>
      listReasons(() => parseEnvFile(file, readText(paths.file(file))), `EnvFile "${file}"`),
    ),
  ];
}

/** The file of users: Apache answers each request with an error where it cannot read it. */
export function listUnusableLogins(paths: Paths, container: Container): readonly string[] {
  const { snapshot, basicAuth: file } = container;
  if (!container.hasWeb || file === '') return [];
  return listReasons(() => {
    const stats = statSync(paths.file(file));
    if (!stats.isFile()) throw new Error('it is no file');
    const user = findApacheUser(paths, snapshot);
    if (user !== undefined && !isReadable(stats, user))
      throw new Error(`the user ${user.name} of Apache cannot read it`);
  }, `BasicAuth "${file}"`);
}

function listReasons(look: () => unknown, what: string): readonly string[] {
  try {
    look();
    return [];
  } catch (error) {
    if (error instanceof Failures) return error.failures.map((failure) => explain(failure, what));
    if (error instanceof Failure) return [explain(error, what)];
    return [`${what}: ${errorCode(error) === undefined && error instanceof Error ? error.message : reasonOf(error)}`];
  }
}

function explain({ why, at }: Failure, what: string): string {
  return `${what}${at?.line === undefined ? '' : ` line ${at.line}`}: ${why}`;
}

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** By the accounts of the host; undefined where it has none of that name. */
function findApacheUser(paths: Paths, snapshot: Snapshot): User | undefined {
  const { layout } = new HttpdRecord(snapshot);
  if (!isLayout(layout)) return undefined;
  try {
    const lines = readFileSync(paths.file('/etc/passwd'), 'latin1').split('\n');
    const [name = '', , uid, gid] = lines.find((line) => line.startsWith(`${APACHE_USERS[layout]}:`))?.split(':') ?? [];
    return name === '' ? undefined : { name, uid: Number(uid), gid: Number(gid) };
  } catch {
    return undefined;
  }
}

function isReadable({ mode, uid, gid }: Stats, user: User): boolean {
  if (uid === user.uid) return (mode & 0o400) !== 0;
  return gid === user.gid ? (mode & 0o040) !== 0 : (mode & 0o004) !== 0;
}
