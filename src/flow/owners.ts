import { readFileSync } from 'node:fs';
import { errorCode } from '../errors.ts';

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

function readIds(file: string): ReadonlyMap<string, number> {
  return new Map(readIfThere(file).split('\n').map((line) => line.split(':')).map(([name = '', , id]) => [name, Number(id)]));
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
