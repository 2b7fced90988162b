import type { Failure } from '../base/errors.ts';
import type { Run } from '../event/runs.ts';
import type { Adjusted } from '../event/services.ts';
import type { Mask } from '../base/mask.ts';
import type { FileContent } from '../files/replace-file.ts';
import type { ChangeSet } from '../output/plan/change-set.ts';
import type { Committed } from '../output/commit/commit.ts';
import type { Intent } from '../output/commit/intents.ts';
import type { Paths } from '../base/paths.ts';
import type { EventAsked } from './event-plan.ts';
import type { StepCommands } from './step-part.ts';

export interface SignalRequest extends EventAsked {
  /** what its steps may call */
  readonly commands: StepCommands;
  readonly waitSeconds?: number | undefined;
  /** ends it in good order */
  readonly signal?: AbortSignal | undefined;
  /** changes the dbs before the first step, on the copy that the steps work on */
  readonly changeDbs?: (paths: Paths) => void;
  /** done under the lock, with the event in the middle: what it needs beforehand, and taking that back */
  readonly around?: <T extends { readonly isInstalled: boolean }>(signal: () => Promise<T>) => Promise<T>;
  /** files of docksmith's own state that are written with the commit, by path without the root */
  readonly state?: ReadonlyMap<string, FileContent>;
  /** what was asked for, where that is more than the event: the record of the run and history call it so */
  readonly calledAs?: { readonly command: string; readonly args: readonly string[] };
  /** for secrets of another time that it is about */
  readonly mask?: Mask;
}

/** What an event did. */
export interface SignalResult {
  readonly run: Run;
  /** its files are in place, with what was changed in the dbs; false: nothing was */
  readonly isInstalled: boolean;
  readonly changes: ChangeSet;
  /** path -> file in history of what was edited by hand or taken over */
  readonly kept: Committed['kept'];
  readonly edited: readonly string[];
  readonly adjusted: readonly Adjusted[];
  /** services of the event for which nothing was pending */
  readonly untouched: readonly string[];
  readonly pending: readonly Intent[];
  readonly failures: readonly Failure[];
}
