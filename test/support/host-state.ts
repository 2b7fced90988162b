import { FlatDb } from '../../src/db/flat-db.ts';
import { escapeNewlines, escapeSeparators } from '../../src/db/flat-file.ts';
import type { Db } from '../../src/db/record.ts';
import type { Facts } from '../../src/host/facts.ts';
import type { HostState } from '../../src/flow/host-state.ts';
import { EMPTY_LEDGER } from '../../src/output/plan/ledger.ts';
import { findPaths } from '../../src/base/paths.ts';
import type { Dbs } from './random-changes.ts';
import { snapshotOf } from './sample.ts';

/** The bytes of a db file with these records. */
export function bytesOf(db: Db): Buffer {
  const field = (text: string): string => escapeSeparators(escapeNewlines(text));
  return Buffer.from(
    [...db.values()]
      .map(({ key, type, props }) => `${key}=${[type, ...[...props].flat()].map(field).join('|')}\n`)
      .join(''),
  );
}

export interface Server {
  readonly root: string;
  dbs: Dbs;
  facts: Facts;
}

/** All that an event decides on, with the dbs as if they had been read from files. */
export function worldOf({ root, dbs, facts }: Server): HostState {
  const files = new Map([...dbs].map(([name, db]) => [name, FlatDb.parse(bytesOf(db))]));
  const snapshot = snapshotOf(files, facts);
  return { paths: findPaths({ DOCKSMITH_ROOT: root }), snapshot, facts, ledger: EMPTY_LEDGER };
}
