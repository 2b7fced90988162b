import { spawn } from 'node:child_process';
import path from 'node:path';
import { Failure, type Place, reasonOf, throwAll } from '../../base/errors.ts';
import { NEVER, refuseInterrupted } from '../../base/interrupt.ts';
import { formatLate, killAfter } from '../../base/kill-after.ts';
import type { Paths } from '../../base/paths.ts';
import { replaceFile } from '../../files/replace-file.ts';
import type { Rendered } from '../../template/rendered.ts';
import { makeUnfinished, removeUnfinished } from '../../files/unfinished.ts';
import type { ChangeSet } from './change-set.ts';

/**
 * Runs the `CHECK` command of every output that would be written, on a copy of it under
 * state/ with its own name, mode and owner. Where the checker's output names a line, the
 * error names the fragment that made the line.
 * @param limitSeconds after which a checker is killed, with what it started
 * @param signal kills it at once
 * @throws Failures, one per output that its check refuses; nothing may be installed then
 */
export async function checkOutputs(
  paths: Paths,
  { install }: ChangeSet,
  limitSeconds: number,
  signal: AbortSignal = NEVER,
): Promise<void> {
  const failures: Failure[] = [];
  for (const { output, reasons } of install) {
    if (output.check === undefined || reasons.length === 0) continue;
    const failure = await checkOutput(paths, output, output.check, limitSeconds, signal);
    refuseInterrupted(signal, `cannot check "${output.path}"`);
    if (failure !== undefined) failures.push(failure);
  }
  throwAll(failures);
}

async function checkOutput(
  paths: Paths,
  output: Rendered,
  command: string,
  limitSeconds: number,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const folder = makeUnfinished(paths, 'check');
  try {
    const staged = path.join(folder, path.posix.basename(output.path));
    replaceFile(staged, output);
    const said = await runCheck(
      command.replaceAll('%s', () => quoteForShell(staged)),
      limitSeconds,
      signal,
    );
    if (said === undefined) return undefined;
    const at = findPlace(output, [staged], said) ?? atMatch(output, /\blines? (\d+)/i.exec(said));
    return new Failure(`cannot install "${output.path}"`, {
      why: `its check "${command}" refuses it${formatRecord(output)}: ${said.replaceAll(staged, output.path) || 'without a word'}`,
      ...(at !== undefined && { at }),
    });
  } catch (error) {
    return new Failure(`cannot check "${output.path}"`, { why: reasonOf(error), cause: error });
  } finally {
    removeUnfinished(paths, folder);
  }
}

/** @returns what the checker said when it refused, undefined when it was content */
function runCheck(command: string, limitSeconds: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const limit = killAfter(child.pid, limitSeconds, signal);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', (code, endedBy) => {
      const isLate = limit();
      if (code === 0) resolve(undefined);
      else if (isLate) resolve(`${said.trim()}\n${formatLate(limitSeconds)}`.trim());
      else resolve(said.trim() || (endedBy === null ? `exit code ${code ?? 1}` : `it was ended by ${endedBy}`));
    });
  });
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** ` (record wiki of docker_containers)`, for an output that is made for one. */
export function formatRecord({ record }: Pick<Rendered, 'record'>): string {
  return record === undefined ? '' : ` (record ${record.key} of ${record.db})`;
}

/**
 * The fragment behind the line of an output that a checker names, as they say it: `FILE:12`,
 * `FILE line 12`, `line 12 of FILE` (sshd, visudo, nginx, Apache).
 * @param names what the checker may call the file
 */
export function findPlace(output: Rendered, names: readonly string[], said: string): Place | undefined {
  for (const name of names) {
    const file = `(?<![\\w/.-])${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`;
    const place =
      atMatch(output, new RegExp(`${file}["']?(?::\\s*(?:line )?|,? (?:on )?line )(\\d+)`, 'i').exec(said)) ??
      atMatch(output, new RegExp(`\\blines? (\\d+) (?:of|in) (?:file )?["']?${file}(?![\\w/-])`, 'i').exec(said));
    if (place !== undefined) return place;
  }
  return undefined;
}

function atMatch(output: Rendered, match: RegExpExecArray | null): Place | undefined {
  return match === null ? undefined : placeOfLine(output, Number(match[1]));
}

/**
 * The fragment that made a line of an output, from 1, as every message names it; undefined where there is
 * no such line.
 */
export function placeOfLine({ text }: Pick<Rendered, 'text'>, line: number): Place | undefined {
  const [origin] = text.lines()[line - 1]?.origins() ?? [];
  return origin === undefined ? undefined : { file: origin.fragment, line: origin.line };
}
