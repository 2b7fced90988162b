import type { Paths } from '../../../base/paths.ts';
import { showable } from '../../../base/showable.ts';
import { Failure } from '../../../base/errors.ts';
import { applyFilter, type Filtered, type FilterRequest, hasRetained } from '../../../flow/firewall/filter.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  NO_OPERANDS,
} from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { interruptible } from '../../interruptible.ts';
import { restoreEngine } from '../../../flow/firewall/restore-engine.ts';
import { formatFiltered } from '../../format/format-filter.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { readText } from '../../../files/read-file.ts';

const OPTIONS = {
  ...DRY_RUN_OPTION,
  release: { doc: 'also remove rules that were kept for containers which have stopped' },
  quiet: { doc: 'say nothing where the kernel has the rules already' },
  ...JSON_OPTION,
} as const;

/** Also the actions `docker-filter` and, with --release, `docker-filter-release`. */
export const firewallCommand = defineCommand({
  name: 'firewall',
  doc: 'set the packet filter again, as after a firewall was flushed',
  effect: 'changes',
  operands: NO_OPERANDS,
  options: OPTIONS,
  run: runFirewall,
  part: async ({ values }) => {
    const { firewallStep, releaseStep } = await import('../../../flow/firewall/firewall-step.ts');
    return values.release === true ? releaseStep : firewallStep;
  },
});

function runFirewall(given: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  return interruptible(context.stderr, (signal) => setFilter(given, context, signal));
}

async function setFilter(
  { values: { 'dry-run': dryRun = false, release = false, quiet = false, json = false } }: Given<typeof OPTIONS>,
  { paths, stdout, stderr, prepared }: CommandContext,
  signal: AbortSignal,
): Promise<number> {
  // the step before the containers has looked at everything else
  if (release && quiet && !hasRetained(paths)) return 0;
  const reporter = new ConsoleReporter({ stdout, stderr });
  // its start puts its rules before ours, so it comes first
  const engine = release ? undefined : await restoreEngine(paths, prepared, { dryRun, reporter, signal });
  reporter.end();
  const { filtered, failures: ofFilter } = await applyFilter(paths, {
    dryRun,
    keepFor: release ? await readWhoIsLeft(paths) : 'everybody',
    kernelRules: engine?.kernelRules,
  });
  const failures = [...(engine?.failures ?? []), ...ofFilter];
  for (const words of engine?.warnings ?? []) reporter.warning(words);
  const mayPend = process.env['DOCKSMITH_MAY_STAY_PENDING'] === '1';
  if (json) {
    stdout.write(formatJson({ filters: filtered, engine: engine?.said ?? [], failures: jsonFailures(failures) }));
    return failures.length === 0 || mayPend ? 0 : 1;
  }
  const shown = filtered.filter((filter) => !quiet || isNews(filter));
  for (const words of engine?.said ?? []) stdout.write(`${showable(words)}\n`);
  for (const filter of shown) stdout.write(`${showable(formatFiltered(filter, dryRun))}\n`);
  if (mayPend) {
    for (const failure of failures) reporter.warning(`${failure.message}; it stays pending`);
    return 0;
  }
  stderr.write(formatFailures(failures, stderr));
  return failures.length === 0 ? 0 : 1;
}

/** Where the engine does not answer nothing goes: the next event asks again. */
async function readWhoIsLeft(paths: Paths): Promise<FilterRequest['keepFor']> {
  if (!hasRetained(paths)) return 'everybody';
  const { readStillReached } = await import('../../../features/firewall/still-reached.ts');
  try {
    return await readStillReached(paths);
  } catch (error) {
    if (error instanceof Failure) return 'everybody';
    throw error;
  }
}

/** In an event: what was done, and what was left alone although this event changed its file. */
function isNews({ outcome, file }: Filtered): boolean {
  if (outcome === 'set' || outcome === 'removed') return true;
  if (outcome === 'in place' || file === undefined) return false;
  const changed = process.env['DOCKSMITH_CHANGED'];
  return changed === undefined || readText(changed).split('\n').includes(file);
}
