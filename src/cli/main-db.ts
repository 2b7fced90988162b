import process from 'node:process';
import { findPaths } from '../base/paths.ts';
import { mayBeKilled } from '../files/unfinished.ts';
import { configCommand, dbCommand, runConfig, runDb } from './commands/change/db.ts';
import { runProgram } from './run-program.ts';
import { readStandardInput, writeStandardOutput } from './standard-streams.ts';

/**
 * Runs `db` or `config` as `main` would, which takes longer to load: scripts call them by the hundred.
 * @param args what was typed after it
 */
export async function mainDb(program: 'db' | 'config', args: readonly string[]): Promise<void> {
  const { raw } = program === 'db' ? dbCommand : configCommand;
  const paths = findPaths();
  // what a killed run left is put right first, and that and the help take the whole program
  if (mayBeKilled(paths) || raw?.isHelp(args) === true) return (await import('./main.ts')).main(program, args);
  const context = {
    paths,
    get stdin() {
      return readStandardInput();
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    print: writeStandardOutput,
  };
  await runProgram(context, raw?.isJson(args) === true, () =>
    program === 'db' ? runDb(args, context) : runConfig(args, context),
  );
}
