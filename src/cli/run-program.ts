import { type Failure, worstOf } from '../base/errors.ts';
import type { CommandContext } from './command.ts';
import { formatFailures, jsonFailures, listFailures } from './format/format-failure.ts';
import { formatJson } from './format/format-json.ts';
import { painter } from './format/terminal.ts';

/** Runs a command and sets the exit code of this process. */
export async function runProgram(
  context: Pick<CommandContext, 'stdout' | 'stderr'>,
  json: boolean,
  run: () => Promise<number>,
): Promise<void> {
  // whatever the caller's says, files made here or by steps must not be writable by others
  process.umask(process.umask(0o022) | 0o022);
  process.exitCode = await endProgram(context, json, run);
}

/**
 * What a command throws becomes a message here, and nowhere else.
 * @param json what is thrown is one JSON document on standard output, too
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 and the like for what a signal ended
 */
export async function endProgram(
  context: Pick<CommandContext, 'stdout' | 'stderr'>,
  json: boolean,
  run: () => Promise<number>,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const { stderr } = context;
    const failures = listFailures(error);
    if (failures === undefined) {
      stderr.write(
        `${painter(stderr)('red', 'docksmith:')} a mistake in docksmith itself; please report it with these lines\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
      if (json)
        context.stdout.write(
          formatJson({
            errors: [
              { message: 'a mistake in docksmith itself', why: error instanceof Error ? error.message : String(error) },
            ],
          }),
        );
      return 1;
    }
    hintAtRoot(failures);
    if (json) context.stdout.write(formatJson({ errors: jsonFailures(failures) }));
    stderr.write(formatFailures(failures, stderr));
    return worstOf(failures);
  }
}

/** States and dbs are root's. */
function hintAtRoot(failures: readonly Failure[]): void {
  const last = failures.at(-1);
  if (process.geteuid?.() !== 0 && last !== undefined && /permission denied|not permitted/.test(last.why))
    last.hint ??= 'call it as root: sudo …';
}
