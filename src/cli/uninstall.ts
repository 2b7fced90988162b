import { uninstall } from '../flow/uninstall.ts';
import { type CommandContext, defineCommand, DRY_RUN_OPTION, type Given, NO_OPERANDS } from './command.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatTable } from './terminal.ts';

export const uninstallCommand = defineCommand({
  name: 'uninstall', doc: 'remove what docksmith wrote, put back what it took over', effect: 'changes', operands: NO_OPERANDS, options: DRY_RUN_OPTION, run: runUninstall,
});

async function runUninstall({ values }: Given<typeof DRY_RUN_OPTION>, { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { remove, restore, leave, services } = await uninstall(paths, { dryRun: values['dry-run'] ?? false }, new ConsoleReporter({ stdout, stderr }));
  const dryRun = values['dry-run'] === true;
  stdout.write(formatTable([
    ...remove.map(({ path }) => [dryRun ? 'would remove' : 'removed', path]), ...restore.map(({ original }) => [dryRun ? 'would put back' : 'put back', original.path]), ...leave.map(({ path, why }) => ['left', `${path} (${why})`]),
  ]));
  stdout.write(dryRun ? 'dry run, nothing was changed\n' : 'containers, volumes, dbs and history stay\n');
  if (!dryRun && services.length > 0) stdout.write(`still running with what was removed: ${services.join(', ')}; reload or restart them\n`);
  return 0;
}
