import process from 'node:process';
import { findPaths } from '../paths.ts';
import { mayBeKilled } from '../unfinished.ts';
import { runConfig, runDb } from './db.ts';
import { runProgram } from './run-program.ts';
import { readStandardInput, writeStandardOutput } from './standard-streams.ts';

/**
 * Runs `db` or `config` as `main` would, which takes longer to load: scripts call them by the hundred.
 * @param args what was typed after it
 */
export async function mainDb(program: 'db' | 'config', args: readonly string[]): Promise<void> {
  const paths = findPaths();
  // what a killed run left is put right first, and that takes the whole program
  if (mayBeKilled(paths)) return (await import('./main.ts')).main(program, args);
  const context = {
    paths,
    get stdin() { return readStandardInput(); },
    get stdout() { return process.stdout; },
    get stderr() { return process.stderr; },
    print: writeStandardOutput,
  };
  const isJson = args.slice(0, program === 'db' ? 2 : 1).includes('--json');
  await runProgram(context, isJson, () => (program === 'db' ? runDb(args, context) : runConfig(args, context)));
}
