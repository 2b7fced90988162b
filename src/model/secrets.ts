import { createHmac } from 'node:crypto';
import { findProp, findRecord, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../base/errors.ts';
import type { Facts } from '../host/facts.ts';
import { STATE_DIR } from '../base/paths.ts';
import type { Container } from './container.ts';

/** Where the files of secrets are, one folder per container. */
export const SECRET_FILES = `${STATE_DIR}/secrets`;

export interface Secret {
  /** its key in db `secrets` */
  readonly name: string;
  readonly value: string;
  /**
   * under the root; with another name for another value, so that a changed secret is a changed mount and an old
   * container that comes back finds its own
   */
  readonly file: string;
  /** in the container */
  readonly target: string;
  /** of the file; not said: only its owner can read it */
  readonly mode?: number;
  /** not said: the user of the container */
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * The secrets of a container's record; those that are not in the db are left out.
 * @param facts with the salt of this host: without it a weak secret could be guessed by the name of its file
 */
export function listSecrets(container: Container, facts: Pick<Facts, 'secretSalt'>): readonly Secret[] {
  const { snapshot, key } = container;
  return parseSecrets(container).flatMap(({ name, target, rest, ...access }) => {
    const value = findSecret(snapshot, name);
    if (value === undefined) return [];
    const digest = createHmac('sha256', facts.secretSalt)
      .update(`${key}/${name}${rest}=${value}`)
      .digest('hex')
      .slice(0, 12);
    return [{ name, value, target, ...access, file: `${SECRET_FILES}/${key}/${name}.${digest}` }];
  });
}

/**
 * The variables of a container whose values db `secrets` has, by `EnvSecrets`; those that are not in the db
 * are left out.
 */
export function listSecretVariables(container: Container): readonly (readonly [name: string, value: string])[] {
  return parseVariables(container).flatMap(({ variable, name }) => {
    const value = findSecret(container.snapshot, name);
    return value === undefined ? [] : [[variable, value] as const];
  });
}

export function* checkSecrets(container: Container): Generator<Failure> {
  const { snapshot, key } = container;
  for (const name of new Set([...parseSecrets(container), ...parseVariables(container)].map((one) => one.name))) {
    if (findSecret(snapshot, name) === undefined)
      yield new Failure(`cannot give container "${key}" the secret "${name}"`, {
        why: 'db secrets has no such record with a Value',
        hint: `db secrets set ${name} secret Value …`,
      });
  }
}

function parseSecrets({
  secrets,
}: Container): readonly (Pick<Secret, 'name' | 'target' | 'mode' | 'uid' | 'gid'> & { readonly rest: string })[] {
  return secrets.map((item) => {
    const [name = '', target = `/run/secrets/${name}`, mode, uid, gid] = item.split(':');
    return {
      name,
      target,
      // the same secret with another mode is another file
      rest: [mode, uid, gid].flatMap((part) => (part === undefined ? [] : [`:${part}`])).join(''),
      ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
      ...(uid === undefined ? {} : { uid: Number(uid), gid: Number(gid ?? 0) }),
    };
  });
}

function parseVariables({
  secretVariables,
}: Container): readonly { readonly variable: string; readonly name: string }[] {
  return secretVariables.map((item) => {
    const [name = '', variable = ''] = item.split(':');
    return { variable, name };
  });
}

/** Undefined where db `secrets` has no such record, or one without a value. */
export function findSecret(snapshot: Snapshot, name: string): string | undefined {
  return findRecord(snapshot, 'secrets', name) === undefined
    ? undefined
    : findProp(snapshot, 'secrets', name, 'Value') || undefined;
}
