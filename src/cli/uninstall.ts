import { uninstall } from '../flow/uninstall.ts';
import { type CommandContext, readOptions } from './command.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatTable } from './terminal.ts';

/** `docksmith uninstall [--dry-run]` */
export async function runUninstall(args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { values } = readOptions('docksmith uninstall', args, { 'dry-run': { type: 'boolean' } });
  const { remove, restore, leave, services } = await uninstall(paths, { dryRun: values['dry-run'] ?? false }, new ConsoleReporter({ stdout, stderr }));
  const dryRun = values['dry-run'] === true;
  stdout.write(formatTable([
    ...remove.map(({ path }) => [dryRun ? 'would remove' : 'removed', path]), ...restore.map(({ original }) => [dryRun ? 'would put back' : 'put back', original.path]), ...leave.map(({ path, why }) => ['left', `${path} (${why})`]),
  ]));
  stdout.write(dryRun ? 'dry run, nothing was changed\n' : 'containers, volumes, dbs and history stay\n');
  if (!dryRun && services.length > 0) stdout.write(`still running with what was removed: ${services.join(', ')}; reload or restart them\n`);
  return 0;
}
