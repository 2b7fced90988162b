import { uninstall } from '../flow/uninstall.ts';
import { type CommandContext, readOptions } from './command.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatTable } from './terminal.ts';

/** `docksmith uninstall [--dry-run]` */
export async function runUninstall(args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { values } = readOptions('docksmith uninstall', args, { 'dry-run': { type: 'boolean' } });
  const { remove, restore, leave } = await uninstall(paths, { dryRun: values['dry-run'] ?? false }, new ConsoleReporter({ stdout, stderr }));
  stdout.write(formatTable([
    ...remove.map((file) => ['removed', file]), ...restore.map(({ path }) => ['put back', path]), ...leave.map(({ path, why }) => ['left', `${path} (${why})`]),
  ]));
  stdout.write(values['dry-run'] === true ? 'dry run, nothing was changed\n' : 'containers, volumes, dbs and history stay\n');
  return 0;
}
