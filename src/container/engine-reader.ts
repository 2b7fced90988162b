import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { type Answer, AnswerReader } from './http-answers.ts';

/** How many connections there are at most; questions to the engine wait for those before them on theirs. */
const CONNECTIONS = 4;

interface Question {
  readonly path: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks an engine: GET requests alone, and answers that are no streams. They are sent as they come,
 * without waiting for the answer to the one before, over few connections that are kept: of many
 * questions to a local engine, node's own client takes more time than the engine.
 * A connection does not keep the process alive while nothing is asked.
 */
export class EngineReader {
  readonly #where: NetConnectOpts;
  readonly #connections: Connection[] = [];

  constructor(where: NetConnectOpts) {
    this.#where = where;
  }

  /** @param path `/v1.41/info`; throws an `Error`, with a code where there is no connection or it broke */
  get(path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // a space or a line feed would be the end of it, and what follows another question
      if (!/^\/[!-~]*$/.test(path)) throw new Error(`"${path}" is no path`);
      this.#ask({ path, resolve, reject });
    });
  }

  #ask(question: Question): void {
    const [idlest] = this.#connections.toSorted((a, b) => a.load - b.load);
    const isFree = idlest !== undefined && (idlest.load === 0 || this.#connections.length === CONNECTIONS);
    (isFree ? idlest : this.#open()).ask(question);
  }

  #open(): Connection {
    const connection = new Connection(this.#where, (unasked) => {
      this.#connections.splice(this.#connections.indexOf(connection), 1);
      for (const question of unasked) this.#ask(question);
    });
    this.#connections.push(connection);
    return connection;
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #reader = new AnswerReader();
  readonly #asked: Question[] = [];
  #hasAnswered = false;
  #error: unknown = Object.assign(new Error('it hung up'), { code: 'ECONNRESET' });

  /** @param onEnd gets the questions that the engine has not looked at when the connection ends: a proxy may end it after each answer */
  constructor(where: NetConnectOpts, onEnd: (unasked: readonly Question[]) => void) {
    this.#host = 'port' in where && where.host !== undefined ? where.host : 'localhost';
    this.#socket = connect(where);
    this.#socket.on('data', (bytes: Buffer) => {
      try {
        this.#answer(this.#reader.read(bytes));
      } catch (error) {
        this.#socket.destroy(error instanceof Error ? error : undefined);
      }
    });
    this.#socket.on('error', (error) => (this.#error = error));
    this.#socket.on('close', () => {
      const last = this.#reader.end();
      if (last !== undefined) this.#answer([last]);
      const mayAskAgain = this.#hasAnswered && !this.#reader.isWithin;
      const left = this.#asked.splice(0);
      onEnd(mayAskAgain ? left : []);
      if (!mayAskAgain) for (const { reject } of left) reject(this.#error);
    });
  }

  /** how many questions wait for their answers */
  get load(): number {
    return this.#asked.length;
  }

  ask(question: Question): void {
    if (this.#asked.push(question) === 1) this.#socket.ref();
    if (this.#socket.writableCorked === 0) {
      // what is asked in one turn is sent at once
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(`GET ${question.path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
  }

  #answer(answers: readonly Answer[]): void {
    for (const answer of answers) {
      this.#hasAnswered = true;
      this.#asked.shift()?.resolve(answer);
    }
    if (this.#asked.length === 0) this.#socket.unref();
  }
}
