import type { Progress } from '../container/apply.ts';
import { formatPlan } from '../container/format-plan.ts';
import type { Asked } from '../container/plan.ts';
import { UsageFailure } from '../errors.ts';
import { showable } from '../showable.ts';
import { reconcile, type Reconciled } from '../flow/run-reconcile.ts';
import { type CommandContext, readOptions, readSeconds } from './command.ts';
import { formatJson } from './format-json.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatFailures, jsonFailures } from './format-failure.ts';
import { jsonPlan } from './format-preview.ts';

const OPTIONS = { 'dry-run': { type: 'boolean' }, 'remove-orphans': { type: 'boolean' }, 'move-data': { type: 'boolean' }, retry: { type: 'boolean' }, boot: { type: 'boolean' }, json: { type: 'boolean' }, wait: { type: 'string' } } as const;

/** `docksmith reconcile [OPTION…] [NAME…]` */
export async function runReconcile(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, words } = readOptions('docksmith reconcile', args, OPTIONS);
  return run('reconcile', context, {
    names: words.length === 0 ? undefined : words, removeOrphans: values['remove-orphans'], moveData: values['move-data'], dryRun: values['dry-run'],
    retry: values.retry ?? process.env['DOCKSMITH_RETRY'] === '1', isBoot: values.boot, json: values.json ?? false, waitSeconds: readSeconds('docksmith reconcile', values.wait),
  });
}

const runAsked = (verb: Asked['verb']) => async (args: readonly string[], context: CommandContext): Promise<number> => {
  const { values, words } = readOptions(`docksmith ${verb}`, args, { 'dry-run': OPTIONS['dry-run'], json: OPTIONS.json, wait: OPTIONS.wait });
  if (words.length === 0) throw new UsageFailure(`cannot run "docksmith ${verb}"`, { why: 'no container is named', hint: 'db docker_containers keys' });
  return run(verb, context, { asked: { verb, names: words }, dryRun: values['dry-run'], json: values.json ?? false, waitSeconds: readSeconds(`docksmith ${verb}`, values.wait) });
};

/** `docksmith start NAME…` */
export const runStart = runAsked('start');
/** `docksmith stop NAME…` */
export const runStop = runAsked('stop');
/** `docksmith restart NAME…` */
export const runRestart = runAsked('restart');

async function run(command: string, { paths, stdout, stderr }: CommandContext, { json, ...request }: Omit<Parameters<typeof reconcile>[1], 'command' | 'mayStayPending'> & { readonly json: boolean }): Promise<number> {
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const onProgress = ({ operation: { verb, name, cause }, state, words }: Progress): void => {
    if (state === 'begun') reporter.progress(`${verb} ${name}: ${cause}`);
    if (state === 'going on') reporter.progress(`${verb} ${name}: ${words ?? ''}`);
    if (state !== 'done') return;
    reporter.end();
    if (!json) stdout.write(`${verb} ${name}: ${showable(cause)}\n`);
  };
  try {
    const mayStayPending = process.env['DOCKSMITH_MAY_STAY_PENDING'] === '1';
    const result = await reconcile(paths, { ...request, mayStayPending, command: `docksmith ${command}` }, reporter, onProgress);
    reporter.end();
    if (json) stdout.write(formatJson(jsonReconciled(result)));
    else {
      stdout.write(formatRest(result));
      if (request.dryRun === true && request.asked !== undefined) stderr.write('dry run, nothing was changed\n');
      stderr.write(formatFailures(result.failures, stderr));
    }
    return result.failures.length === 0 ? 0 : 1;
  } finally {
    reporter.end();
  }
}

/** What is left to say after the operations were said one by one: the whole plan of a dry run, what was not done, what was left alone. */
function formatRest({ plan, applied, leftAlone, pending }: Reconciled): string {
  if (pending !== undefined) return `pending: ${showable(pending)}\n`;
  if (applied === undefined) return `${showable(formatPlan(plan))}\n`;
  return [
    ...(plan.operations.length === 0 && plan.refused === undefined ? ['nothing to do'] : []),
    ...applied.skipped.map(({ verb, name, cause }) => `not done: ${verb} ${name}: ${cause}`),
    ...plan.notes,
    ...(plan.operations.length === 0 || leftAlone.length === 0 ? [] : [`not restarted: ${leftAlone.length > 8 ? `${leftAlone.length} containers` : leftAlone.join(', ')}`]),
  ].map((line) => `${showable(line)}\n`).join('');
}

function jsonReconciled({ plan, applied, leftAlone, pending, failures }: Reconciled): unknown {
  return {
    plan: jsonPlan(plan), leftAlone, failures: jsonFailures(failures),
    ...(pending === undefined ? {} : { pending }),
    ...(applied === undefined ? {} : { done: applied.done.length, skipped: applied.skipped.map(({ verb, name, cause }) => ({ verb, name, cause })) }),
  };
}
