import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorCode } from '../../base/errors.ts';
import { EngineAgent, type Where } from './engine-agent.ts';
import type { EngineLimits } from '../engine-limits.ts';
import { findSilence, noteSilence, Silence, Stalled } from '../engine-silence.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What has the engine do something, and is answered when it is done. */
export interface Call {
  /** `GET`: a question of which the engine may have to ask others */
  readonly method: 'POST' | 'DELETE' | 'GET';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** of the answer; absent: `write` */
  readonly limit?: 'read' | 'write';
  /** how long it says itself that it may take; below 0: for as long as it takes */
  readonly seconds?: number | undefined;
  /** ends it, and then it has no other limit */
  readonly signal?: AbortSignal;
}

/** How many connections there are at most; questions to the engine wait until one is free. */
const CONNECTIONS = 4;
const NO_ANSWER = 'no answer came';
const UNKNOWN = 'whether it was done is not known: the engine did not answer';
/** A list of 10,000 containers takes a tenth of it. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Asks an engine, over few connections that are kept, and has it do things, over others; answers are no
 * streams. A connection does not keep the process alive while nothing is asked.
 */
export class EngineConnection {
  readonly #socket: string;
  readonly #where: Where;
  readonly #limits: EngineLimits;
  readonly #agent: EngineAgent;
  /** a question does not wait for what takes its time */
  readonly #callAgent: EngineAgent;
  /** when an answer came last, by the clock that does not jump */
  #heard = 0;

  /** @param socket what the engine is called, for who asks it next */
  constructor(socket: string, where: Where, limits: EngineLimits) {
    this.#socket = socket;
    this.#where = where;
    this.#limits = limits;
    this.#agent = new EngineAgent(socket, limits.connect, CONNECTIONS);
    this.#callAgent = new EngineAgent(socket, limits.connect);
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

  /**
   * When nothing comes within the limit, the engine is asked whether it is there at all: the call has failed,
   * and an engine that says nothing is given up.
   */
  async call(
    path: string,
    { method, body, headers: more, limit = 'write', seconds = 0, signal }: Call,
  ): Promise<Answer> {
    const silence = findSilence(this.#socket);
    if (silence !== undefined) throw silence;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...more };
    const milliseconds = this.#limits[limit] + (seconds < 0 ? 2 ** 30 : seconds * 1000);
    return new Promise((resolve, reject) => {
      const options = { ...this.#where, path, method, headers, agent: this.#callAgent, ...(signal && { signal }) };
      const call = request(options, (message) => {
        readAnswer(message).then(resolve, reject).finally(end);
      });
      const giveUp = async (): Promise<void> => {
        const isThere = await this.isAlive();
        const stalled = new Stalled(method === 'GET' ? NO_ANSWER : UNKNOWN, limit, milliseconds);
        call.destroy(isThere ? stalled : noteSilence(this.#socket, new Silence(limit, milliseconds)));
      };
      const timer = signal === undefined ? setTimeout(() => void giveUp(), milliseconds) : undefined;
      function end(): void {
        clearTimeout(timer);
      }
      call.on('error', reject).on('close', end).end(text);
    });
  }

  /**
   * Has the engine make streams of the connection, in which nothing has to move as long as it is there. A body of
   * the request would be the first that is read from it.
   * @returns what it answers where it does not
   */
  async open(path: string): Promise<Duplex | Answer> {
    const silence = findSilence(this.#socket);
    if (silence !== undefined) throw silence;
    const { write, idle } = this.#limits;
    return new Promise((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: 'tcp' };
      const call = request({ ...this.#where, path, method: 'POST', headers, agent: this.#callAgent }, (message) => {
        readAnswer(message).then(resolve, reject);
      });
      const timer = setTimeout(() => call.destroy(noteSilence(this.#socket, new Silence('write', write))), write);
      call
        .on('upgrade', (_message, socket: Socket, head) => {
          clearTimeout(timer);
          if (head.length > 0) socket.unshift(head);
          const look = async (): Promise<void> => {
            if (await this.isAlive()) socket.setTimeout(idle);
            else socket.destroy(noteSilence(this.#socket, new Silence('idle', idle)));
          };
          resolve(socket.setTimeout(idle).on('timeout', () => void look()));
        })
        .on('error', reject)
        .on('close', () => clearTimeout(timer))
        .end();
    });
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
        readAnswer(message).then((answer) => {
          clearTimeout(timer);
          this.#heard = performance.now();
          resolve(answer);
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
          isAccepted && ['ECONNRESET', 'EPIPE'].includes(errorCode(error) ?? '')
            ? new HungUp('it hung up', { cause: error })
            : asError(error),
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

async function readAnswer(message: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > MOST_BYTES) throw new Error(`its answer has more than ${MOST_BYTES / 1024 / 1024} MB`);
  }
  return { status: message.statusCode ?? 0, headers: message.headers, body: Buffer.concat(parts) };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
