import { isUtf8 } from 'node:buffer';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { compareBytes, listNames } from '../base/layers.ts';
import type { Paths } from '../base/paths.ts';
import { decodeText, readBytes } from '../files/read-file.ts';
import type { FileText, UnitTexts } from './facts.ts';

/** Where systemd looks for units, the folder that wins first: systemd.unit(5). */
const UNIT_DIRS = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/etc/systemd/system',
  '/run/systemd/system',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/systemd/generator.late',
];
const UNIT = 'docker.service';
/** Drop-ins of this unit, then those of all services. */
const DROP_IN_DIRS = [`${UNIT}.d`, 'service.d'].flatMap((folder) =>
  UNIT_DIRS.map((dir) => path.posix.join(dir, folder)),
);

/** Files otherwise than they are now. */
export interface Otherwise {
  /** path -> text, for those that are to be written */
  readonly written?: ReadonlyMap<string, string>;
  /** those that are thought away */
  readonly without?: { has(path: string): boolean };
}

/**
 * How systemd starts the engine: its unit, and the drop-ins laid over it, in the order of their
 * names, of whichever folder they are.
 * @returns undefined where there is no unit, or a masked one
 */
export function findDockerUnit(paths: Paths, otherwise: Otherwise = {}): UnitTexts | undefined {
  const unit = UNIT_DIRS.map((folder) => path.posix.join(folder, UNIT)).find((file) => isThere(paths, otherwise, file));
  const text = unit === undefined ? '' : readText(paths, otherwise, unit);
  // masked: a link to /dev/null, or an empty file
  if (unit === undefined || text.trim() === '') return undefined;
  const dropIns = new Map<string, string>();
  for (const folder of DROP_IN_DIRS) {
    for (const name of listConf(paths, otherwise, folder))
      if (!dropIns.has(name)) dropIns.set(name, path.posix.join(folder, name));
  }
  const files = [...dropIns].sort(([a], [b]) => compareBytes(a, b)).map(([, file]) => file);
  return {
    path: unit,
    texts: [{ path: unit, text }, ...files.map((file) => ({ path: file, text: readText(paths, otherwise, file) }))],
  };
}

function listConf(paths: Paths, otherwise: Otherwise, folder: string): readonly string[] {
  const coming = [...(otherwise.written?.keys() ?? [])]
    .filter((file) => path.posix.dirname(file) === folder)
    .map((file) => path.posix.basename(file));
  return [...new Set([...listNames(paths.file(folder)), ...coming])].filter(
    (name) => name.endsWith('.conf') && isThere(paths, otherwise, path.posix.join(folder, name)),
  );
}

function isThere(paths: Paths, { written, without }: Otherwise, file: string): boolean {
  return written?.has(file) === true || (without?.has(file) !== true && existsSync(paths.file(file)));
}

/** The files that an `EnvironmentFile=` names: one, of a pattern all, or none. */
export function readEnvironmentFiles(paths: Paths, pattern: string, otherwise: Otherwise = {}): readonly FileText[] {
  if (!/[*?]/.test(pattern)) return [{ path: pattern, text: readText(paths, otherwise, pattern) }];
  const folder = path.posix.dirname(pattern);
  const matches = new RegExp(
    `^${path.posix
      .basename(pattern)
      .replace(/[\\^$.+(){}|[\]]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
  return listNames(paths.file(folder))
    .filter((name) => matches.test(name))
    .sort(compareBytes)
    .map((name) => path.posix.join(folder, name))
    .map((file) => ({ path: file, text: readText(paths, otherwise, file) }));
}

/** Empty for what is not there, or is closed to us: such a file is ignored. */
function readText(paths: Paths, { written, without }: Otherwise, file: string): string {
  const coming = written?.get(file);
  if (coming !== undefined || without?.has(file) === true) return coming ?? '';
  let bytes: Buffer;
  try {
    bytes = readBytes(paths.file(file));
  } catch {
    return '';
  }
  return decodeText(withoutOldComments(bytes), file);
}

/** A comment may be of a time before UTF-8; what is an option has to be text. */
function withoutOldComments(bytes: Buffer): Buffer {
  if (isUtf8(bytes)) return bytes;
  return Buffer.from(bytes.toString('latin1').replace(/^[ \t]*[#;].*$/gm, '#'), 'latin1');
}
