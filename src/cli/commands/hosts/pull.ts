import { pull } from '../../../features/hosts/pull.ts';
import { showable } from '../../../base/showable.ts';
import { ALL_NAMES } from '../../command-names.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  NO_OPERANDS,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatPreview } from '../../format/format-preview.ts';
import { painter } from '../../format/terminal.ts';
import { interruptible } from '../../interruptible.ts';
import { CONFIRM_TIMEOUT_OPTION, TAKE_OVER_OPTION } from './options.ts';
import { wordsOf } from './receive.ts';

const OPTIONS = {
  from: { value: 'HOST', doc: 'another host than the writer, as after a change of the writer', of: ['host'] },
  ...CONFIRM_TIMEOUT_OPTION,
  ...TAKE_OVER_OPTION,
  ...DRY_RUN_OPTION,
  ...JSON_OPTION,
} as const;

export const pullCommand = defineCommand({
  name: 'pull',
  doc: 'fetch what the writer sent and this host missed, and apply it: for a timer',
  effect: 'changes',
  operands: NO_OPERANDS,
  options: OPTIONS,
  run: runPull,
});

async function runPull({ values }: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  const { paths, stdout, stderr, commands } = context;
  const { json = false, 'dry-run': dryRun = false } = values;
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  return interruptible(stderr, async (signal) => {
    const { from, received } = await pull(
      paths,
      {
        from: values.from,
        takeOver: values['take-over'] ?? false,
        dryRun,
        timeoutSeconds: values['confirm-timeout'] ?? 60,
        commandNames: ALL_NAMES,
        commands,
        signal,
      },
      reporter,
    ).finally(() => reporter.end());
    const { outcome, revision, failures, preview } = received;
    const [changes, kept] = [wordsOf(received), wordsOf(received.kept)];
    if (json) stdout.write(formatJson({ from, outcome, revision, changes, kept, failures: jsonFailures(failures) }));
    else {
      stderr.write(formatFailures(failures, stderr));
      if (dryRun) stdout.write(changes.map((words) => `${showable(words)}\n`).join(''));
      if (preview !== undefined)
        stdout.write(received.mask(formatPreview('docker-update', preview, painter(stdout), dryRun)));
      if (kept.length > 0) stdout.write(`kept, as it was changed here: ${showable(kept.join('; '))}\n`);
      const words = outcome === 'applied' ? 'done' : outcome === 'unchanged' ? 'up to date' : outcome;
      stdout.write(`${words}: revision ${revision.slice(0, 8)} of ${from}\n`);
    }
    return ['refused', 'failed', 'went back'].includes(outcome) ? 1 : 0;
  });
}
