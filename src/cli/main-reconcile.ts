import process from 'node:process';
import { findPaths } from '../paths.ts';
import { mayBeKilled } from '../unfinished.ts';
import { leaveIfInterrupted } from './interruptible.ts';
import { maskBoth } from './masked-stream.ts';
import { reconcileCommand, restartCommand, startCommand, stopCommand } from './reconcile.ts';
import { isHelp, runCommand, wantsJson } from './run-command.ts';
import { runProgram } from './run-program.ts';

const COMMANDS = { reconcile: reconcileCommand, start: startCommand, stop: stopCommand, restart: restartCommand } as const;

/**
 * Runs `docksmith reconcile` and its like as `main` would, which takes longer to load: every event runs one.
 * @param args what was typed after it
 */
export async function mainReconcile(name: keyof typeof COMMANDS, args: readonly string[]): Promise<void> {
  const command = COMMANDS[name];
  const paths = findPaths();
  // what a killed run left is put right first, and that and the help take the whole program
  if (mayBeKilled(paths) || isHelp(command, args)) return (await import('./main.ts')).main('docksmith', [name, ...args]);
  const [stdout, stderr] = maskBoth(paths);
  // it goes on without a reader
  stdout.on('error', () => undefined);
  const context = { paths, get stdin() { return process.stdin; }, stdout, stderr };
  await runProgram(context, wantsJson(command, args), () => runCommand(command, args, context));
  await leaveIfInterrupted([stdout, stderr]);
}
