import { createHmac } from 'node:crypto';
import path from 'node:path';
import { compareBytes } from '../../base/layers.ts';
import type { MountedFile } from '../../engine/swarm-api.ts';
import type { Kept } from '../../engine/swarm-engine.ts';

/** A file of this host that a service sees: the swarm keeps it, and gives it to the tasks on all nodes. */
export interface HostFile {
  /** what no other user may read is a secret */
  readonly kind: Kept;
  /** how its name begins: of a secret its key, else that of the file */
  readonly base: string;
  readonly bytes: Buffer;
  /** where the record says who may read it */
  readonly access?: Partial<Pick<MountedFile, 'UID' | 'GID' | 'Mode'>>;
}

/** What a path of this host is that a run spec mounts. */
export type MountedSource = HostFile | 'folder' | 'missing';

/** Data as the swarm is to keep it. */
export interface KeptFile {
  readonly kind: Kept;
  readonly name: string;
  readonly bytes: Buffer;
}

/** The swarm's own limit, in bytes. */
export const MOST_BYTES: Readonly<Record<Kept, number>> = { secret: 500 * 1024, config: 1000 * 1024 };

const LONGEST_NAME = 64;
const DIGEST = 12;

/**
 * `wiki.db_password.0123456789ab`: other data has another name, since what a swarm keeps cannot be changed. Every
 * manager comes to the same name.
 * @param salt of the swarm: without it a weak secret could be guessed by its name
 */
export function nameKept(service: string, { kind, base, bytes }: HostFile, salt: string): KeptFile {
  const digest = createHmac('sha256', salt)
    .update(`${service}/${kind}/${base}=`)
    .update(bytes)
    .digest('hex')
    .slice(0, DIGEST);
  const readable = `${service}.${base}`.replaceAll(/[^\w.-]/g, '_').slice(0, LONGEST_NAME - DIGEST - 1);
  return { kind, bytes, name: `${readable}.${digest}` };
}

/**
 * Where a task sees it, and who may read it there. A user by name is known in the image alone, which may be on
 * another node: where the run spec names none by number, every user of the container may read it.
 * @param user of the run spec
 */
export function placeFile(target: string, { kind, access = {} }: HostFile, user: unknown): MountedFile {
  const [, uid, gid = uid] = /^(\d+)(?::(\d+))?$/.exec(user === 'root' ? '0' : String(user)) ?? [];
  const isOwned = kind === 'secret' && uid !== undefined;
  return {
    Name: nameTarget(target),
    UID: isOwned ? uid : '0',
    GID: isOwned ? (gid ?? '0') : '0',
    Mode: isOwned ? 0o400 : 0o444,
    ...access,
  };
}

/** As the engine calls a place in a container: what is in `/run/secrets` without it. */
export function nameTarget(target: string): string {
  return path.posix.dirname(target) === '/run/secrets' ? path.posix.basename(target) : target;
}

export function byName<T extends { readonly name: string }>(list: readonly T[]): readonly T[] {
  return list.toSorted((a, b) => compareBytes(a.name, b.name));
}
