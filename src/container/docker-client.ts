import { Agent } from 'node:http';
import { inspect } from 'node:util';
import type Dockerode from 'dockerode';
import { errorCode, Failure, reasonOf } from '../errors.ts';
import { EngineGone } from './engine-gone.ts';

export type { default as Docker } from 'dockerode';

/** A connection to a Docker engine, whose version is agreed on. */
export interface DockerClient {
  readonly docker: Dockerode;
  /** in messages: `/var/run/docker.sock` */
  readonly socket: string;
  /** `1.41`: the API that is spoken */
  readonly api: string;
  /** what `docker info` says */
  readonly info: Readonly<Record<string, unknown>>;
}

/** docker-modem spells all options of a request out for a log that nobody reads: of an agent that would be every open socket. */
class QuietAgent extends Agent {
  [inspect.custom](): string {
    return 'agent';
  }
}

/** The newest API whose answers this file was written for; an engine of today is asked for its own if that is older. */
const NEWEST_API = '1.51';

/**
 * Connects to an engine.
 * @param socket a path, `unix:///path`, or `tcp://host:port` as in `DOCKER_HOST`
 * @throws EngineGone when nothing answers there
 */
export async function openDocker(socket: string): Promise<DockerClient> {
  const { default: Docker } = await import('dockerode');
  const where = { ...parseSocket(socket), agent: new QuietAgent({ keepAlive: true }) };
  const named = where.socketPath ?? socket;
  return callEngine(`cannot reach the Docker engine at "${named}"`, socket, async () => {
    const [{ ApiVersion: newest, MinAPIVersion: oldest }, info] = await Promise.all([new Docker(where).version(), new Docker(where).info() as Promise<unknown>]);
    // an engine so new that it has forgotten ours is asked in the oldest way that it still knows
    const [, api = newest] = [newest, NEWEST_API, oldest].sort(compareVersions);
    const docker = new Docker({ ...where, version: `v${api}` });
    return { docker, socket: named, api, info: isObject(info) ? info : {} };
  });
}

function parseSocket(socket: string): { readonly socketPath?: string; readonly host?: string; readonly port?: number; readonly protocol?: 'http' } {
  const tcp = /^tcp:\/\/(.+):(\d+)\/?$/.exec(socket);
  if (tcp?.[1] === undefined) return { socketPath: socket.replace(/^unix:\/\//, '') };
  return { host: tcp[1].replace(/^\[|\]$/g, ''), port: Number(tcp[2]), protocol: 'http' };
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
