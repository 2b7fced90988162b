import { existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf, throwAll } from '../../base/errors.ts';
import { compareBytes, isBackupName } from '../../base/layers.ts';
import type { Schema } from '../../db/schema.ts';
import { readText } from '../../files/read-file.ts';
import { convertTemplate } from './convert.ts';

/** A folder of fragments, and the one beside it that has them converted. */
export interface ConvertedFolder {
  readonly folder: string;
  readonly target: string;
  /** name in the folder -> name and text in the target; what stays in Perl has a name that ends in `.pl` */
  readonly files: readonly {
    readonly from: string;
    readonly to: string;
    readonly text: string;
    readonly isPerl: boolean;
  }[];
  readonly left: readonly { readonly file: string; readonly line: number; readonly why: string }[];
  readonly reads: readonly string[];
}

/** @throws Failure(s) for each folder that cannot be converted */
export function planFolders(folders: readonly string[], schema: Schema): readonly ConvertedFolder[] {
  const failures: Failure[] = [];
  const planned = folders.flatMap((folder) => {
    try {
      return [planFolder(path.resolve(folder), schema)];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
      return [];
    }
  });
  throwAll(failures);
  return planned;
}

/** Writes the folders that were planned. */
export function writeFolders(planned: readonly ConvertedFolder[]): void {
  for (const { target, files } of planned) {
    mkdirSync(target);
    for (const { to, text } of files) writeFileSync(path.join(target, to), text, { flag: 'wx' });
  }
}

function planFolder(folder: string, schema: Schema): ConvertedFolder {
  const refuse = (why: string, hint?: string): Failure =>
    new Failure(`cannot convert "${folder}"`, { why, ...(hint === undefined ? {} : { hint }) });
  const target = `${folder}.hbs`;
  if (existsSync(target)) throw refuse(`"${target}" exists already`, 'look at it and remove it, then convert again');
  const fragments = readFragments(folder, refuse);
  const { fragments: done, left, reads } = convertTemplate(fragments, schema);
  const files = [...fragments].map(([from, text]) => {
    const converted = done.get(from);
    return converted === undefined
      ? { from, to: from.endsWith('.pl') ? from : `${from}.pl`, text, isPerl: true }
      : { from, to: from.replace(/\.pl$/, ''), text: converted, isPerl: false };
  });
  const ordered = files.map(({ to }) => to);
  const [before, after] = [inOrder([...fragments.keys()]), inOrder(ordered)];
  const moved = before.find((name, n) => files.find(({ from }) => from === name)?.to !== after[n]);
  if (moved !== undefined)
    throw refuse(
      `"${moved}" stays in Perl, and by the name that it needs for that, "${moved}.pl", the fragments would have another order`,
      'rename it so that it keeps its place with .pl behind its name',
    );
  return {
    folder,
    target,
    files,
    left: left.map(({ name, line, why }) => ({ file: path.join(folder, name), line, why })),
    reads,
  };
}

function readFragments(folder: string, refuse: (why: string) => Failure): ReadonlyMap<string, string> {
  try {
    const names = readdirSync(folder)
      .filter((name) => !isBackupName(name) && lstatSync(path.join(folder, name)).isFile())
      .sort(compareBytes);
    if (names.length === 0) throw refuse('there is no fragment in it');
    return new Map(names.map((name) => [name, readText(path.join(folder, name))]));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw refuse(reasonOf(error));
  }
}

/** As fragments print. */
function inOrder(names: readonly string[]): readonly string[] {
  const rank = (name: string): number => (name === 'template-begin' ? 0 : name === 'template-end' ? 2 : 1);
  return names.toSorted((a, b) => rank(a) - rank(b) || compareBytes(a, b));
}
