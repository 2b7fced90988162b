import { listEvents } from '../../event/events.ts';
import { listSteps } from '../../event/steps.ts';
import { Failure } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import type { Fingerprint } from '../../output/commit/journal.ts';
import { ownedOf, readLedger } from '../../output/plan/ledger.ts';
import { type Generation, listGenerations, readGeneration, readWhole } from '../../output/history/generations.ts';
import type { Paths } from '../../base/paths.ts';
import { listRecordChanges, readThenAndNow } from '../../flow/commit/generation-dbs.ts';
import { type DbChange, previewDbChange, UPDATE } from '../dry-run/db-change.ts';
import { maskOf } from './history.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { signalEvent } from '../../flow/signal.ts';
import type { SignalRequest, SignalResult } from '../../flow/signal-request.ts';
import { writeDifference } from '../../flow/commit/staged-dbs.ts';
import type { StepCommands } from '../../flow/step-part.ts';

/** From what the dbs say now to what they said then. */
export interface RollbackPlan extends DbChange {
  readonly generation: Generation;
  /**
   * files that will not be again as they were: their fragments, what the host tells, or docksmith itself
   * are others now
   */
  readonly differing: readonly string[];
  /** files that were others and that the event does not write; the events that do */
  readonly notWritten: readonly { readonly path: string; readonly events: readonly string[] }[];
  /** files that will be there and were not then, and the other way round */
  readonly more: readonly string[];
  readonly lacking: readonly string[];
}

/**
 * Says what going back to a generation would do. Changes nothing.
 * @throws Failure(s) where it is not kept any more, and as the event would
 */
export async function planRollback(paths: Paths, number: number, commands: StepCommands): Promise<RollbackPlan> {
  const generation = readGeneration(paths, number);
  const { now, then } = readThenAndNow(paths, number);
  const change = await previewDbChange(paths, { before: now, after: then }, commands);
  return { generation, ...change, ...compareFiles(paths, readWhole(paths, number).files, change.preview.changes) };
}

/**
 * The same for the last generation whose records were others than they are now: so what was changed since the last
 * commit is taken back first, and then that commit.
 * @throws Failure where there is none
 */
export async function planUndo(paths: Paths, commands: StepCommands): Promise<RollbackPlan> {
  for (const number of listGenerations(paths)) {
    const { now, then } = readThenAndNow(paths, number);
    if (listRecordChanges(now, then).length > 0) return planRollback(paths, number, commands);
  }
  throw new Failure('cannot undo', {
    why: 'no commit that is kept left other records than there are now',
    hint: 'docksmith history lists them',
  });
}

/**
 * Puts the records that history keeps back to what they were, and regenerates: in one
 * transaction, so that a regeneration that fails leaves the dbs as they are.
 */
export function rollBack(
  paths: Paths,
  { number }: Generation,
  { commands, signal }: Pick<SignalRequest, 'commands' | 'signal'>,
  reporter: Reporter,
): Promise<SignalResult> {
  const { now, then } = readThenAndNow(paths, number);
  return signalEvent(
    paths,
    {
      event: UPDATE,
      args: [],
      calledAs: { command: 'docksmith rollback', args: [String(number)] },
      commands,
      signal,
      mask: maskOf(paths, [now, then]),
      changeDbs: (staged) => {
        const { now, then } = readThenAndNow(staged, number);
        writeDifference(staged, now, then);
      },
    },
    reporter,
  );
}

/** Every file that will differ from its former state, by reason. */
function compareFiles(
  paths: Paths,
  then: ReadonlyMap<string, Fingerprint>,
  { install, remove, unchanged }: ChangeSet,
): Pick<RollbackPlan, 'differing' | 'notWritten' | 'more' | 'lacking'> {
  const { outputs } = readLedger(paths);
  const after = new Map<string, Fingerprint>(outputs);
  for (const { owned } of remove) after.delete(owned.path);
  for (const { output } of install) after.set(output.path, ownedOf(output));
  const written = new Set([...install.map(({ output }) => output.path), ...unchanged.map(({ path }) => path)]);
  const others = [...then].flatMap(([path, was]) => {
    const will = after.get(path);
    return will === undefined || isSameFile(was, will) ? [] : [path];
  });
  return {
    differing: others.filter((path) => written.has(path)),
    notWritten: others
      .filter((path) => !written.has(path))
      .map((path) => ({ path, events: listEventsOf(paths, outputs.get(path)?.template) })),
    more: [...after.keys()].filter((path) => !then.has(path)).sort(compareBytes),
    lacking: [...then.keys()].filter((path) => !after.has(path)),
  };
}

function isSameFile(a: Fingerprint, b: Fingerprint): boolean {
  return a.digest === b.digest && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function listEventsOf(paths: Paths, template: string | undefined): readonly string[] {
  return listEvents(paths).filter((event) =>
    listSteps(paths, event).steps.some(
      (step) => step.kind === 'templates' && step.templates.some((one) => one.template === template),
    ),
  );
}
