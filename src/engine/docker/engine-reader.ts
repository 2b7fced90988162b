import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { errorCode } from '../../base/errors.ts';
import { EngineAgent, type Where } from './engine-agent.ts';
import type { EngineLimits } from '../engine-limits.ts';
import { findSilence, noteSilence, Silence } from '../engine-silence.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How many connections there are at most; questions to the engine wait until one is free. */
const CONNECTIONS = 4;
/** A list of 10,000 containers takes a tenth of it. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Asks an engine: GET requests alone, and answers that are no streams, over few connections that
 * are kept. A connection does not keep the process alive while nothing is asked.
 */
export class EngineReader {
  readonly #socket: string;
  readonly #where: Where;
  readonly #limits: EngineLimits;
  readonly #agent: EngineAgent;
  /** when an answer came last, by the clock that does not jump */
  #heard = 0;

  /** @param socket what the engine is called, for who asks it next */
  constructor(socket: string, where: Where, limits: EngineLimits) {
    this.#socket = socket;
    this.#where = where;
    this.#limits = limits;
    this.#agent = new EngineAgent(socket, limits.connect, CONNECTIONS);
  }

  /**
   * @param path `/v1.41/info`
   * @param limit of which the answer is part
   * Throws an `Error`, with a code where there is no connection, it broke or nothing came in time.
   */
  async get(path: string, limit: 'read' | 'idle' = 'read'): Promise<Answer> {
    const silence = findSilence(this.#socket);
    if (silence !== undefined) throw silence;
    for (;;) {
      try {
        return await this.#ask(path, limit);
      } catch (error) {
        // a proxy may end a connection after an answer, just when the next question is on its way
        if (!(error instanceof HungUp)) throw error;
      }
    }
  }

  /** Whether it answers at all, asked with little patience. */
  async isAlive(): Promise<boolean> {
    return this.#ask('/_ping', 'connect').then(
      () => true,
      () => false,
    );
  }

  /**
   * The limit is for the time in which no answer comes, to this question or another one: many questions
   * take their time.
   */
  #ask(path: string, limit: keyof EngineLimits): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const milliseconds = this.#limits[limit];
      const began = performance.now();
      const question = request({ ...this.#where, path, agent: this.#agent }, (message) => {
        isAccepted = false;
        readBody(message).then((body) => {
          clearTimeout(timer);
          this.#heard = performance.now();
          resolve({ status: message.statusCode ?? 0, headers: message.headers, body });
        }, fail);
      });
      const look = (): void => {
        const left = Math.max(began, this.#heard) + milliseconds - performance.now();
        if (left > 0) timer = setTimeout(look, left);
        else question.destroy(noteSilence(this.#socket, new Silence(limit, milliseconds)));
      };
      let timer = setTimeout(look, milliseconds);
      let isAccepted = false;
      function fail(error: unknown): void {
        clearTimeout(timer);
        reject(
          isAccepted && errorCode(error) === 'ECONNRESET' ? new HungUp('it hung up', { cause: error }) : asError(error),
        );
      }
      // one that has answered before
      question.on('socket', (socket) => (isAccepted = socket.bytesRead > 0));
      question.on('error', fail).end();
    });
  }
}

/** A kept connection ended before anything of the answer had come. */
class HungUp extends Error {}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > MOST_BYTES) throw new Error(`its answer has more than ${MOST_BYTES / 1024 / 1024} MB`);
  }
  return Buffer.concat(parts);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
