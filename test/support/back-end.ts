import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Namespace } from './namespace.ts';

const PROGRAM = path.join(import.meta.dirname, 'back-end.js');

export interface BackEnd {
  stop(): Promise<void>;
}

/** What a back end answers, as JSON. */
export interface Asked {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  /** by lower-case name */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * An application behind Apache, on a loopback port of the namespace. `?location=URL` makes it
 * redirect, `?cookie=PATH` set a cookie, `?header=NAME:VALUE` say a header, `?wait=MILLISECONDS` think; it takes WebSockets and sends back what it gets.
 */
export async function startBackEnd(
  namespace: Namespace,
  port: number,
  name: string,
  address = '127.0.0.1',
): Promise<BackEnd> {
  const [command, args] = namespace.command(process.execPath, [PROGRAM, String(port), name, address]);
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error(`the back end "${name}" did not start`))),
  ]);
  return {
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
