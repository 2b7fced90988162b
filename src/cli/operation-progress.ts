import type { ProgressOf } from '../container/plan/told.ts';
import { showable } from '../base/showable.ts';
import type { CommandContext } from './command.ts';
import type { ConsoleReporter } from './format/console-reporter.ts';
import { InHand } from './in-hand.ts';

/** Tells of operations as they go on, and prints a line for each that is done. */
export function operationProgress(
  { stdout }: Pick<CommandContext, 'stdout'>,
  reporter: ConsoleReporter,
  json: boolean,
): { readonly inHand: InHand; readonly onProgress: (progress: ProgressOf) => void } {
  const inHand = new InHand();
  const onProgress = (progress: ProgressOf): void => {
    inHand.note(progress);
    const {
      operation: { verb, name, cause },
      state,
      words,
    } = progress;
    if (state === 'begun' || state === 'going on') reporter.progress(`${verb} ${name}: ${words ?? cause}`);
    if (state !== 'done') return;
    reporter.end();
    if (!json) stdout.write(`${verb} ${name}: ${showable(cause)}\n`);
  };
  return { inHand, onProgress };
}
