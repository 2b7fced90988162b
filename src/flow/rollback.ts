import { readSnapshot } from '../db/read-snapshot.ts';
import type { ChangeSet } from '../output/change-set.ts';
import { installedUnder } from '../output/installed.ts';
import { digestOf } from '../output/ledger.ts';
import { type Generation, readGeneration, readWhole } from '../output/generations.ts';
import type { Mask } from '../mask.ts';
import type { Paths } from '../paths.ts';
import { previewEvent, type Preview } from './dry-run.ts';
import { type Dbs, listRecordChanges, ourDbs, readGenerationDbs, type RecordChange } from './generation-dbs.ts';
import { maskOf } from './history.ts';
import type { Reporter } from './reporter.ts';
import { signalEvent, type SignalResult } from './signal.ts';
import { StagedDbs, writeDifference } from './staged-dbs.ts';

/** The event that regenerates everything over the dbs. */
const EVENT = 'docker-update';

export interface RollbackPlan {
  readonly generation: Generation;
  /** from what the dbs say now to what they said then */
  readonly records: readonly RecordChange[];
  readonly preview: Preview;
  /** files that will not be again as they were: their fragments, or what the host tells, are others now */
  readonly differing: readonly string[];
  /** masks the secrets of then and now */
  readonly mask: Mask;
}

/** Says what going back to a generation would do. Changes nothing. @throws Failure(s) where it is not kept any more, and as the event would */
export async function planRollback(paths: Paths, number: number): Promise<RollbackPlan> {
  const generation = readGeneration(paths, number);
  const { now, then } = readBoth(paths, number);
  const staged = new StagedDbs(paths);
  try {
    writeDifference(staged.paths, now, then);
    const preview = await previewEvent(staged.paths, { event: EVENT, args: [] });
    const differing = listDiffering(paths, readWhole(paths, number).files, preview.changes);
    return { generation, records: listRecordChanges(now, then), preview, differing, mask: maskOf(paths, [now, then]) };
  } finally {
    staged.remove();
  }
}

/**
 * Puts the records of docksmith's dbs back to what they were, and regenerates: in one
 * transaction, so that a regeneration that fails leaves the dbs as they are.
 */
export function rollBack(paths: Paths, { number }: Generation, reporter: Reporter): Promise<SignalResult> {
  return signalEvent(paths, {
    event: EVENT, args: [],
    prepare: (staged) => {
      const { now, then } = readBoth(staged, number);
      writeDifference(staged, now, then);
    },
  }, reporter);
}

function listDiffering(paths: Paths, files: ReturnType<typeof readWhole>['files'], { install, unchanged }: ChangeSet): readonly string[] {
  const coming = new Map(install.map(({ output }) => [output.path, output.content]));
  const staying = new Set(unchanged.map(({ path }) => path));
  const readInstalled = installedUnder(paths);
  return [...files].filter(([path, { digest }]) => {
    const installed = staying.has(path) ? readInstalled(path) : undefined;
    const content = installed?.kind === 'file' ? installed.file.content : coming.get(path);
    return content !== undefined && digestOf(content) !== digest;
  }).map(([path]) => path);
}

function readBoth(paths: Paths, number: number): { readonly now: Dbs; readonly then: Dbs } {
  return { now: ourDbs(readSnapshot(paths)), then: readGenerationDbs(paths, number) };
}
