import type { Progress } from '../container/apply.ts';
import { Failure, Failures, worstOf } from '../errors.ts';
import { appendOperation } from '../event/operations-log.ts';
import { newRun, type Run, runsFolder, writeRun } from '../event/runs.ts';
import type { Mask } from '../mask.ts';
import type { Paths } from '../paths.ts';
import { beginEvent } from './recover.ts';
import type { Reporter } from './reporter.ts';
import { readSecrets } from './secrets.ts';

export interface RecordedCommand {
  /** as it was typed: `docksmith stop` */
  readonly command: string;
  readonly args: readonly string[];
  readonly waitSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** as a step of an event it is part of that event's record, and has none of its own */
  readonly isStep?: boolean;
}

/** What the record says of a command that has ended. */
export interface Outcome {
  readonly installed?: readonly string[];
  readonly removed?: readonly string[];
  readonly failures?: readonly Failure[];
}

/** Does the work of a command that is no event under the event lock, and records it for `docksmith runs`. */
export async function recorded<T>(paths: Paths, { command, args, waitSeconds, signal, isStep = false }: RecordedCommand, reporter: Reporter, work: (run: Run) => Promise<T>, outcomeOf: (result: T) => Outcome): Promise<T> {
  const begun = newRun(command, args);
  const lock = await beginEvent(paths, { command: [command, ...args].join(' '), run: begun.id, waitSeconds, signal }, reporter);
  const run: Run = lock.parent === undefined ? begun : { ...begun, parent: lock.parent };
  const write = (record: Run): void => {
    if (lock.parent === undefined || !isStep) writeRun(paths, record);
  };
  const end = ({ installed = [], removed = [], failures = [] }: Outcome): void => write({
    ...run, installed, removed, ended: new Date().toISOString(), exitCode: worstOf(failures), ...(failures.length === 0 ? {} : { failures: failures.map(({ message }) => message) }),
  });
  try {
    write(run);
    const result = await work(run);
    end(outcomeOf(result));
    return result;
  } catch (error) {
    if (error instanceof Failure) end({ failures: [error] });
    else if (error instanceof Failures) end({ failures: error.failures });
    throw error;
  } finally {
    lock.release();
  }
}

/** Tells `onProgress`, and writes down what was done, and what failed, in the record of the run or of the event that it is a step of. */
export function recordingOperations(paths: Paths, { id, parent }: Run, onProgress: (progress: Progress) => void): (progress: Progress) => void {
  let mask: Mask | undefined;
  return (progress) => {
    const { operation: { verb, name, cause }, state, words } = progress;
    if (state === 'done' || state === 'failed') {
      mask ??= readSecrets(paths).mask;
      appendOperation(runsFolder(paths), parent ?? id, { time: new Date().toISOString(), verb, name, cause: mask(cause), ...(state === 'done' ? {} : { failure: mask(words ?? '') }) });
    }
    onProgress(progress);
  };
}
