import path from 'node:path';
import { listLayeredFiles } from '../../template/list-templates.ts';
import { CONFIG_DIR, type Paths, withoutRoot } from '../../base/paths.ts';
import { findWriter } from '../../files/trust.ts';
import { type Finding, formatSome, makeFinder } from './finding.ts';

/** What decides the content of files without being run. */
const FOLDERS = ['templates-custom', 'templates', 'templates-default', 'templates.metadata', 'db'];

/**
 * Fragments, metadata and defaults that somebody other than root or the caller can write: who can do that
 * decides what stands in files of root's.
 */
export function checkFragments(paths: Paths): readonly Finding[] {
  const finder = makeFinder('fragments');
  const files = FOLDERS.flatMap((folder) => [
    ...listLayeredFiles([paths.file(path.posix.join(CONFIG_DIR, folder))]).values(),
  ]);
  const writers = new Map<string, { readonly who: string; readonly files: string[] }>();
  for (const file of files) {
    const writer = findWriter(file);
    if (writer === undefined) continue;
    const known = writers.get(writer.part);
    if (known === undefined) writers.set(writer.part, { who: writer.who, files: [withoutRoot(paths, file)] });
    else known.files.push(withoutRoot(paths, file));
  }
  if (writers.size === 0)
    return files.length === 0
      ? []
      : [finder.ok(`${files.length} fragments of this host, which no other user can write`)];
  return [...writers].map(([part, { who, files: decided }]) =>
    finder.warn(
      `${who} can write "${part}", and so can change ${formatSome(decided)}`,
      `chmod go-w ${part}, or chown it to root, unless that is meant`,
    ),
  );
}
