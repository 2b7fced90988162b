import type { Mask } from '../../base/mask.ts';
import type { Paths } from '../../base/paths.ts';
import { type Dbs, listRecordChanges, type RecordChange } from '../../flow/commit/generation-dbs.ts';
import { StagedDbs, writeDifference } from '../../flow/commit/staged-dbs.ts';
import type { EventAsked } from '../../flow/event-plan.ts';
import type { StepCommands } from '../../flow/step-part.ts';
import { maskOf } from '../history/history.ts';
import { previewEvent, type Preview } from './dry-run.ts';

/** The event that does what the dbs say. */
export const UPDATE = 'docker-update';

/** A change of the dbs, and what the event over them would do. */
export interface DbChange {
  readonly event: string;
  readonly records: readonly RecordChange[];
  readonly preview: Preview;
  /** masks the secrets of before and after */
  readonly mask: Mask;
}

/**
 * Says what would become of the dbs and of all that follows. Changes nothing.
 * @throws Failure(s) as the event would
 */
export async function previewDbChange(
  paths: Paths,
  { before, after }: { readonly before: Dbs; readonly after: Dbs },
  commands: StepCommands,
  asked: EventAsked = { event: UPDATE, args: [] },
): Promise<DbChange> {
  const staged = new StagedDbs(paths);
  try {
    writeDifference(staged.paths, before, after);
    return {
      event: asked.event,
      records: listRecordChanges(before, after),
      preview: await previewEvent(staged.paths, { ...asked, commands }),
      mask: maskOf(paths, [before, after]),
    };
  } finally {
    staged.remove();
  }
}
