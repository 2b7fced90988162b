import { findRecord, type Snapshot } from '../../db/snapshot.ts';
import { RecordProps } from '../record-props.ts';

export const REPOSITORIES = 'repositories';
/** SME Server's own, with the same props; a record of `repositories` overrides the one of that name. */
export const YUM_REPOSITORIES = 'yum_repositories';

/** In this order. */
export const REPOSITORY_DBS: readonly string[] = [REPOSITORIES, YUM_REPOSITORIES];

/** A record of `repositories` or `yum_repositories`: where packages come from. What is not set is empty. */
export class RepositoryRecord extends RecordProps {
  readonly db: string;

  constructor(snapshot: Snapshot, db: string, key: string) {
    super(snapshot, db, key);
    this.db = db;
  }

  get isEnabled(): boolean {
    return this.get('status') !== 'disabled';
  }

  get baseUrl(): string {
    return this.get('BaseURL');
  }

  get mirrorList(): string {
    return this.get('MirrorList');
  }

  get checksSignatures(): boolean {
    return !/^(no|0|disabled)$/.test(this.get('GPGCheck'));
  }

  get gpgKey(): string {
    return this.get('GPGKey');
  }

  get suite(): string {
    return this.get('Suite');
  }

  get components(): string {
    return this.get('Components') || 'main';
  }
}

/** Undefined where neither db has it. */
export function findRepository(snapshot: Snapshot, key: string): RepositoryRecord | undefined {
  const db = REPOSITORY_DBS.find((name) => findRecord(snapshot, name, key) !== undefined);
  return db === undefined ? undefined : new RepositoryRecord(snapshot, db, key);
}
