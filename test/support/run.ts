import { spawn } from 'node:child_process';

export interface Result {
  /** 128 + the signal's number is not used: a killed process has -1 */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** laid over the environment of the tests; undefined takes a variable away */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
}

/** Runs a program to its end, whatever its exit code. Rejects only when it cannot be started. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env, stdin = '' }: RunOptions = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
    // a program that never reads its standard input may be gone before we have written it
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}

/** The same, and anything but exit code 0 is an error that shows what the program said. @returns its standard output */
export async function runOrFail(command: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command, args, options);
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${exitCode}\n${stderr}${stdout}`);
  return stdout;
}

/** How many programs of a test run beside each other. */
const AT_ONCE = 4;

/** Does the work for each item, a few at a time; results in the order in which they come. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, n: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results.push(await work(next[1], next[0]));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
