import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Namespace } from '../test/support/namespace.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** `bin/db.js` and so on, as an installed package has them. */
export function bin(name: string): string {
  return path.join(ROOT, 'bin', `${name}.js`);
}

export interface ProcessOptions {
  /** where it runs; what that takes is part of the time */
  readonly namespace?: Namespace;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
}

/** Milliseconds from the start of a node process to its end. It must end with 0. */
export function timeNode(args: readonly string[], options: ProcessOptions = {}): Promise<number> {
  return timeProgram(...(options.namespace?.command(process.execPath, args) ?? [process.execPath, args]), options);
}

/** The same of any program. */
export async function timeProgram(
  program: string,
  args: readonly string[],
  { env = {}, stdin = '' }: ProcessOptions = {},
): Promise<number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-bench-'));
  const [given, said] = [path.join(folder, 'stdin'), path.join(folder, 'said')];
  writeFileSync(given, stdin);
  const [input, output] = [openSync(given, 'r'), openSync(said, 'w')];
  try {
    const from = process.hrtime.bigint();
    // files, not pipes: nobody here wakes up to read while the time runs
    const child = spawn(program, args, {
      stdio: [input, output, output],
      env: {
        ...process.env,
        DBPATH: undefined,
        DOCKER_HOST: undefined,
        NODE_OPTIONS: undefined,
        NODE_EXTRA_CA_CERTS: undefined,
        ...env,
      },
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    const milliseconds = Number(process.hrtime.bigint() - from) / 1e6;
    if (code !== 0)
      throw new Error(
        `${path.basename(program)} ${args.join(' ')}: exit code ${code ?? 'by a signal'}\n${readFileSync(said, 'utf8')}`,
      );
    return milliseconds;
  } finally {
    closeSync(input);
    closeSync(output);
    rmSync(folder, { recursive: true });
  }
}

/** Peak resident memory of a node process in bytes, as the kernel has it. */
export async function measureMemory(args: readonly string[], { env = {} }: ProcessOptions = {}): Promise<number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-bench-'));
  try {
    const peak = path.join(folder, 'peak');
    const onExit = path.join(folder, 'on-exit.cjs');
    writeFileSync(
      onExit,
      `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)));`,
    );
    await timeNode(['--require', onExit, ...args], { env });
    return Number(readFileSync(peak, 'utf8')) * 1024;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One thing to be measured: does what it has to beforehand, and returns milliseconds of what is measured. */
export type Run = (round: number) => Promise<number>;

/**
 * Measures several things in turn, round after round, so that what else the machine does meets all of
 * them alike. A first round warms up what the system keeps in memory, and is not counted.
 * @returns the median of each, in milliseconds
 */
export async function alternate<K extends string>(
  rounds: number,
  runs: Readonly<Record<K, Run>>,
): Promise<Record<K, number>> {
  const names = Object.keys(runs) as K[];
  const taken = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const milliseconds = await runs[name](round);
      if (round > 0) taken.get(name)?.push(milliseconds);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(taken.get(name) ?? [])])) as Record<K, number>;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The yardstick of every start. */
export const startNode: Run = () => timeNode(['-e', '0']);
