import { errorCode } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { readText } from '../../files/read-file.ts';

/**
 * Ids of users and groups as `/etc/passwd` and `/etc/group` have them; numbers are themselves,
 * and root is 0 also on a host in a folder that has neither file.
 * @param open turns those two paths into the files to read
 */
export function ownersIn(open: (path: string) => string): (kind: 'user' | 'group', name: string) => number | undefined {
  const tables = new Map<string, ReadonlyMap<string, number>>();
  return (kind, name) => {
    if (/^\d+$/.test(name)) return Number(name);
    if (name === 'root') return 0;
    let table = tables.get(kind);
    if (table === undefined) tables.set(kind, (table = readIds(open(kind === 'user' ? '/etc/passwd' : '/etc/group'))));
    return table.get(name);
  };
}

/**
 * The owners that files can be given to: those of the root's own tables. One who is not root can
 * give files to nobody else: all belong to this user, whatever the template says.
 */
export function ownersOf(paths: Paths): ReturnType<typeof ownersIn> {
  const own = { user: process.geteuid?.() ?? 0, group: process.getegid?.() ?? 0 };
  const find = ownersIn((file) => paths.file(file));
  return (kind, name) => (own.user === 0 || find(kind, name) === undefined ? find(kind, name) : own[kind]);
}

function readIds(file: string): ReadonlyMap<string, number> {
  return new Map(
    readIfThere(file)
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , id]) => [name, Number(id)]),
  );
}

function readIfThere(file: string): string {
  try {
    return readText(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
