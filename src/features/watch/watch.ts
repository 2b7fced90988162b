import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Failure, Failures, reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { formatFailedEnd, runProcess } from '../../event/run-process.ts';
import { stepEnvironment } from '../../event/run-step.ts';
import { takeLockPatiently } from '../../files/lock.ts';
import { readHostSnapshot } from '../../flow/host-state.ts';
import { readSecrets } from '../../flow/secrets.ts';
import { findSecret } from '../../model/secrets.ts';
import { WatchRecord, WatchServiceRecord } from '../../model/watch/watch-record.ts';
import { EventQueue } from './event-queue.ts';
import { pause } from './sources/poll.ts';
import { WATCH_KEYS } from './sources/git-source.ts';
import { startWebhooks, type Webhooks } from './sources/webhooks.ts';
import { WATCH_LOCK } from './watch-lock.ts';
import { WatchStates } from './watch-states.ts';
import { listWatched, makeSource, type Watched } from './watched.ts';
import type { EventToRun } from './watch-state.ts';

/** How often it is asked whether a db has changed. */
const LOOK_MILLISECONDS = 1000;
/** What follows a change within that time is part of it. */
const SETTLE_MILLISECONDS = 300;
const RETRY_MILLISECONDS = 10_000;

interface Running {
  readonly watched: Watched;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** The service: watches what the records say, and runs their events, until the signal comes. */
export class Watcher {
  readonly #paths: Paths;
  readonly #signal: AbortSignal;
  readonly #onLine: (line: string) => void;
  readonly #states: WatchStates;
  readonly #queue: EventQueue;
  readonly #running = new Map<string, Running>();
  #snapshot: Snapshot | undefined;
  #webhooks: Webhooks | undefined;
  #port: number | undefined;
  #calls = 0;

  constructor(paths: Paths, onLine: (line: string) => void, signal: AbortSignal) {
    this.#paths = paths;
    this.#signal = signal;
    this.#onLine = onLine;
    this.#states = new WatchStates(paths, onLine);
    this.#queue = new EventQueue({
      run: (event) => this.#runEvent(event),
      onEnd: (ended) => this.#states.end(ended),
      settleMilliseconds: SETTLE_MILLISECONDS,
      retryMilliseconds: RETRY_MILLISECONDS,
    });
  }

  /** @throws Failure where another one runs */
  async run(): Promise<void> {
    const lock = await takeLockPatiently(this.#paths.file(WATCH_LOCK), {
      holder: 'docksmith watch',
      waitSeconds: 2,
      signal: this.#signal,
    });
    try {
      // keys that one left that was killed
      rmSync(this.#paths.file(WATCH_KEYS), { recursive: true, force: true });
      for (let seen: number | undefined; !this.#signal.aborted; ) {
        // every write of a db is a rename, which the folder's time tells
        const now = statSync(this.#paths.dbDir, { throwIfNoEntry: false })?.mtimeMs ?? 0;
        if (now !== seen) await this.#readRecords();
        seen = now;
        await this.#listen();
        await pause(LOOK_MILLISECONDS, this.#signal);
      }
    } finally {
      await this.#webhooks?.stop();
      // what an event has done until now is still written down
      await this.#queue.close();
      await Promise.all([...this.#running.keys()].map((name) => this.#stop(name)));
      lock.release();
    }
  }

  async #readRecords(): Promise<void> {
    try {
      this.#snapshot = readHostSnapshot(this.#paths);
    } catch (error) {
      // what was read before goes on
      if (!(error instanceof Failure || error instanceof Failures)) throw error;
      this.#onLine(error.message);
      return;
    }
    const wanted = new Map(listWatched(this.#paths, this.#snapshot).map((watched) => [watched.name, watched]));
    for (const [name, { watched }] of this.#running)
      if (wanted.get(name)?.of !== watched.of || wanted.get(name)?.mistakes.length !== 0) await this.#stop(name);
    for (const watched of wanted.values()) {
      for (const mistake of watched.mistakes) this.#onLine(mistake.message);
      if (watched.mistakes.length === 0 && !this.#running.has(watched.name)) this.#start(watched);
    }
    this.#states.keepOnly(wanted);
  }

  #start(watched: Watched): void {
    const { name, kind, what, of } = watched;
    this.#onLine(`${name}: watching ${kind ?? ''} ${what}`);
    this.#states.begin(name, of);
    const controller = new AbortController();
    const source = this.#snapshot && makeSource(this.#paths, new WatchRecord(this.#snapshot, name));
    const listener = {
      onSeen: (seen: string): void => {
        this.#states.reach(name);
        const last = this.#queue.find(name) ?? this.#states.find(name)?.seen;
        if (seen !== last) this.#ask(watched, seen);
      },
      onUnreachable: (why: string): void => this.#states.miss(name, readSecrets(this.#paths).mask(why)),
    };
    const ended = source?.run(listener, AbortSignal.any([this.#signal, controller.signal])) ?? Promise.resolve();
    this.#running.set(name, { watched, controller, ended });
  }

  async #stop(name: string): Promise<void> {
    const running = this.#running.get(name);
    this.#running.delete(name);
    running?.controller.abort();
    this.#queue.forget(name);
    await running?.ended;
  }

  #ask({ name, toRun }: Watched, seen: string): void {
    this.#queue.ask(toRun, name, seen);
  }

  /** Begins to hear webhooks when there is one, or where the port is another one now. */
  async #listen(): Promise<void> {
    const isWanted = [...this.#running.values()].some(({ watched }) => watched.kind === 'webhook');
    const port = isWanted && this.#snapshot ? new WatchServiceRecord(this.#snapshot).port : undefined;
    if (port !== this.#port) {
      await this.#webhooks?.stop();
      this.#webhooks = undefined;
    }
    if (port === undefined || this.#webhooks !== undefined) return void (this.#port = port);
    try {
      this.#webhooks = await startWebhooks(
        port,
        (name) => this.#findToken(name),
        (name) => this.#onCall(name),
      );
    } catch (error) {
      // tried again with the next look, and said once
      if (port !== this.#port) this.#onLine(`cannot listen on 127.0.0.1:${port} for webhooks: ${reasonOf(error)}`);
    }
    this.#port = port;
  }

  #findToken(name: string): string | undefined {
    const running = this.#running.get(name);
    if (running?.watched.kind !== 'webhook' || this.#snapshot === undefined) return undefined;
    return findSecret(this.#snapshot, new WatchRecord(this.#snapshot, name).token);
  }

  #onCall(name: string): void {
    const running = this.#running.get(name);
    if (running !== undefined) this.#ask(running.watched, `${Date.now()} ${this.#calls++}`);
  }

  async #runEvent({ event, args }: EventToRun): Promise<string | undefined> {
    this.#onLine(`signal-event ${[event, ...args].join(' ')}`);
    let said: string | undefined;
    const program = path.join(this.#paths.packageDir, 'bin/signal-event.js');
    const result = await runProcess(
      process.execPath,
      [program, event, ...args],
      stepEnvironment(this.#paths, {}),
      (line) => {
        this.#onLine(line);
        said ??= /docksmith: (cannot .*)/.exec(line)?.[1];
      },
      undefined,
      this.#signal,
    );
    const why = formatFailedEnd(result);
    return why === undefined ? undefined : (said ?? why);
  }
}
