import { Agent, type ClientRequestArgs } from 'node:http';
import { createConnection, type NetConnectOpts, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { noteSilence, Silence } from '../engine-silence.ts';

/** Where an engine listens; a host without brackets. */
export type Where = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** For TLS, which is not spoken here; node would find it by expressions that take long to compile. */
const NO_SERVER_NAME = { servername: '' };

/** Keeps connections to an engine, and gives up one that is not made in time. */
export class EngineAgent extends Agent {
  readonly #socket: string;
  readonly #limit: number;

  constructor(socket: string, limit: number, maxSockets = Number.POSITIVE_INFINITY) {
    super({ ...NO_SERVER_NAME, keepAlive: true, maxSockets });
    this.#socket = socket;
    this.#limit = limit;
  }

  createConnection(options: ClientRequestArgs): Socket {
    const socket = createConnection(options as NetConnectOpts);
    const timer = setTimeout(
      () => socket.destroy(noteSilence(this.#socket, new Silence('connect', this.#limit))),
      this.#limit,
    );
    const stop = (): void => clearTimeout(timer);
    return socket.once('connect', stop).once('close', stop);
  }

  /**
   * docker-modem spells all options of a request out for a log that nobody reads: of an agent that would be
   * every open socket.
   */
  [inspect.custom](): string {
    return 'agent';
  }
}
