import { UsageFailure } from '../../../base/errors.ts';
import { showable } from '../../../base/showable.ts';
import { Watcher } from '../../../features/watch/watch.ts';
import { readWatches } from '../../../features/watch/watches.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  NO_OPERANDS,
} from '../../command.ts';
import { jsonFailures } from '../../format/format-failure.ts';
import { formatJson } from '../../format/format-json.ts';
import { interruptible } from '../../interruptible.ts';

const OPTIONS = { ...DRY_RUN_OPTION, ...JSON_OPTION } as const;

export const watchCommand = defineCommand({
  name: 'watch',
  doc: 'watch what db watches names, and run its events, until Ctrl-C: for a service manager',
  effect: 'changes',
  operands: NO_OPERANDS,
  options: OPTIONS,
  run: runWatch,
});

async function runWatch({ values }: Given<typeof OPTIONS>, { paths, stdout, stderr }: CommandContext): Promise<number> {
  if (values['dry-run'] === true) {
    const { watches } = readWatches(paths);
    const failures = watches.flatMap(({ mistakes }) => mistakes);
    if (values.json === true)
      stdout.write(
        formatJson({
          watches: watches.map(({ name, kind, what, toRun }) => ({ name, kind: kind ?? null, what, ...toRun })),
          failures: jsonFailures(failures),
        }),
      );
    else {
      for (const { name, kind, what, toRun, mistakes } of watches)
        stdout.write(
          mistakes.length > 0
            ? mistakes.map(({ message }) => `${showable(message)}\n`).join('')
            : `would watch ${name}: ${kind ?? ''} ${showable(what)}, and run ${[toRun.event, ...toRun.args].join(' ')}\n`,
        );
      stdout.write('dry run, nothing was changed\n');
    }
    return failures.length === 0 ? 0 : 1;
  }
  if (values.json === true)
    throw new UsageFailure('cannot run "docksmith watch"', {
      why: '--json prints one document, and watching has no end',
      hint: 'docksmith watches --json',
    });
  return interruptible(stderr, async (signal) => {
    await new Watcher(paths, (line) => void stdout.write(`${showable(line)}\n`), signal).run();
    return 0;
  });
}
