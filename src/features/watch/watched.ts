import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { parseMilliseconds } from '../../base/quantity.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { listEvents } from '../../event/events.ts';
import { formatRef } from '../../model/content-record.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import { findSecret } from '../../model/secrets.ts';
import { checkWatch } from '../../model/watch/check-watches.ts';
import { WATCHES, type WatchKind, WatchRecord } from '../../model/watch/watch-record.ts';
import type { TlsOptions } from './sources/etcd-client.ts';
import { etcdSource } from './sources/etcd-source.ts';
import { fileSource } from './sources/file-source.ts';
import { gitSource } from './sources/git-source.ts';
import type { Source } from './sources/source.ts';
import type { EventToRun } from './watch-state.ts';

/** An enabled record of `watches`, as the service sees it. */
export interface Watched {
  readonly name: string;
  readonly kind: WatchKind | undefined;
  /** in words: `/www/rev of http://127.0.0.1:2379` */
  readonly what: string;
  readonly toRun: EventToRun;
  /** differs for another record */
  readonly of: string;
  /** why it is not watched */
  readonly mistakes: readonly Failure[];
}

/** All records that are not switched off, in byte order of their names. */
export function listWatched(paths: Paths, snapshot: Snapshot): readonly Watched[] {
  const events = listEvents(paths);
  return [...getDb(snapshot, WATCHES).values()]
    .map((record) => ({ record, watch: new WatchRecord(snapshot, record.key) }))
    .filter(({ watch }) => watch.kind === undefined || watch.isEnabled)
    .map(({ record, watch }) => {
      const { event, args } = watch;
      const { mistakes } = checkWatch(snapshot, record.key);
      const isUnknown = event !== '' && !events.includes(event);
      return {
        name: record.key,
        kind: watch.kind,
        what: describeWatch(watch),
        toRun: { event, args },
        of: createHash('sha256')
          .update(JSON.stringify([record.type, [...record.props].filter(([prop]) => prop !== 'status').sort()]))
          .digest('base64')
          .slice(0, 16),
        mistakes: isUnknown
          ? [
              ...mistakes,
              new Failure(`cannot use ${WATCHES} ${record.key} Event "${event}"`, {
                why: 'there is no such event',
                ...didYouMean(event, events),
              }),
            ]
          : mistakes,
      };
    });
}

function describeWatch(watch: WatchRecord): string {
  switch (watch.kind) {
    case 'etcd':
      return `${watch.etcdKey}${watch.isPrefix ? '*' : ''} of ${watch.endpoints.join(',')}`;
    case 'file':
      return watch.path;
    case 'git':
      return `${formatRef(watch.ref)} of ${watch.repository}`;
    case 'webhook':
      return `/docksmith-hooks/${watch.key}`;
    case undefined:
      return '';
  }
}

/** What is looked at; undefined for a webhook, which calls by itself. */
export function makeSource(paths: Paths, watch: WatchRecord): Source | undefined {
  const milliseconds = parseMilliseconds(watch.interval) ?? 10_000;
  switch (watch.kind) {
    case 'etcd':
      return etcdSource({
        endpoints: watch.endpoints,
        key: watch.etcdKey,
        isPrefix: watch.isPrefix,
        milliseconds,
        readTls: () => readTls(paths, watch),
      });
    case 'file':
      return fileSource(paths.file(watch.path), milliseconds);
    case 'git': {
      const wait = parseMilliseconds(new DocksmithRecord(watch.snapshot).contentWait ?? '') ?? 120_000;
      const sshKey = watch.sshKey === '' ? undefined : findSecret(watch.snapshot, watch.sshKey);
      const { repository, ref } = watch;
      return gitSource(paths, { repository, ref, sshKey, milliseconds, limitSeconds: wait / 1000 });
    }
    default:
      return undefined;
  }
}

function readTls(paths: Paths, { tlsFiles: { CACert, Cert, CertKey } }: WatchRecord): TlsOptions {
  const read = (file: string): Buffer => readFileSync(paths.file(file));
  return {
    ...(CACert === '' ? {} : { ca: read(CACert) }),
    ...(Cert === '' ? {} : { cert: read(Cert) }),
    ...(CertKey === '' ? {} : { key: read(CertKey) }),
  };
}
