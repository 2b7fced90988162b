import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Host } from './host.ts';
import type { Namespace } from './namespace.ts';

/** `docksmith watch`, as a service manager runs it. */
export interface Watcher {
  /** all that it has said so far */
  said(): string;
  /** asks it to end; @returns its exit code */
  stop(): Promise<number | null>;
  /** as a power cut does */
  kill(): Promise<void>;
}

const BIN = path.resolve(import.meta.dirname, '../../bin/docksmith.js');

export function startWatcher(host: Host, namespace?: Namespace): Watcher {
  const ownEnv = { ...process.env, DBPATH: undefined, DOCKER_HOST: undefined, DOCKSMITH_ROOT: host.root };
  const [program, args] = namespace?.command(process.execPath, [BIN, 'watch']) ?? [process.execPath, [BIN, 'watch']];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { env: ownEnv });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const end = once(child, 'exit') as Promise<[number | null]>;
  return {
    said: () => text,
    async stop() {
      child.kill('SIGTERM');
      return (await end)[0];
    },
    async kill() {
      child.kill('SIGKILL');
      await end;
    },
  };
}
