import { existsSync, readFileSync } from 'node:fs';
import { run, type Result } from './run.ts';

/** What changes something on a file system, or makes it last. */
export const CHANGING = [
  'openat',
  'write',
  'pwrite64',
  'rename',
  'renameat',
  'renameat2',
  'unlink',
  'unlinkat',
  'rmdir',
  'fsync',
  'fdatasync',
  'mkdir',
  'mkdirat',
  'chmod',
  'fchmod',
  'fchmodat',
  'chown',
  'fchown',
  'lchown',
  'link',
  'linkat',
  'symlink',
  'symlinkat',
  'ftruncate',
  'copy_file_range',
  'sendfile',
] as const;

/** One call of a program: the n-th of its name in the first thread, from 1. */
export interface Call {
  readonly name: string;
  readonly n: number;
  /** what it is about, without process ids and random letters, and the how manieth call of that name about it */
  readonly target: string;
  /** the file and the how manieth of those calls, where its name is the same in every run */
  readonly file: { readonly path: string; readonly times: number } | undefined;
}

export interface Traced extends Result {
  readonly lines: readonly string[];
}

export interface TraceOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: string;
  readonly calls: readonly string[];
  /** for strace's `-e inject=` */
  readonly inject?: string;
  /** only calls about this file are seen, and counted */
  readonly file?: string | undefined;
}

/** A program that hangs is a failure of its own, and not of the whole suite. */
const LIMIT_SECONDS = 90;

/** Runs a program of node's, children included, under strace. */
export async function runTraced(
  args: readonly string[],
  { env, log, calls, inject, file }: TraceOptions,
): Promise<Traced> {
  // with its filter in the kernel strace is fast, but then sends no signals
  const fast = inject?.includes('signal') === true ? [] : ['--seccomp-bpf'];
  const only = file === undefined ? [] : ['-P', file];
  const traced = [
    'strace',
    '-f',
    ...fast,
    '-y',
    '-qq',
    '-o',
    log,
    ...only,
    '-e',
    `trace=${calls.join()}`,
    ...(inject === undefined ? [] : ['-e', `inject=${inject}`]),
    process.execPath,
    ...args,
  ];
  const result = await run('timeout', ['--signal=KILL', String(LIMIT_SECONDS), ...traced], { env });
  return { ...result, lines: existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [] };
}

/** The calls of the first thread that change something below the root. */
export function listCalls({ lines }: Traced, root: string): readonly Call[] {
  const [first] = /^\d+/.exec(lines[0] ?? '') ?? [''];
  const counts = new Map<string, number>();
  const seen = new Map<string, number>();
  return lines
    .filter((line) => line.startsWith(`${first} `))
    .flatMap((line): Call[] => {
      const [, name] = /^\d+ +(\w+)\(/.exec(line) ?? [];
      if (name === undefined) return [];
      const n = (counts.get(name) ?? 0) + 1;
      counts.set(name, n);
      if (!line.includes(root) || (name === 'openat' && !line.includes('O_CREAT'))) return [];
      const about = describe(line, root);
      const times = (seen.get(about) ?? 0) + 1;
      seen.set(about, times);
      const file = about.slice(name.length + 1);
      return [
        { name, n, target: `${about} #${times}`, file: /PID|RUN|-X/.test(file) ? undefined : { path: file, times } },
      ];
    });
}

/** What the call was about that the fault came at, as in `Call.target`; undefined where it came at none. */
export function findHit({ lines }: Traced, { name, n }: Call, root: string): string | undefined {
  const injected = lines.find((line) => line.includes('(INJECTED)'));
  if (injected !== undefined) return describe(injected, root);
  const [first] = /^\d+/.exec(lines[0] ?? '') ?? [''];
  const line = lines.filter((each) => new RegExp(`^${first} +${name}\\(`).test(each))[n - 1];
  return line === undefined ? undefined : describe(line, root);
}

/** `rename /etc/app/.03.docksmith-new`: the first path below the root that stands in the line. */
function describe(line: string, root: string): string {
  const [, name = ''] = /^\d+ +(\w+)\(/.exec(line) ?? [];
  const at = line.indexOf(root);
  const file = at === -1 ? 'something else' : (/^[^">]*/.exec(line.slice(at + root.length)) ?? [''])[0];
  return `${name} ${file
    .replaceAll(/\d{8}T\d{6}\.\d{3}Z-\d+/g, 'RUN')
    .replaceAll(/docksmith-\d+/g, 'docksmith-PID')
    .replaceAll(/(unfinished\/[a-z]+-)\w{6}/g, '$1X')}`;
}
