import { createHash } from 'node:crypto';
import { findProp, findRecord, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../errors.ts';
import { STATE_DIR } from '../paths.ts';
import { CONTAINERS, splitList } from './ports.ts';

/** Where the files of secrets are, one folder per container. */
export const SECRET_FILES = `${STATE_DIR}/secrets`;

export interface Secret {
  /** its key in db `secrets` */
  readonly name: string;
  readonly value: string;
  /** under the root; another one for another value, so that a changed secret is a changed mount and an old container that comes back finds its own */
  readonly file: string;
  /** in the container */
  readonly target: string;
}

/** The secrets of a container's record; those that are not in the db are left out. */
export function listSecrets(snapshot: Snapshot, key: string): readonly Secret[] {
  return parseSecrets(snapshot, key).flatMap(({ name, target }) => {
    const value = findRecord(snapshot, 'secrets', name) === undefined ? undefined : findProp(snapshot, 'secrets', name, 'Value');
    if (value === undefined) return [];
    const digest = createHash('sha256').update(`${key}/${name}=${value}`).digest('hex').slice(0, 12);
    return [{ name, value, target, file: `${SECRET_FILES}/${key}/${name}.${digest}` }];
  });
}

export function* checkSecrets(snapshot: Snapshot, key: string): Generator<Failure> {
  const there = listSecrets(snapshot, key).map(({ name }) => name);
  for (const { name } of parseSecrets(snapshot, key)) {
    if (!there.includes(name)) yield new Failure(`cannot give container "${key}" the secret "${name}"`, { why: 'db secrets has no such record with a Value', hint: `db secrets set ${name} secret Value …` });
  }
}

function parseSecrets(snapshot: Snapshot, key: string): readonly { readonly name: string; readonly target: string }[] {
  return splitList(findProp(snapshot, CONTAINERS, key, 'Secrets') ?? '').map((item) => {
    const [name = '', target = `/run/secrets/${name}`] = item.split(':');
    return { name, target };
  });
}
