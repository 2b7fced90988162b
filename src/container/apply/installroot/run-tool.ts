import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Failure, reasonOf } from '../../../base/errors.ts';
import { findProgram } from '../../../files/find-program.ts';

/** The programs that installers call are often in folders of root's alone. */
const TOOL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Files that are made now get this time instead, so that equal content has equal bytes: 2000-01-01. */
export const FIXED_TIME = 946_684_800;

/**
 * It ends with docksmith, however that ends, and takes with it all that it has started and mounted: it has
 * processes and mounts of its own.
 */
const CAGE = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;

export interface Tool {
  readonly program: string;
  readonly args: readonly string[];
  /** the home of its settings, since those of root do not count */
  readonly home: string;
}

export interface ToolEnd {
  readonly exitCode: number;
  readonly stdout: string;
  /** the last lines of its standard error, or else of its output */
  readonly lastWords: string;
}

/** @param onWords each line that it prints */
export async function runTool(tool: Tool, onWords: (words: string) => void = () => undefined): Promise<ToolEnd> {
  const child = start(tool);
  const [out, err]: string[][] = [[], []];
  const read = (stream: Readable | null, lines: string[] | undefined): Promise<void> =>
    new Promise((resolve) => {
      if (stream === null) return resolve();
      createInterface({ input: stream, crlfDelay: Infinity })
        .on('line', (line) => {
          lines?.push(line);
          if (line.trim() !== '') onWords(line.trim());
        })
        .on('close', resolve);
    });
  const [exitCode] = await Promise.all([endOf(child, tool.program), read(child.stdout, out), read(child.stderr, err)]);
  const said = [...(err ?? []), ''].some((line) => line.trim() !== '') ? err : out;
  return { exitCode, stdout: (out ?? []).join('\n'), lastWords: lastWords(said ?? []) };
}

/** What it prints, as it comes; the promise says how it ended. */
export function streamTool(tool: Tool): { readonly output: Readable; readonly end: Promise<number> } {
  const child = start(tool);
  child.stderr?.resume();
  if (child.stdout === null) throw new Error(`${tool.program} has no output`);
  return { output: child.stdout, end: endOf(child, tool.program) };
}

export function findTool(program: string): string | undefined {
  return findProgram(program, TOOL_PATH);
}

function start({ program, args, home }: Tool): ChildProcess {
  return spawn('setpriv', [...CAGE, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: TOOL_PATH,
      HOME: home,
      LC_ALL: 'C',
      DEBIAN_FRONTEND: 'noninteractive',
      SOURCE_DATE_EPOCH: String(FIXED_TIME),
      ...Object.fromEntries(
        ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy'].flatMap((name) =>
          process.env[name] === undefined ? [] : [[name, process.env[name]]],
        ),
      ),
    },
  });
}

function endOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Failure(`cannot run "${program}"`, { why: reasonOf(error), cause: error })),
    );
    child.once('close', (code) => resolve(code ?? -1));
  });
}

function lastWords(lines: readonly string[]): string {
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-3)
    .join('; ');
}
