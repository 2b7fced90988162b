import type { ProgressOf } from '../container/plan/told.ts';
import { Failure, Failures, worstOf } from '../base/errors.ts';
import { appendOperation } from '../event/operations-log.ts';
import { newRun, type Run, runsFolder, type RunStep, writeRun } from '../event/runs.ts';
import { type Mask, maskWord } from '../base/mask.ts';
import type { Paths } from '../base/paths.ts';
import { beginEvent } from './commit/recover.ts';
import type { Reporter } from './reporter.ts';
import { followSecrets } from './secrets.ts';

export interface RecordedCommand {
  /** as it was typed: `docksmith stop`, `signal-event docker-update` */
  readonly command: string;
  /** what its record is called; by default the command */
  readonly event?: string;
  readonly args: readonly string[];
  readonly waitSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** as a step of an event it is part of that event's record, and has none of its own */
  readonly isStep?: boolean;
  /** for secrets of another time that it is about */
  readonly mask?: Mask | undefined;
}

/** What the work of a command is given. */
export interface Begun {
  readonly run: Run;
  /** all that was typed, in words, for processes that wait and for history */
  readonly command: string;
  /** for `DOCKSMITH_RUN` of its steps */
  readonly token: string;
}

/** What the record says of a command that has ended. */
export interface Outcome {
  readonly installed?: readonly string[];
  readonly removed?: readonly string[];
  readonly steps?: readonly RunStep[];
  readonly failures?: readonly Failure[];
}

/**
 * Does the work of a command that changes the host under the event lock, and records it for
 * `docksmith runs`, with secrets masked in all that is kept of it.
 */
export async function runRecorded<T>(
  paths: Paths,
  { command, event = command, args, waitSeconds, signal, isStep = false, mask: more = (text) => text }: RecordedCommand,
  reporter: Reporter,
  work: (begun: Begun) => Promise<T>,
  outcomeOf: (result: T) => Outcome,
): Promise<{ readonly result: T; readonly run: Run }> {
  const findMask = followSecrets(paths);
  const mask: Mask = (text) => more(findMask()(text));
  const typed = newRun(
    event,
    args.map((word) => maskWord(mask, word)),
  );
  const words = mask([command, ...typed.args].join(' '));
  const lock = await beginEvent(paths, { command: words, run: typed.id, waitSeconds, signal }, reporter);
  const run: Run = lock.parent === undefined ? typed : { ...typed, parent: lock.parent };
  const write = (record: Run): void => {
    if (lock.parent === undefined || !isStep) writeRun(paths, record, mask);
  };
  const end = ({ installed = [], removed = [], steps = [], failures = [] }: Outcome): Run => {
    const ended: Run = {
      ...run,
      installed,
      removed,
      steps,
      ended: new Date().toISOString(),
      exitCode: worstOf(failures),
      ...(failures.length === 0 ? {} : { failures: failures.map(({ message }) => message) }),
    };
    write(ended);
    return ended;
  };
  try {
    write(run);
    const result = await work({ run, command: words, token: lock.token });
    return { result, run: end(outcomeOf(result)) };
  } catch (error) {
    if (error instanceof Failure) end({ failures: [error] });
    else if (error instanceof Failures) end({ failures: error.failures });
    throw error;
  } finally {
    lock.release();
  }
}

/**
 * Tells `onProgress`, and writes down what was done, and what failed, in the record of the run or of the
 * event that it is a step of.
 */
export function recordingOperations<Progress extends ProgressOf>(
  paths: Paths,
  { id, parent }: Run,
  onProgress: (progress: Progress) => void,
): (progress: Progress) => void {
  const findMask = followSecrets(paths);
  return (progress) => {
    const {
      operation: { verb, name, cause },
      state,
      words,
    } = progress;
    if (state === 'done' || state === 'failed') {
      const mask = findMask();
      appendOperation(runsFolder(paths), parent ?? id, {
        time: new Date().toISOString(),
        verb,
        name,
        cause: mask(cause),
        ...(state === 'done' ? {} : { failure: mask(words ?? '') }),
      });
    }
    onProgress(progress);
  };
}
