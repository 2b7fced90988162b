import type { Failure } from '../errors.ts';
import type { RunCommand } from '../event/call-command.ts';
import type { Run } from '../event/runs.ts';
import type { Adjusted } from '../event/services.ts';
import type { Mask } from '../mask.ts';
import type { ChangeSet } from '../output/change-set.ts';
import type { Committed } from '../output/commit.ts';
import type { Intent } from '../output/intents.ts';
import type { Paths } from '../paths.ts';

export interface SignalRequest {
  readonly event: string;
  readonly args: readonly string[];
  /** adjusts every service of the event, whether or not a file of it changed */
  readonly force?: boolean;
  readonly takeOver?: boolean;
  /** tries run specs again that have failed */
  readonly retry?: boolean;
  readonly waitSeconds?: number | undefined;
  /** calls commands of docksmith for steps that do nothing else; absent: each step is a process */
  readonly runCommand?: RunCommand | undefined;
  /** ends it in good order */
  readonly signal?: AbortSignal | undefined;
  /** changes the dbs before the first step, on the copy that the steps work on */
  readonly prepare?: (paths: Paths) => void;
  /** what was asked for, where that is more than the event: the record of the run and history call it so */
  readonly calledAs?: { readonly command: string; readonly args: readonly string[] };
  /** for secrets of another time that it is about */
  readonly mask?: Mask;
}

/** What an event did. */
export interface SignalResult {
  readonly run: Run;
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
