import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import { NAME_LABEL } from '../../container/spec/names.ts';
import { sealLabels } from '../../container/spec/spec-hash.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { errorCode, Failure } from '../../base/errors.ts';
import { getSecretSalt } from '../../host/secret-salt.ts';
import { holdsSecret } from '../../base/mask.ts';
import { type Container, CONTAINERS, listContainers } from '../../model/container.ts';
import { listSecrets, type Secret, SECRET_FILES } from '../../model/secrets.ts';
import type { Paths } from '../../base/paths.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { readSecrets } from '../secrets.ts';

/**
 * The engine, with the secrets of a container written before it is made and given to its user
 * before it is started: who that is, only the made container can tell. No label says one.
 */
export function withSecretFiles(paths: Paths, snapshot: Snapshot, engine: Engine): Engine {
  const withSecrets = new Map(
    listAll(paths, snapshot)
      .filter(([, secrets]) => secrets.length > 0)
      .map(([{ key }, secrets]) => [key, secrets]),
  );
  const create: Engine['createContainer'] = (name, body) => {
    for (const { file, value, mode } of withSecrets.get(name) ?? []) writeSecret(paths.file(file), value, mode);
    const { mask } = readSecrets(paths);
    return engine.createContainer(name, {
      ...body,
      ...(body.Labels ? { Labels: sealLabels(body.Labels, (text) => holdsSecret(mask, text)) } : {}),
    });
  };
  const start: Engine['startContainer'] = async (id) => {
    const inspect = await engine.findContainer(id);
    const name = inspect?.Config.Labels?.[NAME_LABEL] ?? '';
    const mounts = (inspect?.HostConfig.Mounts ?? []).map(({ Source }) => Source);
    const mounted = (withSecrets.get(name) ?? [])
      .map((secret) => ({ ...secret, file: paths.file(secret.file) }))
      .filter(({ file }) => mounts.includes(file));
    const isOfUser = mounted.some(({ uid }) => uid === undefined);
    const user = isOfUser ? await findUser(engine, id, name, inspect?.Config.User ?? '') : { uid: 0, gid: 0 };
    for (const { file, uid = user.uid, gid = user.gid } of mounted) chownSync(file, uid, gid);
    return engine.startContainer(id);
  };
  return new Proxy(engine, {
    get(target, member) {
      if (member === 'createContainer') return create;
      if (member === 'startContainer') return start;
      const value: unknown = Reflect.get(target, member);
      return typeof value === 'function'
        ? (...args: readonly unknown[]): unknown => Reflect.apply(value, target, args)
        : value;
    },
  });
}

/**
 * Writes the secrets of a record for a one-off in its surroundings.
 * @returns what gives them to their user, as the record or else its image has it, once the one-off is made
 */
export function writeSecretsOf(
  paths: Paths,
  snapshot: Snapshot,
  name: string,
): (engine: Engine, id: string, user: string) => Promise<void> {
  const secrets = listAll(paths, snapshot).find(([{ key }]) => key === name)?.[1] ?? [];
  for (const { file, value } of secrets) writeSecret(paths.file(file), value);
  return async (engine, id, user) => {
    if (secrets.length === 0) return;
    const { uid, gid } = await findUser(engine, id, name, user);
    for (const { file } of secrets) chownSync(paths.file(file), uid, gid);
  };
}

/** By container. The salt is looked up where there is a secret. */
function listAll(paths: Paths, snapshot: Snapshot): readonly (readonly [Container, readonly Secret[]])[] {
  const facts = {
    get secretSalt() {
      return getSecretSalt(paths);
    },
  };
  return listContainers(snapshot).map((container) => [container, listSecrets(container, facts)]);
}

/**
 * Files of secrets by other names than they would get now (of an older release, or of a lost salt), with
 * these: what is in them is the same.
 */
export function listRenamedSecrets(paths: Paths, snapshot: Snapshot): ReadonlyMap<string, string> {
  const files = listBelow(paths.file(SECRET_FILES));
  if (files.length === 0) return new Map();
  return new Map(
    listAll(paths, snapshot)
      .flatMap(([, secrets]) => secrets)
      .flatMap(({ file, value }) => {
        const now = paths.file(file);
        const begin = now.slice(0, now.lastIndexOf('.') + 1);
        return files
          .filter(
            (other) =>
              other !== now &&
              other.startsWith(begin) &&
              !other.slice(begin.length).includes('.') &&
              readFileSync(other, 'utf8') === value,
          )
          .map((other) => [other, now] as const);
      }),
  );
}

function writeSecret(file: string, value: string, mode = 0o400): void {
  // the folder keeps everybody else out, whoever has the number of the container's user on this host
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  // another value has another name: what is there is it, and may be its user's by now
  if (existsSync(file)) return;
  replaceFile(file, {
    content: Buffer.from(value),
    mode,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  });
}

/** `1000:1000`, `www-data` or nothing, as numbers: names are those of the container's own files. */
async function findUser(
  engine: Engine,
  id: string,
  container: string,
  user: string,
): Promise<{ uid: number; gid: number }> {
  const [name = '', group] = user.split(':');
  if (name === '') return { uid: 0, gid: 0 };
  const users = await readIds(engine, id, '/etc/passwd');
  const entry = users.find((fields) => fields[0] === name || fields[2] === name);
  const uid = /^\d+$/.test(name) ? Number(name) : Number(entry?.[2] ?? Number.NaN);
  const groupEntry =
    group === undefined || /^\d+$/.test(group)
      ? undefined
      : (await readIds(engine, id, '/etc/group')).find((fields) => fields[0] === group);
  const gid = group === undefined ? Number(entry?.[3] ?? 0) : Number(groupEntry?.[2] ?? group);
  if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
  throw new Failure(`cannot give container "${container}" its secrets`, {
    why: `its user "${user}" is not in the image's /etc/passwd and /etc/group`,
    hint: `db ${CONTAINERS} setprop ${container} User NUMBER:NUMBER`,
  });
}

async function readIds(engine: Engine, id: string, file: string): Promise<readonly (readonly string[])[]> {
  return ((await engine.readContainerFile(id, file)) ?? '').split('\n').map((line) => line.split(':'));
}

/** Writes those files of the secrets of records that are not there: those of services, which the swarm has instead. */
export function writeMissingSecrets(paths: Paths, snapshot: Snapshot, names: readonly string[]): void {
  for (const [{ key }, secrets] of listAll(paths, snapshot)) {
    if (!names.includes(key)) continue;
    for (const { file, value, mode } of secrets)
      if (!existsSync(paths.file(file))) writeSecret(paths.file(file), value, mode);
  }
}

/** Removes the files of secrets that no container has any more. */
export async function removeOldSecrets(paths: Paths, snapshot: Snapshot, engine: Engine): Promise<void> {
  const folder = paths.file(SECRET_FILES);
  const files = listBelow(folder);
  if (files.length === 0) return;
  const containers = await Promise.all((await engine.listContainers()).map(({ id }) => engine.findContainer(id)));
  const used = new Set(
    containers.flatMap((container) => (container?.HostConfig.Mounts ?? []).map(({ Source }) => Source)),
  );
  for (const [container, secrets] of listAll(paths, snapshot)) {
    if (container.isEnabled) for (const { file } of secrets) used.add(paths.file(file));
  }
  for (const file of files) if (!used.has(file)) rmSync(file);
}

function listBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
