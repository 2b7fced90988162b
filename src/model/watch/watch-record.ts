import type { Snapshot } from '../../db/snapshot.ts';
import { findRecord, listRecords } from '../../db/snapshot.ts';
import { splitList } from '../network/parse-ports.ts';
import { RecordProps } from '../record-props.ts';

export const WATCHES = 'watches';

/** The types of the records. */
export const WATCH_KINDS = ['etcd', 'file', 'git', 'webhook'] as const;
export type WatchKind = (typeof WATCH_KINDS)[number];

/** A record of `watches`: an event is run when something changes. What is not set is empty. */
export class WatchRecord extends RecordProps {
  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, WATCHES, key);
  }

  /** Undefined for a type that is none. */
  get kind(): WatchKind | undefined {
    const type = findRecord(this.snapshot, WATCHES, this.key)?.type;
    return WATCH_KINDS.find((kind) => kind === type);
  }

  get isEnabled(): boolean {
    return this.kind !== undefined && this.get('status') === 'enabled';
  }

  get event(): string {
    return this.get('Event');
  }

  get args(): readonly string[] {
    return splitList(this.get('Args'));
  }

  /** As it is written. */
  get interval(): string {
    return this.get('Interval');
  }

  /** Of etcd. */
  get endpoints(): readonly string[] {
    return splitList(this.get('Endpoints')).map((endpoint) => endpoint.replace(/\/+$/, ''));
  }

  get etcdKey(): string {
    return this.get('Key');
  }

  get isPrefix(): boolean {
    return this.get('Prefix') === 'yes';
  }

  /** The files of TLS, by their props; those that are not set are empty. */
  get tlsFiles(): Readonly<Record<'CACert' | 'Cert' | 'CertKey', string>> {
    return { CACert: this.get('CACert'), Cert: this.get('Cert'), CertKey: this.get('CertKey') };
  }

  /** Of a file or folder. */
  get path(): string {
    return this.get('Path');
  }

  /** Of git. */
  get repository(): string {
    return this.get('Repository');
  }

  get ref(): string {
    return this.get('Ref');
  }

  /** A record of db `secrets`. */
  get sshKey(): string {
    return this.get('SshKey');
  }

  /** Of a webhook: a record of db `secrets`. */
  get token(): string {
    return this.get('Token');
  }
}

/** The enabled ones, in byte order of their names. */
export function listWatches(snapshot: Snapshot): readonly WatchRecord[] {
  return listRecords(snapshot, WATCHES)
    .map(({ key }) => new WatchRecord(snapshot, key))
    .filter(({ isEnabled }) => isEnabled);
}

/** The record `docksmith-watch` of `configuration`: the service that watches. */
export class WatchServiceRecord extends RecordProps {
  constructor(snapshot: Snapshot) {
    super(snapshot, 'configuration', 'docksmith-watch');
  }

  /** The loopback port on which webhooks come from Apache. */
  get port(): number {
    return Number(this.get('TCPPort'));
  }
}
