import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type Readable, Transform } from 'node:stream';
import type Docker from 'dockerode';
import type { EngineLimits } from '../engine-limits.ts';
import { findSilence, noteSilence, Silence, Stalled } from '../engine-silence.ts';

type Modem = Docker['modem'];
type Options = Parameters<Modem['dial']>[0];
type Callback = NonNullable<Parameters<Modem['dial']>[1]>;

/** Streams in which nothing has to move: a log, a command, and a build whose step prints nothing for minutes. */
const MAY_BE_QUIET = /^\/(build|exec\/|containers\/[^/]+\/(logs|attach))\b/;

/**
 * Gives every call of dockerode its limit: a call that is answered as a whole has to be within `write`; a
 * stream has to begin, and then to move, within `idle`. When nothing comes for so long, the engine
 * is asked whether it is there at all: a log or a build that has nothing to say goes on, any other
 * call has failed, and an engine that says nothing is given up.
 * @param isAlive with little patience
 */
export function limitCalls(modem: Modem, socket: string, limits: EngineLimits, isAlive: () => Promise<boolean>): void {
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    const done: Callback = callback ?? (() => undefined);
    const silence = findSilence(socket);
    if (silence !== undefined) return done(silence, null);
    const call = new LimitedCall(options, { socket, limits, isAlive });
    dial(call.options, (error, result) => {
      const failure = call.end();
      // what is an abort to the client has a reason
      if (error !== null) return done(failure ?? error, result);
      if (options.isStream === true || options.hijack === true) call.watch(result);
      done(null, result);
    });
  };
}

interface Context {
  readonly socket: string;
  readonly limits: EngineLimits;
  readonly isAlive: () => Promise<boolean>;
}

class LimitedCall {
  /** for the client */
  readonly options: Options;
  readonly #context: Context;
  #limit: 'write' | 'idle';
  readonly #mayBeQuiet: boolean;
  readonly #ender = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #failure: Error | undefined;

  constructor(options: Options, context: Context) {
    const { path, isStream = false, hijack = false, file, abortSignal } = options;
    this.#context = context;
    this.#mayBeQuiet = MAY_BE_QUIET.test(path);
    this.#limit = isStream && !hijack ? 'idle' : 'write';
    const begin = (): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(
        () => void this.#ask(this.#mayBeQuiet && this.#limit === 'idle' ? begin : undefined),
        context.limits[this.#limit],
      );
    };
    begin();
    this.options = {
      ...options,
      abortSignal: abortSignal === undefined ? this.#ender.signal : AbortSignal.any([abortSignal, this.#ender.signal]),
      ...(isReadable(file) ? { file: passOn(file, begin) } : {}),
    };
  }

  /** The engine has answered, or will not. @returns why the call was given up */
  end(): Error | undefined {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#failure;
  }

  /** Watches the connection under a stream, without reading from it. */
  watch(stream: unknown): void {
    const socket = stream instanceof Socket ? stream : stream instanceof IncomingMessage ? stream.socket : undefined;
    if (socket === undefined) return;
    const { idle } = this.#context.limits;
    this.#limit = 'idle';
    const again = (): void => void socket.setTimeout(idle);
    const look = (): void =>
      void this.#ask(this.#mayBeQuiet ? again : undefined, (failure) =>
        (stream as Socket | IncomingMessage).destroy(failure),
      );
    socket.setTimeout(idle).on('timeout', look);
    (stream as Socket | IncomingMessage).once('close', () => socket.off('timeout', look).setTimeout(0));
  }

  /** Nothing came. @param goOn given where that is well, if the engine is there */
  async #ask(goOn: (() => void) | undefined, fail: (error: Error) => void = () => this.#ender.abort()): Promise<void> {
    const { socket, limits, isAlive } = this.#context;
    const isThere = await isAlive();
    if (isThere && goOn !== undefined) {
      goOn();
      return;
    }
    const milliseconds = limits[this.#limit];
    const what =
      this.#limit === 'idle' ? 'nothing moved' : 'whether it was done is not known: the engine did not answer';
    this.#failure = isThere
      ? new Stalled(what, this.#limit, milliseconds)
      : noteSilence(socket, new Silence(this.#limit, milliseconds));
    fail(this.#failure);
  }
}

function isReadable(file: Options['file']): file is Readable {
  return typeof file === 'object' && 'pipe' in file;
}

/** The same bytes, and a word for every piece that is taken. */
function passOn(file: Readable, onPiece: () => void): Readable {
  const through = new Transform({
    transform(piece, _, done) {
      onPiece();
      done(null, piece);
    },
  });
  file.once('error', (error) => through.destroy(error));
  return file.pipe(through);
}
