import { readRemovalPlan, removeImages, type RemovalRequest } from '../../../features/images/remove-images.ts';
import { ask, refuseJsonQuestion } from '../../ask.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  NO_OPERANDS,
  WAIT_OPTION,
  YES_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { formatRemoval, jsonRemoval } from '../../format/format-images.ts';
import { formatJson } from '../../format/format-json.ts';

const OPTIONS = { ...DRY_RUN_OPTION, ...YES_OPTION, ...WAIT_OPTION, ...JSON_OPTION } as const;
const PRUNE_OPTIONS = { all: { doc: 'also images with a name, where no record needs that' }, ...OPTIONS } as const;

export const removeCommand = defineCommand({
  name: 'image remove',
  doc: 'remove images that no record and no container needs; shows them, and asks',
  effect: 'asks',
  operands: { usage: 'IMAGE…', min: 1, max: Infinity, of: [['image']] },
  options: OPTIONS,
  run: ({ values, words }, context) => run({ words }, values, words, context),
});

export const pruneCommand = defineCommand({
  name: 'image prune',
  doc: 'remove all images without a name that nothing needs; shows them, and asks',
  effect: 'asks',
  operands: NO_OPERANDS,
  options: PRUNE_OPTIONS,
  run: ({ values: { all = false, ...values } }, context) =>
    run({ prune: all ? 'named' : 'dangling' }, values, all ? ['--all'] : [], context),
});

async function run(
  request: RemovalRequest,
  { 'dry-run': dryRun = false, yes = false, json = false, wait }: Given<typeof OPTIONS>['values'],
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { paths, stdout, stderr } = context;
  const what = 'prune' in request ? 'prune images' : `remove image ${args.map((word) => `"${word}"`).join(', ')}`;
  if (!yes || dryRun) {
    const plan = await readRemovalPlan(paths, request);
    if (dryRun || plan.removals.length === 0) {
      const note = dryRun ? 'dry run, nothing was changed\n' : '';
      stdout.write(json ? formatJson(jsonRemoval(plan)) : `${formatRemoval(plan, false)}${note}`);
      return 0;
    }
    const hint = `docksmith image ${'prune' in request ? 'prune' : 'remove'} --yes ${args.join(' ')}`.trimEnd();
    refuseJsonQuestion({ json }, { what, hint });
    stdout.write(formatRemoval(plan, false));
    if (!(await ask(context, { what, hint }))) return 1;
  }
  const reporter = new ConsoleReporter({ stdout: json ? stderr : stdout, stderr });
  const { failures, ...done } = await removeImages(paths, request, { args, waitSeconds: wait }, reporter);
  if (json) stdout.write(formatJson({ ...jsonRemoval(done), failures: jsonFailures(failures) }));
  else {
    stdout.write(formatRemoval(done, true));
    stderr.write(formatFailures(failures, stderr));
  }
  return failures.length === 0 ? 0 : 1;
}
