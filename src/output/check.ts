import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Failure, type Place, reasonOf, throwAll } from '../errors.ts';
import { type Paths, STATE_DIR } from '../paths.ts';
import { replaceFile } from '../replace-file.ts';
import type { Rendered } from '../template/rendered.ts';
import type { ChangeSet } from './change-set.ts';

/** a check that waits for something would hold the event lock for ever */
const LIMIT_SECONDS = 60;

/**
 * Runs the `CHECK` command of every output that would be written, on a copy of it under
 * state/ with its own name, mode and owner. Where the checker's output names a line, the
 * error names the fragment that made the line.
 * @throws Failures, one per output that its check refuses; nothing may be installed then
 */
export async function checkOutputs(paths: Paths, { install }: ChangeSet): Promise<void> {
  const failures: Failure[] = [];
  for (const { output, reasons } of install) {
    if (output.check === undefined || reasons.length === 0) continue;
    const failure = await checkOutput(paths, output, output.check);
    if (failure !== undefined) failures.push(failure);
  }
  throwAll(failures);
}

async function checkOutput(paths: Paths, output: Rendered, command: string): Promise<Failure | undefined> {
  const folder = makeStage(paths);
  try {
    const staged = path.join(folder, path.posix.basename(output.path));
    replaceFile(staged, output);
    const said = await runCheck(command.replaceAll('%s', () => quoteForShell(staged)));
    if (said === undefined) return undefined;
    const at = findPlace(output, said, staged);
    return new Failure(`cannot install "${output.path}"`, { why: `its check "${command}" refuses it: ${said.replaceAll(staged, output.path) || 'without a word'}`, ...(at !== undefined && { at }) });
  } catch (error) {
    return new Failure(`cannot check "${output.path}"`, { why: reasonOf(error), cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeStage(paths: Paths): string {
  const state = paths.file(STATE_DIR);
  mkdirSync(state, { recursive: true });
  return mkdtempSync(path.join(state, 'check-'));
}

/** @returns what the checker said when it refused, undefined when it was content */
function runCheck(command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { timeout: LIMIT_SECONDS * 1000 }, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`.trim();
      if (error === null) resolve(undefined);
      else if (error.killed === true) resolve(`${said}\nit did not end within ${LIMIT_SECONDS} seconds`.trim());
      else resolve(said || (error.signal ? `it was ended by ${error.signal}` : `exit code ${error.code ?? 1}`));
    });
  });
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`;
}

/** The fragment behind the first line of the output that the checker names. */
function findPlace({ origins }: Rendered, said: string, staged: string): Place | undefined {
  const line = findLine(said, staged);
  const [origin] = (line !== undefined && origins[line - 1]) || [];
  return origin === undefined ? undefined : { file: origin.fragment, line: origin.line };
}

/** As checkers say it: `FILE:12`, `FILE line 12`, `line 12 of FILE` (sshd, visudo, nginx, Apache), or just `line 12` (Python's json.tool). */
function findLine(said: string, staged: string): number | undefined {
  const rest = said.split(staged).slice(1).map((part) => /^["']?(?::\s*(?:line )?|,? (?:on )?line )(\d+)/i.exec(part));
  const match = rest.find((found) => found !== null) ?? /\blines? (\d+)/i.exec(said);
  const line = Number(match?.[1]);
  return Number.isInteger(line) && line > 0 ? line : undefined;
}
