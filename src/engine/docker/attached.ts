import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Output } from '../admin-engine.ts';
import { type DockerClient, toPath } from './docker-client.ts';
import { readFrames } from './log-lines.ts';

const RESIZE_TRIES = 10;

/** Keys that the engine takes for itself, as the end of the session: none that anybody types. */
const NO_DETACH_KEYS = 'ctrl-@,ctrl-_,ctrl-@,ctrl-_,ctrl-@,ctrl-_';

/** What goes to and comes from a container, from its start on. */
export function openStreams(client: DockerClient, id: string, stdin: boolean): Promise<Duplex> {
  const [given, query] = [
    stdin ? '1' : '0',
    `stream=1&stdout=1&stderr=1&detachKeys=${encodeURIComponent(NO_DETACH_KEYS)}`,
  ];
  return client.open(`/containers/${toPath(id)}/attach?stdin=${given}&${query}`);
}

/** Of a terminal all is standard output. */
export function readStreams(chunks: AsyncIterable<Buffer>, tty: boolean): AsyncIterable<Output> {
  return tty ? readPlain(chunks) : readFrames(chunks);
}

async function* readPlain(chunks: AsyncIterable<Buffer>): AsyncGenerator<Output> {
  for await (const bytes of chunks) yield { stream: 'stdout', bytes };
}

/** Sets the size of the terminal of what may not have begun yet, for all that the engine said. */
export async function resizeWhenBegun(
  what: { resize(size: { readonly h: number; readonly w: number }): Promise<unknown> },
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await what.resize({ h: rows, w: columns });
      return;
    } catch (error) {
      // docker's own client tries as often
      if (tries === RESIZE_TRIES) throw error;
      await sleep(tries * 10);
    }
  }
}
