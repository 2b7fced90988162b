import { Agent } from 'node:http';
import { inspect } from 'node:util';
import type Dockerode from 'dockerode';
import { errorCode, Failure, reasonOf } from '../errors.ts';
import { EngineGone } from './engine-gone.ts';
import { EngineReader } from './engine-reader.ts';
import type { Answer } from './http-answers.ts';

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
   * Throws an error with `statusCode` where the engine says no, as dockerode does.
   */
  get(path: string): Promise<unknown>;
  /** By the engine's own clock, as its last answer told it, to the second: milliseconds since 1970; undefined where it does not tell. */
  getTime(): number | undefined;
  /** For all that changes something or is a stream; loaded when it is first wanted, since it takes as long as many questions. */
  load(): Promise<Dockerode>;
}

/** The newest API whose answers this file was written for; an engine of today is asked for its own if that is older. */
const NEWEST_API = '1.51';

/**
 * Connects to an engine.
 * @param socket a path, `unix:///path`, or `tcp://host:port` as in `DOCKER_HOST`
 * @throws EngineGone when nothing answers there
 */
export async function openDocker(socket: string): Promise<DockerClient> {
  const address = parseSocket(socket);
  const named = 'host' in address ? socket : address.socketPath;
  const reader = new EngineReader('host' in address ? address : { path: address.socketPath });
  let told: { readonly time: number; readonly at: number } | undefined;
  const ask = async (path: string): Promise<Answer> => {
    const answer = await reader.get(path);
    const time = Date.parse(answer.headers.get('date') ?? '');
    told = Number.isNaN(time) ? undefined : { time, at: performance.now() };
    return answer;
  };
  const getTime = (): number | undefined => told && told.time + performance.now() - told.at;
  const get = async (path: string): Promise<unknown> => {
    const answer = await ask(path);
    if (answer.status >= 300) throw new Refused(answer);
    return JSON.parse(answer.body.toString());
  };
  const api = await callEngine(`cannot reach the Docker engine at "${named}"`, socket, async () => {
    const { headers } = await ask('/_ping');
    const newest = headers.get('api-version');
    if (newest !== undefined && compareVersions(newest, NEWEST_API) <= 0) return newest;
    return findApi(await get('/version'));
  });
  let docker: Promise<Dockerode> | undefined;
  return { socket: named, api, getTime, get: (path) => get(`/v${api}${path}`), load: () => docker ??= loadDocker(address, api) };
}

/** An engine so new that it has forgotten ours is asked in the oldest way that it still knows. */
function findApi(version: unknown): string {
  const { ApiVersion: newest, MinAPIVersion: oldest } = isObject(version) ? version : {};
  if (typeof newest !== 'string') throw new Error('it does not say which API it speaks');
  const [, api = newest] = [newest, NEWEST_API, typeof oldest === 'string' ? oldest : newest].sort(compareVersions);
  return api;
}

/** Where an engine listens; a host without brackets. */
type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number };

function parseSocket(socket: string): Address {
  const [, host, port] = /^tcp:\/\/(.+):(\d+)\/?$/.exec(socket) ?? [];
  if (host === undefined) return { socketPath: socket.replace(/^unix:\/\//, '') };
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

async function loadDocker(address: Address, api: string): Promise<Dockerode> {
  const { default: Docker } = await import('dockerode');
  // docker-modem spells all options of a request out for a log that nobody reads: of an agent that would be every open socket
  const agent = Object.assign(new Agent({ keepAlive: true }), { [inspect.custom]: () => 'agent' });
  // without a host it would take the one of DOCKER_HOST
  const options = { host: undefined, protocol: 'http', ...address, version: `v${api}`, agent } as const;
  return new Docker(options);
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

/** Runs a request; what goes wrong becomes a `Failure` in the engine's words. */
export async function callEngine<T>(what: string, socket: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = errorCode(error);
    if (statusOf(error) !== undefined || code === undefined) throw new Failure(what, { why: engineWords(error), cause: error });
    const hint = `see that it runs (systemctl status docker), or name its socket: config setprop docker Socket PATH`;
    throw new EngineGone(what.startsWith('cannot reach') ? what : `${what}; the engine at "${socket}" does not answer`, { why: reasonOf(error), hint, cause: error });
  }
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
