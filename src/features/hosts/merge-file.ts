import path from 'node:path';
import { statSync, writeFileSync } from 'node:fs';
import { Failure, reasonOf } from '../../base/errors.ts';
import { MASK } from '../../base/mask.ts';
import type { Paths } from '../../base/paths.ts';
import { FlatDb, linesOf } from '../../db/flat-db.ts';
import { formatFlatFile } from '../../db/flat-file.ts';
import { toByteString } from '../../db/byte-text.ts';
import { type DbConflict, mergeDbs } from '../../db/hosts/merge-dbs.ts';
import { readSchema } from '../../db/read-schema.ts';
import type { Schema } from '../../db/schema.ts';
import { isMaskedProp, SECRETS } from '../../db/secret-values.ts';
import { readBytes } from '../../files/read-file.ts';

/** The files that git names: the common ancestor, this side, which takes the result, and the other side. */
export interface MergeFiles {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  /** the name of the db, or its path in the repository */
  readonly name: string;
}

export interface MergedFile {
  readonly conflicts: readonly DbConflict[];
  /** of each conflict, in words; secrets are masked */
  readonly words: readonly string[];
}

/**
 * Merges two versions of a db file by record and prop, and writes the result over `ours`; where there are conflicts
 * it keeps what `ours` says, and a comment at the top names each.
 * @throws Failure for a file that cannot be read or written
 */
export function mergeFile(paths: Paths, { base, ours, theirs, name }: MergeFiles, { dryRun = false } = {}): MergedFile {
  const [was, here, there] = [base, ours, theirs].map(readVersion) as [FlatDb, FlatDb, FlatDb];
  const { merged, conflicts } = mergeDbs(was, here, there);
  const db = path.basename(name);
  const schema = readSchema(paths);
  const words = conflicts.map((conflict) => `${db} ${describeConflict(schema, db, conflict)}`);
  const lines = new Map([...linesOf(merged)].map(([key, line]) => [toByteString(key), line]));
  const comments = words.map((line) => `# conflict: ${toByteString(line).replaceAll('\n', '\\n')}\n`);
  const content = Buffer.concat([Buffer.from(comments.join(''), 'latin1'), formatFlatFile(lines, new Date())]);
  try {
    if (!dryRun) writeFileSync(ours, content, { mode: statSync(ours).mode });
  } catch (error) {
    throw new Failure(`cannot write "${ours}"`, { why: reasonOf(error), cause: error });
  }
  return { conflicts, words };
}

function readVersion(file: string): FlatDb {
  try {
    return FlatDb.parse(readBytes(file));
  } catch (error) {
    throw new Failure(`cannot read "${file}"`, { why: reasonOf(error), cause: error });
  }
}

/** How the two sides of a merge are called. */
export interface Sides {
  readonly ours: string;
  readonly theirs: string;
}

export const HERE_AND_THERE: Sides = { ours: 'here', theirs: 'there' };

/** `wiki MaxMemory: here 512, there 1g, before 256` */
export function describeConflict(
  schema: Schema,
  db: string,
  { key, prop, base, ours, theirs }: DbConflict,
  sides = HERE_AND_THERE,
): string {
  if (prop === undefined)
    return ours === undefined
      ? `${key}: deleted ${sides.ours}, changed ${sides.theirs}`
      : `${key}: changed ${sides.ours}, deleted ${sides.theirs}`;
  const isSecret = [base, ours, theirs].some((value) =>
    prop === 'type' ? db === SECRETS : value !== undefined && isMaskedProp(schema, db, prop, value),
  );
  const show = (value: string | undefined): string =>
    value === undefined ? 'not set' : isSecret ? MASK : value === '' ? '(empty)' : value;
  return `${key} ${prop}: ${sides.ours} ${show(ours)}, ${sides.theirs} ${show(theirs)}, before ${show(base)}`;
}
