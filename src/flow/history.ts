import { readSchema } from '../db/read-schema.ts';
import { compareBytes } from '../layers.ts';
import type { Mask } from '../mask.ts';
import type { FilePair } from '../output/diff.ts';
import { type Generation, listGenerations, readGeneration } from '../output/generations.ts';
import type { Fingerprint } from '../output/journal.ts';
import { findObject } from '../output/objects.ts';
import type { Paths } from '../paths.ts';
import { type Dbs, listRecordChanges, readGenerationDbs, type RecordChange } from './generation-dbs.ts';
import { secretsOf } from './secrets.ts';

/** One file that a commit changed. */
export interface FileStep {
  readonly path: string;
  readonly kind: 'new' | 'changed' | 'removed';
  readonly before: Fingerprint | undefined;
  readonly after: Fingerprint | undefined;
}

/** One commit, with what was other before it. */
export interface HistoryEntry {
  readonly generation: Generation;
  readonly files: readonly FileStep[];
  /** of docksmith's dbs, since the commit before */
  readonly records: readonly RecordChange[];
  /** masks the secrets of its time, which may be none of now */
  readonly mask: Mask;
}

/**
 * The commits that are kept, the newest first.
 * @param file only those that changed this one (without the root)
 */
export function listHistory(paths: Paths, { limit, file }: { readonly limit: number; readonly file?: string | undefined }): readonly HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  for (const number of listGenerations(paths)) {
    if (entries.length === limit) break;
    const entry = readEntry(paths, number);
    if (file === undefined || entry.files.some(({ path }) => path === file)) entries.push(entry);
  }
  return entries;
}

/** @throws Failure where there is no such generation any more */
export function readEntry(paths: Paths, number: number): HistoryEntry {
  const generation = readGeneration(paths, number);
  const previous = listGenerations(paths).find((other) => other < number);
  const before = previous === undefined ? undefined : readGeneration(paths, previous);
  const [was, is]: readonly [Dbs, Dbs] = [before === undefined ? new Map() : readGenerationDbs(paths, before), readGenerationDbs(paths, generation)];
  return { generation, files: listFileSteps(before?.files ?? new Map(), generation.files), records: listRecordChanges(was, is), mask: maskOf(paths, [was, is]) };
}

/** Masks what is secret in any of these states of the dbs. */
export function maskOf(paths: Paths, states: readonly Dbs[]): Mask {
  const schema = readSchema(paths);
  const masks = states.map((dbs) => secretsOf({ dbs, schema }).mask);
  return (text) => masks.reduce((masked, mask) => mask(masked), text);
}

function listFileSteps(before: Generation['files'], after: Generation['files']): readonly FileStep[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort(compareBytes).flatMap((path): readonly FileStep[] => {
    const [was, is] = [before.get(path), after.get(path)];
    if (is === undefined) return [{ path, kind: 'removed', before: was, after: is }];
    if (was === undefined) return [{ path, kind: 'new', before: was, after: is }];
    const isSame = was.digest === is.digest && was.mode === is.mode && was.uid === is.uid && was.gid === is.gid;
    return isSame ? [] : [{ path, kind: 'changed', before: was, after: is }];
  });
}

/** The contents behind the steps, for a diff; what is not kept any more counts as empty. */
export function pairsOf(paths: Paths, steps: readonly FileStep[]): readonly FilePair[] {
  const contentOf = (file: Fingerprint | undefined): FilePair['old'] => file && { ...file, content: findObject(paths, file.digest) ?? Buffer.alloc(0) };
  return steps.map(({ path, before, after }) => ({ path, old: contentOf(before), wanted: contentOf(after) }));
}
