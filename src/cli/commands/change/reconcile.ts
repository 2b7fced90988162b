import { listOperations } from '../../../container/plan/told.ts';
import { formatPlan } from '../../../container/plan/format-plan.ts';
import type { Asked } from '../../../container/plan/asked/plan-asked.ts';
import { showable, showableLines } from '../../../base/showable.ts';
import type { Reconciled } from '../../../flow/containers/reconciled.ts';
import { reconcile } from '../../../flow/containers/run-reconcile.ts';
import {
  ANY_CONTAINERS,
  type Command,
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  RETRY_OPTION,
  WAIT_OPTION,
  YES_OPTION,
} from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { interruptible } from '../../interruptible.ts';
import { operationProgress } from '../../operation-progress.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { jsonPlan } from '../../format/format-preview.ts';
import { isTerminal } from '../../format/terminal.ts';

const OPTIONS = {
  ...DRY_RUN_OPTION,
  'remove-orphans': { doc: 'remove containers without a record, but never a volume; asks on a terminal' },
  ...YES_OPTION,
  'move-data': { doc: 'copy data of containers to the places that their records name' },
  ...RETRY_OPTION,
  boot: { doc: 'restart those that the engine started before the ones that they need' },
  ...WAIT_OPTION,
  ...JSON_OPTION,
} as const;

export const reconcileCommand = defineCommand({
  name: 'reconcile',
  doc: 'bring the containers to their run specs',
  effect: 'changes',
  operands: ANY_CONTAINERS,
  options: OPTIONS,
  part: async ({ values, words }) =>
    (await import('../../../flow/containers/containers-step.ts')).reconcileStep({
      names: words,
      isBoot: values.boot,
      removeOrphans: values['remove-orphans'],
      moveData: values['move-data'],
      retry: values.retry,
    }),
  run: async ({ values, words }, context) => {
    const request = {
      names: words.length === 0 ? undefined : words,
      removeOrphans: values['remove-orphans'],
      moveData: values['move-data'],
      dryRun: values['dry-run'],
      retry: values.retry ?? process.env['DOCKSMITH_RETRY'] === '1',
      isBoot: values.boot,
      json: values.json ?? false,
      waitSeconds: values.wait,
    };
    const asks =
      values['remove-orphans'] === true &&
      values['dry-run'] !== true &&
      values.yes !== true &&
      isTerminal(context.stdin) &&
      isTerminal(context.stdout);
    return asks && !(await askForRemovals(context, request)) ? 1 : run('reconcile', context, request);
  },
});

/** Shows which containers would go. A script has said by the option what it wants, and is not asked. */
async function askForRemovals(
  context: CommandContext,
  request: Omit<Parameters<typeof run>[2], 'asked'>,
): Promise<boolean> {
  const { plan } = await reconcile(
    context.paths,
    { ...request, dryRun: true, mayStayPending: false, command: 'docksmith reconcile' },
    new ConsoleReporter(context),
    () => undefined,
  );
  const removals = listOperations(plan).filter(({ verb }) => verb === 'remove');
  if (removals.length === 0) return true;
  context.stdout.write(removals.map(({ verb, name, cause }) => `${verb} ${name}: ${showable(cause)}\n`).join(''));
  return (await import('../../ask.ts')).ask(context, {
    what: removals.length === 1 ? 'remove this container' : `remove these ${removals.length} containers`,
    hint: 'docksmith reconcile --remove-orphans --yes',
  });
}

const ASKED_OPTIONS = { ...DRY_RUN_OPTION, ...WAIT_OPTION, ...JSON_OPTION } as const;

const defineAsked = (verb: Asked['verb'], doc: string): Command<typeof ASKED_OPTIONS> =>
  defineCommand({
    name: verb,
    doc,
    effect: 'changes',
    options: ASKED_OPTIONS,
    operands: {
      usage: 'NAME…',
      min: 1,
      max: Infinity,
      ofContainers: true,
      missing: { why: 'no container is named', hint: 'db docker_containers keys' },
    },
    part: async ({ words }) => (await import('../../../flow/containers/containers-step.ts')).askedStep(verb, words),
    run: ({ values, words }: Given<typeof ASKED_OPTIONS>, context) => runAsked(verb, words, values, context),
  });

/** Starts, stops or restarts these containers. */
export function runAsked(
  verb: Asked['verb'],
  names: readonly string[],
  values: Given<typeof ASKED_OPTIONS>['values'],
  context: CommandContext,
): Promise<number> {
  return run(verb, context, {
    asked: { verb, names },
    dryRun: values['dry-run'],
    json: values.json ?? false,
    waitSeconds: values.wait,
  });
}

export const startCommand = defineAsked('start', 'start containers');
export const stopCommand = defineAsked('stop', 'stop containers until the next event');
export const restartCommand = defineAsked('restart', 'restart containers');

async function run(
  command: string,
  { paths, stdout, stderr, prepared, commands }: CommandContext,
  {
    json,
    ...request
  }: Omit<Parameters<typeof reconcile>[1], 'command' | 'mayStayPending' | 'prepared'> & { readonly json: boolean },
): Promise<number> {
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const { inHand, onProgress } = operationProgress({ stdout }, reporter, json);
  const work = async (signal: AbortSignal): Promise<number> => {
    const mayStayPending = process.env['DOCKSMITH_MAY_STAY_PENDING'] === '1';
    const first = await reconcile(
      paths,
      { ...request, signal, mayStayPending, prepared: prepared?.containers, command: `docksmith ${command}` },
      reporter,
      onProgress,
    );
    const result =
      (first.applied?.failed.length ?? 0) === 0
        ? first
        : await (await import('../../../flow/containers/other-ports.ts')).retryWithOtherPorts(
            paths,
            first,
            { commands, signal },
            reporter,
          );
    reporter.end();
    if (json) stdout.write(formatJson(jsonReconciled(result)));
    else {
      stdout.write(formatRest(result));
      if (request.dryRun === true && request.asked !== undefined) stderr.write('dry run, nothing was changed\n');
      stderr.write(formatFailures(result.failures, stderr));
    }
    return result.failures.length === 0 ? 0 : 1;
  };
  try {
    return await interruptible(stderr, work, () => inHand.describe());
  } finally {
    reporter.end();
  }
}

/**
 * What is left to say after the operations were said one by one: the whole plan of a dry run, what was not
 * done, what was left alone.
 */
function formatRest({ plan, applied, leftAlone, pending }: Reconciled): string {
  if (pending !== undefined) return `pending: ${showable(pending)}\n`;
  if (applied === undefined) return `${showable(formatPlan(plan))}\n`;
  const operations = listOperations(plan);
  return showableLines([
    ...(operations.length === 0 && plan.refused === undefined ? ['nothing to do'] : []),
    ...applied.skipped.map(({ verb, name, cause }) => `not done: ${verb} ${name}: ${cause}`),
    ...plan.notes,
    ...(operations.length === 0 || leftAlone.length === 0
      ? []
      : [`not restarted: ${leftAlone.length > 8 ? `${leftAlone.length} containers` : leftAlone.join(', ')}`]),
  ]);
}

function jsonReconciled({ plan, applied, leftAlone, pending, failures }: Reconciled): unknown {
  return {
    plan: jsonPlan(plan),
    leftAlone,
    failures: jsonFailures(failures),
    ...(pending === undefined ? {} : { pending }),
    ...(applied === undefined
      ? {}
      : {
          done: applied.done.length,
          skipped: applied.skipped.map(({ verb, name, cause }) => ({ verb, name, cause })),
        }),
  };
}
