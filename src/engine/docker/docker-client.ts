import type { Duplex } from 'node:stream';
import type Dockerode from 'dockerode';
import { errorCode, Failure, reasonOf } from '../../base/errors.ts';
import type { Where } from './engine-agent.ts';
import { EngineGone } from '../engine-gone.ts';
import { type EngineLimits, USUAL_LIMITS } from '../engine-limits.ts';
import type { Answer, Call, EngineConnection } from './engine-connection.ts';
import { Silence, Stalled } from '../engine-silence.ts';
import { explainEngine } from './engine-words.ts';

export type { default as Docker } from 'dockerode';

/** A connection to a Docker engine, whose version is agreed on. */
export interface DockerClient {
  /** in messages: `/var/run/docker.sock` */
  readonly socket: string;
  /** `1.41`: the API that is spoken */
  readonly api: string;
  /**
   * What the engine answers to a question, as it says it.
   * @param path `/containers/json?all=1`
   * @param limit `idle` for what the engine has to gather
   * Throws an error with `statusCode` where the engine says no, as dockerode does.
   */
  get(path: string, limit?: 'read' | 'idle'): Promise<unknown>;
  /**
   * By the engine's own clock, as its last answer told it, to the second: milliseconds since 1970; undefined
   * where it does not tell.
   */
  getTime(): number | undefined;
  /**
   * Has the engine do something.
   * @param path `/containers/ID/start`
   * @returns what it answers, undefined where that is nothing. Throws as `get` does
   */
  call(path: string, call: Call): Promise<unknown>;
  /** The connection itself, once the engine has made streams of it. Throws as `get` does. */
  open(path: string): Promise<Duplex>;
  /** For streams; loaded when it is first wanted, since it takes as long as many questions. */
  load(): Promise<Dockerode>;
}

/** The newest API whose answers this file was written for; an engine of today is asked for its own if that is older. */
const NEWEST_API = '1.51';

/** The oldest API in which all is said that run specs say: that of Docker 17.06. */
const OLDEST_API = '1.30';

/**
 * Connects to an engine.
 * @param socket a path, `unix:///path`, or `tcp://host:port` as in `DOCKER_HOST`
 * @throws EngineGone when nothing answers there
 */
export async function openDocker(socket: string, limits = USUAL_LIMITS): Promise<DockerClient> {
  const where = parseSocket(socket);
  const named = 'host' in where ? socket : where.socketPath;
  // only where there is an engine to be asked: an event that has none loads no HTTP
  const { EngineConnection } = await import('./engine-connection.ts');
  const reader = new EngineConnection(named, where, limits);
  let told: { readonly time: number; readonly at: number } | undefined;
  const ask = async (path: string, limit?: 'read' | 'idle'): Promise<Answer> => {
    const answer = await reader.get(path, limit);
    const time = Date.parse(answer.headers.date ?? '');
    told = Number.isNaN(time) ? undefined : { time, at: performance.now() };
    return answer;
  };
  const getTime = (): number | undefined => told && told.time + performance.now() - told.at;
  const get = async (path: string, limit?: 'read' | 'idle'): Promise<unknown> => {
    const answer = await ask(path, limit);
    if (answer.status >= 300) throw new Refused(answer);
    return parseAnswer(answer);
  };
  const what = `cannot reach the Docker engine at "${named}"`;
  const api = await callEngine(what, named, async () => {
    const { headers } = await ask('/_ping');
    const newest = headers['api-version'];
    return isVersion(newest) && compareVersions(newest, NEWEST_API) <= 0 ? newest : findApi(await get('/version'));
  });
  if (compareVersions(api, OLDEST_API) < 0)
    throw new Failure(what, {
      why: `it speaks version ${api} of its API, and docksmith needs ${OLDEST_API} at least`,
      hint: 'install a newer Docker',
    });
  let docker: Promise<Dockerode> | undefined;
  return {
    socket: named,
    api,
    getTime,
    get: (path, limit) => get(`/v${api}${path}`, limit),
    call: async (path, call) => {
      const answer = await reader.call(`/v${api}${path}`, call);
      if (answer.status >= 300) throw new Refused(answer);
      // what was asked for is there; what was done need not be told
      return answer.body.length === 0 && call.method !== 'GET' ? undefined : parseAnswer(answer);
    },
    open: async (path) => {
      const opened = await reader.open(`/v${api}${path}`);
      if ('status' in opened) throw new Refused(opened);
      return opened;
    },
    load: () => (docker ??= loadDocker(named, where, limits, reader, api)),
  };
}

/** An engine so new that it has forgotten ours is asked in the oldest way that it still knows. */
function findApi(version: unknown): string {
  const { ApiVersion: newest, MinAPIVersion: oldest } = isObject(version) ? version : {};
  if (!isVersion(newest)) throw new Error('it does not say which API it speaks');
  const [, api = newest] = [newest, NEWEST_API, isVersion(oldest) ? oldest : newest].sort(compareVersions);
  return api;
}

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && /^\d+\.\d+$/.test(value);
}

function parseSocket(socket: string): Where {
  const [, host, port] = /^tcp:\/\/(.+):(\d+)\/?$/.exec(socket) ?? [];
  if (host === undefined) return { socketPath: socket.replace(/^unix:\/\//, '') };
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

async function loadDocker(
  socket: string,
  where: Where,
  limits: EngineLimits,
  reader: EngineConnection,
  api: string,
): Promise<Dockerode> {
  const [{ default: Docker }, { EngineAgent }, { limitCalls }] = await Promise.all([
    import('dockerode'),
    import('./engine-agent.ts'),
    import('./limit-calls.ts'),
  ]);
  // without a host it would take the one of DOCKER_HOST
  const options = {
    host: undefined,
    protocol: 'http',
    ...where,
    version: `v${api}`,
    agent: new EngineAgent(socket, limits.connect),
  } as const;
  const docker = new Docker(options);
  limitCalls(docker.modem, socket, limits, () => reader.isAlive());
  return docker;
}

function parseAnswer({ body }: Answer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new Error('its answer is no JSON', { cause: error });
  }
}

/** The engine said no: its status, and its words as the message. */
class Refused extends Error {
  readonly statusCode: number;

  constructor({ status, body }: Answer) {
    super(findMessage(body.toString()) ?? `HTTP status ${status}`);
    this.statusCode = status;
  }
}

function findMessage(text: string): string | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) && typeof json['message'] === 'string' ? json['message'].trim() : undefined;
  } catch {
    return text.trim() === '' ? undefined : text.trim();
  }
}

/**
 * Runs a request; what goes wrong becomes a `Failure` in the engine's words, and an `EngineGone`
 * where there is no engine, or it does not answer.
 */
export async function callEngine<T>(what: string, socket: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof Stalled)
      throw new Failure(what, {
        why: error.message,
        hint: `look at the engine (systemctl status docker), or give it more time: config setprop docker ${error.prop} TIME`,
        cause: error,
      });
    const code = errorCode(error);
    if (statusOf(error) !== undefined || code === undefined)
      throw new Failure(what, { why: explainEngine(engineWords(error)), cause: error });
    const hint =
      error instanceof Silence
        ? `look at it (systemctl status docker), or give it more time: config setprop docker ${error.prop} TIME`
        : 'see that it runs (systemctl status docker), or name its socket: config setprop docker Socket PATH';
    throw new EngineGone(
      what.startsWith('cannot reach') ? what : `${what}; the engine at "${socket}" does not answer`,
      { why: code.startsWith('HPE_') ? parserWords(code) : reasonOf(error), hint, cause: error },
      { mayCome: !(error instanceof Silence) && !code.startsWith('HPE_') },
    );
  }
}

/** What node's parser of HTTP found. */
function parserWords(code: string): string {
  return code === 'HPE_HEADER_OVERFLOW' ? 'the head of its answer is too large' : 'what answers is no HTTP server';
}

/** A name as part of a path of the API. */
export function toPath(name: string): string {
  return encodeURI(name).replace(/[?#]/g, encodeURIComponent);
}

export function statusOf(error: unknown): number | undefined {
  return isObject(error) && typeof error['statusCode'] === 'number' ? error['statusCode'] : undefined;
}

/** dockerode's own reason for a missing image is 'no such container'; the engine's message is right. */
function engineWords(error: unknown): string {
  if (error instanceof TypeError) return `its answer is not what the Docker API says (${error.message})`;
  const json = isObject(error) && isObject(error['json']) ? error['json'] : {};
  return typeof json['message'] === 'string' ? json['message'].trim() : reasonOf(error);
}

export async function orUndefined<T>(promise: Promise<T>, statuses: readonly number[] = [404]): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (statuses.includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const differing = left?.findIndex((part, n) => part !== right?.[n]) ?? -1;
  return differing === -1 ? 0 : (left?.[differing] ?? 0) - (right?.[differing] ?? 0);
}
