import process from 'node:process';
import { findPaths } from '../paths.ts';
import { mayBeKilled } from '../unfinished.ts';
import { maskBoth } from './masked-stream.ts';
import { runReconcile, runRestart, runStart, runStop } from './reconcile.ts';
import { runProgram } from './run-program.ts';

const COMMANDS = { reconcile: runReconcile, start: runStart, stop: runStop, restart: runRestart } as const;

/**
 * Runs `docksmith reconcile` and its like as `main` would, which takes longer to load: every event runs one.
 * @param args what was typed after it
 */
export async function mainReconcile(command: keyof typeof COMMANDS, args: readonly string[]): Promise<void> {
  const paths = findPaths();
  // what a killed run left is put right first, and that and the help take the whole program
  if (mayBeKilled(paths) || args[0] === '--help' || args[0] === '-h') return (await import('./main.ts')).main('docksmith', [command, ...args]);
  const [stdout, stderr] = maskBoth(paths);
  // it goes on without a reader
  stdout.on('error', () => undefined);
  const context = { paths, get stdin() { return process.stdin; }, stdout, stderr };
  await runProgram(context, args.includes('--json'), () => COMMANDS[command](args, context));
}
