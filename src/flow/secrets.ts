import { statSync } from 'node:fs';
import { readSnapshot } from '../db/read-snapshot.ts';
import type { Read } from '../db/record.ts';
import { isSecretRead, listSecretValues, SECRETS } from '../db/snapshot.ts';
import { readDb } from '../db/store.ts';
import { Failure, Failures } from '../errors.ts';
import { type Run, writeRun } from '../event/runs.ts';
import { maskerOf, type Mask } from '../mask.ts';
import type { Paths } from '../paths.ts';
import { listSpellings } from '../template/escape.ts';

/** What may not be shown. */
export interface Secrets {
  readonly mask: Mask;
  readonly isSecret: (read: Read) => boolean;
}

/**
 * The secrets as they are now. Never throws: whoever shows an error has nobody to tell another
 * one, so where not all dbs can be read, that of the secrets is looked at alone.
 */
export function readSecrets(paths: Paths): Secrets {
  return secretsOf(readWhatCanBeRead(paths));
}

/** Those of dbs at another time. */
export function secretsOf(dbs: Parameters<typeof listSecretValues>[0]): Secrets {
  return { mask: maskerOf(listSecretValues(dbs).flatMap(listSpellings)), isSecret: (read) => isSecretRead(dbs, read) };
}

/** A mask for a program that runs on: secrets that come while it runs are masked from then on, and those that go stay masked. */
export function followSecrets(paths: Paths): () => Mask {
  const spellings = new Set<string>();
  let seen: number | undefined;
  let mask: Mask = (text) => text;
  return () => {
    // every write of a db is a rename, which the folder's time tells
    const now = statSync(paths.dbDir, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (now === seen) return mask;
    seen = now;
    for (const value of listSecretValues(readWhatCanBeRead(paths))) for (const spelling of listSpellings(value)) spellings.add(spelling);
    return (mask = maskerOf(spellings));
  };
}

function readWhatCanBeRead(paths: Paths): Parameters<typeof listSecretValues>[0] {
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

/** Writes the record of a run without the secrets that its arguments and errors may hold. */
export function writeMaskedRun(paths: Paths, run: Run): void {
  const { mask } = readSecrets(paths);
  writeRun(paths, { ...run, args: run.args.map(mask), ...(run.failures === undefined ? {} : { failures: run.failures.map(mask) }) });
}
