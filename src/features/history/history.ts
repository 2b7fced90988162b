import { readSchema } from '../../db/read-schema.ts';
import { Failure } from '../../base/errors.ts';
import type { Mask } from '../../base/mask.ts';
import { type Change, readLastDbs } from '../../output/history/db-lines.ts';
import type { FilePair } from '../../output/plan/diff.ts';
import { type Generation, listGenerations, readGeneration } from '../../output/history/generations.ts';
import type { Fingerprint } from '../../output/commit/journal.ts';
import { objectFinder } from '../../output/history/objects.ts';
import type { Paths } from '../../base/paths.ts';
import {
  type Dbs,
  listRecordChanges,
  parseDbChanges,
  parseDbs,
  type RecordChange,
} from '../../flow/commit/generation-dbs.ts';
import { secretsOf } from '../../flow/secrets.ts';

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
export function listHistory(
  paths: Paths,
  { limit, file }: { readonly limit: number; readonly file?: string | undefined },
): readonly HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  for (const entry of readBackwards(paths)) {
    if (entries.length === limit) break;
    if (file === undefined || entry.files.some(({ path }) => path === file)) entries.push(entry);
  }
  return entries;
}

/** @throws Failure where there is no such generation any more */
export function readEntry(paths: Paths, number: number): HistoryEntry {
  readGeneration(paths, number);
  for (const entry of readBackwards(paths)) if (entry.generation.number === number) return entry;
  throw new Failure(`cannot find generation ${number}`, { why: 'it was forgotten just now' });
}

/** The newest first. Each has a mask for all that was secret from then on, which is made when it is used. */
function* readBackwards(paths: Paths): Generator<HistoryEntry> {
  const states: Dbs[] = [];
  for (const number of listGenerations(paths)) {
    const generation = readGeneration(paths, number);
    const { before, after } = parseDbChanges(generation.dbs);
    states.push(before, after);
    const secrets = [...states];
    let mask: Mask | undefined;
    yield {
      generation,
      files: [...generation.files].map(([path, change]) => ({ path, kind: kindOf(change), ...change })),
      records: listRecordChanges(before, after),
      mask: (text) =>
        (mask ??= maskOf(paths, [
          parseDbs(readLastDbs(paths)?.lines ?? new Map<string, ReadonlyMap<string, string>>()),
          ...secrets,
        ]))(text),
    };
  }
}

/** Masks what is secret in any of these states of the dbs. */
export function maskOf(paths: Paths, states: readonly Dbs[]): Mask {
  const schema = readSchema(paths);
  return secretsOf(paths, ...states.map((dbs) => ({ dbs, schema }))).mask;
}

function kindOf({ before, after }: Change<Fingerprint>): FileStep['kind'] {
  if (before === undefined) return 'new';
  return after === undefined ? 'removed' : 'changed';
}

/** The contents behind the steps, for a diff; what is not kept any more counts as empty. */
export function pairsOf(paths: Paths, steps: readonly FileStep[]): readonly FilePair[] {
  const findObject = objectFinder(paths);
  const contentOf = (file: Fingerprint | undefined): FilePair['old'] =>
    file && { ...file, content: findObject(file.digest) ?? Buffer.alloc(0) };
  return steps.map(({ path, before, after }) => ({ path, old: contentOf(before), wanted: contentOf(after) }));
}
