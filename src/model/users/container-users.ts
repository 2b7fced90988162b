import { createHmac } from 'node:crypto';
import { findRecord, type Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { getDb } from '../../db/snapshot.ts';
import type { Facts } from '../../host/facts.ts';
import { type Container, CONTAINERS } from '../container.ts';
import { splitList } from '../network/parse-ports.ts';
import { RecordProps } from '../record-props.ts';
import { findSecret } from '../secrets.ts';
import { sha512Crypt } from './sha512-crypt.ts';

export const USERS = 'users';

/** Where the files of users and passwords are that Apache asks, one per container. */
const LOGIN_FILES = '/etc/docksmith/users';

/** A record of `users`: who may log in somewhere. */
class UserRecord extends RecordProps {
  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, USERS, key);
  }

  get isThere(): boolean {
    return findRecord(this.snapshot, USERS, this.key)?.type === 'user';
  }

  get isEnabled(): boolean {
    return this.isThere && this.get('status') !== 'disabled';
  }

  /** The key of the password in db `secrets`. */
  get secret(): string {
    return this.get('Secret') || this.key;
  }

  get password(): string | undefined {
    return findSecret(this.snapshot, this.secret);
  }
}

/** What a record of `docker_containers` says of its users. */
export class ContainerUsers extends RecordProps {
  constructor({ snapshot, key }: Pick<Container, 'snapshot' | 'key'>) {
    super(snapshot, CONTAINERS, key);
  }

  /** Who may look only. */
  get readers(): readonly string[] {
    return splitList(this.get('Readers'));
  }

  /** Who may do everything. */
  get writers(): readonly string[] {
    return splitList(this.get('Writers'));
  }

  get all(): readonly string[] {
    return [...new Set([...this.writers, ...this.readers])];
  }
}

/** The file of users and passwords that Apache asks for a container: the admin's own, or one of ours; empty: none. */
export function loginFile(container: Container): string {
  if (container.basicAuth !== '') return container.basicAuth;
  return new ContainerUsers(container).all.length > 0 ? `${LOGIN_FILES}/${container.key}` : '';
}

/** Somebody who may log in, with the password. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Those of the users of these names who may log in. */
export function listLogins(snapshot: Snapshot, names: readonly string[]): readonly Login[] {
  return names.flatMap((user) => {
    const record = new UserRecord(snapshot, user);
    const password = record.isEnabled ? record.password : undefined;
    return password === undefined ? [] : [{ user, password }];
  });
}

/**
 * The users of a container with their passwords as crypt(3) keeps them. The salt follows from the password, so that
 * the same users make the same file.
 */
export function listHashedLogins(
  container: Container,
  facts: Pick<Facts, 'secretSalt'>,
): readonly { readonly user: string; readonly hash: string }[] {
  return listLogins(container.snapshot, new ContainerUsers(container).all).map(({ user, password }) => {
    const salt = createHmac('sha256', facts.secretSalt).update(`${user}\0${password}`).digest('hex').slice(0, 16);
    return { user, hash: sha512Crypt(password, salt) };
  });
}

/** Users that are there, with a password, and asked in one way. */
export function* checkUsers(container: Container): Generator<Failure> {
  const { snapshot, key } = container;
  const { all } = new ContainerUsers(container);
  if (all.length === 0) return;
  if (container.basicAuth !== '')
    yield new Failure(`cannot ask for passwords in front of container "${key}"`, {
      why: 'BasicAuth names a file of users, and Readers or Writers name others',
      hint: `db ${CONTAINERS} delprop ${key} BasicAuth`,
    });
  for (const name of all) {
    const user = new UserRecord(snapshot, name);
    const cannot = `cannot let user "${name}" in to container "${key}"`;
    if (!user.isThere)
      yield new Failure(cannot, {
        why: `db ${USERS} has no such record of the type user`,
        ...didYouMean(name, getDb(snapshot, USERS).keys(), `db ${USERS} set ${name} user`),
      });
    else if (user.isEnabled && user.password === undefined)
      yield new Failure(cannot, {
        why: `db secrets has no record "${user.secret}" with a Value, the password`,
        hint: `db secrets set ${user.secret} secret Value …`,
      });
  }
}
