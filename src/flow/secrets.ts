import { decodeValue } from '../db/encoded.ts';
import { readFileSync, statSync } from 'node:fs';
import { keysWithProp } from '../db/flat-db.ts';
import { readSnapshot } from '../db/read-snapshot.ts';
import type { Read } from '../db/record.ts';
import { isMaskedRead, listSecretValues, SECRETS } from '../db/secret-values.ts';
import type { Snapshot } from '../db/snapshot.ts';
import { readDb } from '../db/store.ts';
import { Failure, Failures } from '../base/errors.ts';
import { maskerOf, type Mask } from '../base/mask.ts';
import { CONTAINERS } from '../model/container.ts';
import { splitList } from '../model/network/parse-ports.ts';
import type { Paths } from '../base/paths.ts';
import { listVariableSecrets } from '../base/secret-names.ts';
import { listSpellings } from '../template/language/escape.ts';

type Dbs = Pick<Snapshot, 'dbs' | 'schema' | 'stored'>;

/** What may not be shown. */
export interface Secrets {
  readonly mask: Mask;
  readonly isSecret: (read: Read) => boolean;
}

/**
 * The secrets as they are now. Never throws: it is used while an error is shown
 * one, so where not all dbs can be read, that of the secrets is looked at alone.
 */
export function readSecrets(paths: Paths): Secrets {
  return secretsOf(paths, readWhatCanBeRead(paths));
}

/** Those of dbs at another time. */
export function secretsOf(paths: Paths, ...states: readonly Dbs[]): Secrets {
  return {
    mask: maskerOf(
      states
        .flatMap(statesOf)
        .flatMap((dbs) => listValues(paths, dbs))
        .flatMap(listSpellings),
    ),
    isSecret: (read) => states.flatMap(statesOf).some((dbs) => isMaskedRead(dbs, read)),
  };
}

/**
 * A mask for a program that runs on: secrets that come while it runs are masked from then on, and those that
 * go stay masked.
 */
export function followSecrets(paths: Paths): () => Mask {
  const spellings = new Set<string>();
  let seen: number | undefined;
  let mask: Mask = maskerOf([]);
  return () => {
    // every write of a db is a rename, which the folder's time tells
    const now = statSync(paths.dbDir, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (now === seen) return mask;
    seen = now;
    for (const value of statesOf(readWhatCanBeRead(paths)).flatMap((dbs) => listValues(paths, dbs)))
      for (const spelling of listSpellings(value)) spellings.add(spelling);
    return (mask = maskerOf(spellings));
  };
}

function readWhatCanBeRead(paths: Paths): Dbs {
  try {
    return readSnapshot(paths);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof Failures)) throw error;
  }
  try {
    return { dbs: new Map([[SECRETS, readDb(paths, SECRETS)]]), schema: {} };
  } catch (error) {
    // who cannot read it cannot give it away
    if (error instanceof Failure) return { dbs: new Map(), schema: {} };
    throw error;
  }
}

/** What is secret on another host is no less so. */
function statesOf({ dbs, stored, schema }: Dbs): readonly Dbs[] {
  return [{ dbs, schema }, ...(stored === undefined ? [] : [{ dbs: stored, schema }])];
}

function listValues(paths: Paths, dbs: Dbs): readonly string[] {
  const containers = dbs.dbs.get(CONTAINERS) ?? new Map<string, never>();
  const files = new Set(
    keysWithProp(containers, 'EnvFile').flatMap((key) =>
      splitList(decodeValue(containers.get(key)?.props.get('EnvFile') ?? '')),
    ),
  );
  return [...listSecretValues(dbs), ...[...files].flatMap((file) => listFileSecrets(paths.file(file)))];
}

/** An environment file is some lines; what is longer, or no file at all, is none. */
const LONGEST_FILE = 1024 ** 2;

function listFileSecrets(file: string): readonly string[] {
  try {
    const stats = statSync(file);
    if (!stats.isFile() || stats.size > LONGEST_FILE) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, name = '', , value = ''] = /^\s*(?:export\s+)?([^=\s#]+)=(["']?)(.*)\2\s*$/.exec(line) ?? [];
        return listVariableSecrets(name, value);
      });
  } catch {
    return [];
  }
}
