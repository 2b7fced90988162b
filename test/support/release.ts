import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeSleepImage } from './image.ts';
import { removeFolder } from './leftovers.ts';
import type { Machine } from './machine.ts';

/** Folders of the host stand in what containers were made of: the fixture is always laid out here. */
export const RELEASE_ROOT = '/run/docksmith-release';
const OWNER = `${RELEASE_ROOT}.pid`;
const SOCKET = `${RELEASE_ROOT}.sock`;
const RELEASES = path.resolve(import.meta.dirname, '../data/releases');

/** A call of the engine that made something which is there at the end, or shaped it. */
export interface Making {
  /** `/v1.43/containers/create?name=wiki` */
  readonly url: string;
  readonly body: string;
  /** what the engine called a container or network that it made */
  readonly id?: string;
}

/** An engine as the fixture has it. */
export interface RecordedEngine {
  readonly makings: readonly Making[];
  /** id -> when it was started, of containers that run; in the order of that */
  readonly started: Readonly<Record<string, string>>;
}

export const releaseFolder = (version: string): string => path.join(RELEASES, version);

/** In the order of their age. */
export function listReleases(): readonly string[] {
  return readdirSync(RELEASES).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** An empty folder, which no other test run uses. */
export async function takeReleaseRoot(): Promise<void> {
  for (;;) {
    try {
      writeFileSync(OWNER, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      const owner = existsSync(OWNER) ? readFileSync(OWNER, 'utf8') : '';
      if (owner !== '' && !existsSync(`/proc/${owner}`)) removeFolder(OWNER);
      await setTimeout(100);
    }
  }
  removeFolder(RELEASE_ROOT);
  mkdirSync(RELEASE_ROOT, { mode: 0o755 });
}

export function giveReleaseRoot(): void {
  for (const file of [RELEASE_ROOT, SOCKET, OWNER]) removeFolder(file);
}

/** The engine that the host's dbs name. */
export function linkReleaseSocket({ proxy }: Machine): void {
  removeFolder(SOCKET);
  symlinkSync(proxy.socket, SOCKET);
}

export async function makeReleaseImages({ engine }: Machine): Promise<void> {
  await makeSleepImage(engine, 'wiki:1', { expose: ['80/tcp'], changes: ['VOLUME /state'] });
  for (const name of ['wiki:2', 'db:1', 'git:1', 'app:1']) await engine.docker('tag', 'wiki:1', name);
}

/** Lays the host and the engine as the program of that version left them. */
export async function layRelease(version: string, machine: Machine): Promise<void> {
  const folder = releaseFolder(version);
  execFileSync('tar', ['-xzpf', path.join(folder, 'host.tar.gz'), '-C', RELEASE_ROOT]);
  await makeReleaseImages(machine);
  linkReleaseSocket(machine);
  const { makings, started } = JSON.parse(readFileSync(path.join(folder, 'engine.json'), 'utf8')) as RecordedEngine;
  const now = new Map<string, string>();
  const rename = (text: string): string => [...now].reduce((result, [was, is]) => result.replaceAll(was, is), text);
  for (const { url, body, id } of makings) {
    const answer = await post(machine.engine.socket, rename(url), rename(body));
    if (id !== undefined) now.set(id, (JSON.parse(answer) as { Id: string }).Id);
  }
  for (const [id, startedAt] of Object.entries(started)) {
    const made = rename(id);
    await machine.engine.docker('start', made);
    now.set(startedAt, await machine.engine.docker('inspect', '--format', '{{.State.StartedAt}}', made));
  }
  renameInState(rename);
}

/** An engine gives each container an id of its own, which the state of the host names. */
function renameInState(rename: (text: string) => string): void {
  const state = path.join(RELEASE_ROOT, 'var/lib/docksmith/state');
  for (const name of readdirSync(state).filter((one) => one.endsWith('.json'))) {
    const file = path.join(state, name);
    const [text, { atime, mtime }] = [readFileSync(file, 'utf8'), statSync(file)];
    const renamed = rename(text);
    if (renamed === text) continue;
    writeFileSync(file, renamed);
    utimesSync(file, atime, mtime);
  }
}

async function post(socketPath: string, url: string, body: string): Promise<string> {
  const request = http.request({
    socketPath,
    path: url,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const part of answer) text += String(part);
  if ((answer.statusCode ?? 500) >= 300) throw new Error(`POST ${url} ${body}: ${text}`);
  return text;
}
