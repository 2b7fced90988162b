import { readFileSync } from 'node:fs';
import { showable } from '../showable.ts';
import { applyFilter, type Filtered } from '../flow/filter.ts';
import { type CommandContext, readOptions } from './command.ts';
import { formatJson } from './format-json.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatFiltered } from './format-filter.ts';
import { formatFailures, jsonFailures } from './format-failure.ts';

/** `docksmith filter [--dry-run] [--quiet] [--json]`: also the action `docker-filter`. */
export async function runFilter(args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { values: { 'dry-run': dryRun = false, quiet = false, json = false } } = readOptions('docksmith filter', args, { 'dry-run': { type: 'boolean' }, quiet: { type: 'boolean' }, json: { type: 'boolean' } });
  const { filtered, failures } = await applyFilter(paths, { dryRun });
  const mayPend = process.env['DOCKSMITH_MAY_STAY_PENDING'] === '1';
  if (json) {
    stdout.write(formatJson({ filters: filtered, failures: jsonFailures(failures) }));
    return failures.length === 0 || mayPend ? 0 : 1;
  }
  const shown = filtered.filter((filter) => !quiet || isNews(filter));
  for (const filter of shown) stdout.write(`${showable(formatFiltered(filter, dryRun))}\n`);
  if (mayPend) {
    const reporter = new ConsoleReporter({ stdout, stderr });
    for (const failure of failures) reporter.warning(`${failure.message}; it stays pending`);
    return 0;
  }
  stderr.write(formatFailures(failures, stderr));
  return failures.length === 0 ? 0 : 1;
}

/** In an event: what was done, and what was left alone although this event changed its file. */
function isNews({ outcome, file }: Filtered): boolean {
  if (outcome === 'set' || outcome === 'removed') return true;
  if (outcome === 'in place' || file === undefined) return false;
  const changed = process.env['DOCKSMITH_CHANGED'];
  return changed === undefined || readFileSync(changed, 'utf8').split('\n').includes(file);
}
