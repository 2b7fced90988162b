import { spawn } from 'node:child_process';
import { styleText } from 'node:util';

const isTerminal = process.stdout.isTTY && !process.env['NO_COLOR'];

/** Lines of the narrator, apart from what the commands say. */
export function tell(...lines: readonly string[]): void {
  console.log(['', ...lines].map((line) => (isTerminal ? styleText('cyan', line) : line)).join('\n'));
}

export type Wrap = (command: string, args: readonly string[]) => readonly [string, readonly string[]];

/** A shell whose commands are shown as one types them, above what they really say. */
export class Shell {
  readonly #env: NodeJS.ProcessEnv;
  readonly #wrap: Wrap;
  readonly #signal: AbortSignal;

  /** @param wrap what puts a command into the network in which it shall run */
  constructor(env: NodeJS.ProcessEnv, wrap: Wrap, signal: AbortSignal) {
    this.#env = env;
    this.#wrap = wrap;
    this.#signal = signal;
  }

  /** Runs it to its end. @throws Error for an exit code other than the one that is to be seen */
  async type(command: string, { exitCode: wanted = 0 } = {}): Promise<void> {
    const shown = `$ ${command}`;
    console.log(`\n${isTerminal ? styleText('bold', shown) : shown}`);
    const [program, args] = this.#wrap('/bin/sh', ['-c', command]);
    const exitCode = await new Promise<number>((resolve, reject) => {
      const child = spawn(program, args, { env: this.#env, stdio: ['ignore', 'inherit', 'inherit'] });
      // a shell that hears it waits for what it runs, which puts in order what it has begun
      const passOn = (): void => void child.kill('SIGINT');
      this.#signal.addEventListener('abort', passOn, { once: true });
      child.on('error', reject);
      child.on('close', (code) => {
        this.#signal.removeEventListener('abort', passOn);
        resolve(code ?? -1);
      });
    });
    this.#signal.throwIfAborted();
    if (exitCode !== wanted)
      throw new Error(`the demonstration expected exit code ${wanted} here, and it was ${exitCode}`);
  }
}
