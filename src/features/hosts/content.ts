import { lstatSync } from 'node:fs';
import path from 'node:path';
import { compareBytes, listMergedTree } from '../../base/layers.ts';
import { CONFIG_DIR, type Paths } from '../../base/paths.ts';
import { findPropSchema } from '../../db/check-value.ts';
import { storedOf } from '../../db/hosts/host-records.ts';
import { mergeDbs } from '../../db/hosts/merge-dbs.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import type { Db, DbRecord } from '../../db/record.ts';
import type { Schema } from '../../db/schema.ts';
import { findRecordSchema } from '../../db/snapshot.ts';
import { readBytes } from '../../files/read-file.ts';
import { type Dbs, listRecordChanges, type RecordChange } from '../../flow/commit/generation-dbs.ts';
import { OWN_FOLDERS } from '../../flow/trusted-files.ts';
import { describeConflict, HERE_AND_THERE } from './merge-file.ts';

/** A file of the admin's that goes to the other hosts. */
export interface SentFile {
  readonly content: Buffer;
  readonly mode: number;
}

/** What the hosts have in common: dbs without what is one host's alone, and the admin's own files. */
export interface Content {
  readonly dbs: Dbs;
  /** by path without the root */
  readonly files: ReadonlyMap<string, SentFile>;
}

export const NO_CONTENT: Content = { dbs: new Map(), files: new Map() };

/** Nothing that others could write, and nothing that runs as somebody else. */
export const MODE = 0o755;

/** Whether a path without the root is one of a file that goes to other hosts. */
export function isSentFile(file: string): boolean {
  return (
    path.posix.normalize(file) === file &&
    !file.endsWith('/') &&
    OWN_FOLDERS.some((folder) => file.startsWith(`${CONFIG_DIR}/${folder}/`)) &&
    !file.split('/').some((part) => part.toLowerCase() === '.git')
  );
}

/**
 * What this host has of it.
 * @param also contents whose records are looked at, too: another version of docksmith may know kinds that this does not
 */
export function readContent(paths: Paths, also: readonly Content[] = []): Content {
  const snapshot = readSnapshot(paths);
  const isNamed = (db: string, key: string): boolean => also.some(({ dbs }) => dbs.get(db)?.has(key) === true);
  const dbs = withoutLocal(snapshot.schema, storedOf(snapshot), isNamed);
  const files = new Map<string, SentFile>();
  for (const folder of OWN_FOLDERS)
    for (const [name, file] of listMergedTree([paths.file(path.posix.join(CONFIG_DIR, folder))])) {
      const stats = lstatSync(file);
      const target = path.posix.join(CONFIG_DIR, folder, name);
      if (stats.isFile() && isSentFile(target))
        files.set(target, { content: readBytes(file), mode: stats.mode & MODE });
    }
  return { dbs, files };
}

/** Links and the like below the folders of the admin: they stay where they are. */
export function listUnsent(paths: Paths): readonly string[] {
  return OWN_FOLDERS.flatMap((folder) =>
    [...listMergedTree([paths.file(path.posix.join(CONFIG_DIR, folder))])].flatMap(([name, file]) => {
      const target = path.posix.join(CONFIG_DIR, folder, name);
      return lstatSync(file).isFile() && isSentFile(target) ? [] : [target];
    }),
  );
}

/**
 * Records that have a schema, without the props that it says are one host's alone.
 * @param isNamed records that are kept whatever the schema knows
 */
export function withoutLocal(schema: Schema, dbs: Dbs, isNamed: (db: string, key: string) => boolean): Dbs {
  const sent = [...dbs].map(([name, records]): readonly [string, Db] => [
    name,
    new Map(
      [...records.values()].flatMap((record): readonly (readonly [string, DbRecord])[] => {
        const kind = findRecordSchema({ dbs, schema }, name, record);
        if (kind === undefined) return isNamed(name, record.key) ? [[record.key, record]] : [];
        if (kind['type']?.local === true) return [];
        const props = [...record.props].filter(([prop]) => findPropSchema(kind, prop)?.local !== true);
        return [[record.key, { ...record, props: new Map(props) }]];
      }),
    ),
  ]);
  return new Map(sent.filter(([, records]) => records.size > 0));
}

/** What differs between two contents. */
export interface ContentChanges {
  readonly records: readonly RecordChange[];
  /** paths without the root */
  readonly files: readonly string[];
}

export function compareContents(before: Content, after: Content): ContentChanges {
  const names = [...new Set([...before.files.keys(), ...after.files.keys()])].sort(compareBytes);
  return {
    records: listRecordChanges(before.dbs, after.dbs),
    files: names.filter((name) => !isSameFile(before.files.get(name), after.files.get(name))),
  };
}

export function isEmptyChange({ records, files }: ContentChanges): boolean {
  return records.length + files.length === 0;
}

export function isSameFile(a: SentFile | undefined, b: SentFile | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.mode === b.mode && a.content.equals(b.content);
}

/** Both sides' changes of a content, with what is in conflict in words. */
export function mergeContents(
  schema: Schema,
  base: Content,
  ours: Content,
  theirs: Content,
  sides = HERE_AND_THERE,
): { readonly merged: Content; readonly conflicts: readonly string[] } {
  const conflicts: string[] = [];
  const names = (maps: readonly ReadonlyMap<string, unknown>[]): readonly string[] =>
    [...new Set(maps.flatMap((map) => [...map.keys()]))].sort(compareBytes);
  const all = [base, ours, theirs];
  const dbs = names(all.map((content) => content.dbs)).map((name) => {
    const [was, here, there] = all.map((content) => content.dbs.get(name) ?? new Map()) as [Db, Db, Db];
    const found = mergeDbs(was, here, there);
    conflicts.push(...found.conflicts.map((conflict) => `${name} ${describeConflict(schema, name, conflict, sides)}`));
    return [name, found.merged] as const;
  });
  const files = names(all.map((content) => content.files)).flatMap((name) => {
    const [was, here, there] = all.map((content) => content.files.get(name));
    const isOurs = isSameFile(here, there) || isSameFile(there, was);
    if (!isOurs && !isSameFile(here, was)) conflicts.push(`${name}: changed ${sides.ours} and ${sides.theirs}`);
    const file = isOurs || !isSameFile(here, was) ? here : there;
    return file === undefined ? [] : [[name, file] as const];
  });
  return { merged: { dbs: new Map(dbs.filter(([, db]) => db.size > 0)), files: new Map(files) }, conflicts };
}
