import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { listMerged } from '../layers.ts';
import { type Paths, withoutRoot } from '../paths.ts';
import type { Facts } from './facts.ts';

/** Where systemd looks for units, the folder that wins first: systemd.unit(5). */
const UNIT_DIRS = ['/etc/systemd/system', '/run/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
const UNIT = 'docker.service';

/**
 * How systemd starts the engine: its unit, and the drop-ins of others laid over it. Our own drop-in
 * is made out of this, so it has no part in it.
 * @param ownedFiles paths that docksmith wrote, without the root
 * @returns undefined where there is no unit, or a masked one
 */
export function findDockerUnit(paths: Paths, ownedFiles: { has(path: string): boolean }): Facts['dockerUnit'] {
  const unit = UNIT_DIRS.map((folder) => paths.file(path.posix.join(folder, UNIT))).find((file) => existsSync(file));
  if (unit === undefined) return undefined;
  const dropIns = [...listMerged(UNIT_DIRS.map((folder) => paths.file(path.posix.join(folder, `${UNIT}.d`))))]
    .filter(([name, file]) => name.endsWith('.conf') && !ownedFiles.has(withoutRoot(paths, file)))
    .map(([, file]) => file);
  const execStart = findExecStart([unit, ...dropIns].map((file) => readFileSync(file, 'utf8')));
  return execStart === undefined ? undefined : { path: withoutRoot(paths, unit), execStart };
}

/** The command that holds after all texts in their order; an empty `ExecStart=` takes the ones before it back (systemd.service(5)). */
export function findExecStart(texts: readonly string[]): string | undefined {
  let found: string | undefined;
  for (const text of texts) {
    let section = '';
    for (const line of joinLines(text)) {
      section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
      const [, command] = /^ExecStart\s*=\s*(.*)$/.exec(line) ?? [];
      if (section === 'Service' && command !== undefined) found = command === '' ? undefined : command;
    }
  }
  return found;
}

/** Logical lines: a backslash at the end goes on in the next line, over comments (systemd.syntax(7)). */
function joinLines(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => !/^[#;]/.test(line));
  return lines.join('\n').replace(/\s*\\\n/g, ' ').split('\n');
}
