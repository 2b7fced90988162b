import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../base/errors.ts';
import { listNames } from '../../base/layers.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { type Field, formatState, readState } from '../../files/state-file.ts';
import type { Fingerprint } from '../commit/journal.ts';
import {
  type Change,
  type DbChanges,
  type DbLines,
  formatLastDbs,
  type StoredDbs,
  type StoredRecords,
  LAST_DBS,
  listDbChanges,
  readLastDbs,
  undoDbChanges,
} from './db-lines.ts';
import { type Ledger, readLedger } from '../plan/ledger.ts';
import { type Contents, filesOfObjects, OBJECTS_DIR, removeOtherObjects } from './objects.ts';

/** What one commit changed: of files that docksmith writes, and of its dbs. */
export interface Generation {
  /** from 1 */
  readonly number: number;
  /** ISO 8601 */
  readonly when: string;
  /** in words: `signal-event docker-update` */
  readonly command: string;
  /** who asked for it: a user of this host, with sudo the one who became root */
  readonly who: string;
  /**
   * by path, without the root; as docksmith had written it and as it wrote it, whatever others did to it. The
   * content is the object of that digest
   */
  readonly files: ReadonlyMap<string, Change<Fingerprint>>;
  readonly dbs: DbChanges;
}

/** How many commits are kept, and how long. */
export interface Retention {
  readonly count: number;
  readonly days: number;
}

const WHAT = 'a generation';
const FOLDER = path.posix.join(STATE_DIR, 'generations');
const MILLISECONDS_OF_A_DAY = 24 * 60 * 60 * 1000;

/** Without the root; the upper ones first. */
export const GENERATION_FOLDERS: readonly string[] = [FOLDER, OBJECTS_DIR];

/** The file of a generation, without the root. */
function generationFile(number: number): string {
  return path.posix.join(FOLDER, `${number.toString().padStart(6, '0')}.json`);
}

/** What stands in that file. */
function formatGeneration(
  { number, when, command, who, dbs }: Omit<Generation, 'files'>,
  files: Iterable<readonly [string, Change<Fingerprint>]>,
): FileContent {
  return formatState({
    number,
    when,
    command,
    who,
    files: Object.fromEntries(formatChanges(files)),
    dbs: Object.fromEntries([...dbs].map(([name, records]) => [name, Object.fromEntries(records)])),
  });
}

function* formatChanges(
  files: Iterable<readonly [string, Change<Fingerprint>]>,
): Generator<readonly [string, unknown], undefined> {
  for (const [name, { before, after }] of files)
    yield [name, { before: before && formatFingerprint(before), after: after && formatFingerprint(after) }];
}

function formatFingerprint({ digest, mode, uid, gid }: Fingerprint): unknown {
  return { digest, mode: mode.toString(8).padStart(4, '0'), uid, gid };
}

/** What a commit enters in history beside the files. */
export interface NewGeneration {
  readonly who: string;
  /** the records that decide outputs, and those that history has kept until now */
  readonly dbs: (before: StoredRecords) => StoredDbs;
}

/** What a commit does to files, by path. */
export interface GenerationFiles {
  readonly before: Ledger;
  readonly after: Ledger;
  /** paths of the files whose content may be another */
  readonly touched: Iterable<string>;
  /** by digest: what is new among them */
  readonly contents: Contents;
}

/**
 * The files that keep a commit, by path without the root: what it changed, contents that are not kept yet,
 * and the dbs if they are others than those of the last one.
 */
export function filesOfGeneration(
  paths: Paths,
  { before, after, touched, contents }: GenerationFiles,
  { command, who, dbs }: NewGeneration & { readonly command: string },
  now = new Date(),
): ReadonlyMap<string, FileContent> {
  const number = (listGenerations(paths)[0] ?? 0) + 1;
  const last = readLastDbs(paths);
  const state = dbs(last?.kept ?? new Map<string, 'all'>());
  const changes = listDbChanges(last, state.lines);
  return new Map([
    ...filesOfObjects(paths, contents, number),
    [
      generationFile(number),
      formatGeneration(
        { number, when: now.toISOString(), command, who, dbs: changes },
        listChangedFiles(touched, before, after),
      ),
    ],
    ...(changes.size === 0 && last !== undefined && isSameKept(last.kept, state.kept)
      ? []
      : [[LAST_DBS, formatLastDbs(state)] as const]),
  ]);
}

/** What is kept only grows. */
function isSameKept(before: StoredRecords, after: StoredRecords): boolean {
  return [...after].every(([name, keys]) => {
    const known = before.get(name);
    return known === 'all' || (known !== undefined && keys !== 'all' && known.size === keys.size);
  });
}

function* listChangedFiles(
  names: Iterable<string>,
  before: Ledger,
  after: Ledger,
): Generator<readonly [string, Change<Fingerprint>], undefined> {
  for (const name of names) {
    const change = { before: before.outputs.get(name), after: after.outputs.get(name) };
    if (!isSame(change)) yield [name, change];
  }
}

function isSame({ before, after }: Change<Fingerprint>): boolean {
  if (before === undefined || after === undefined) return before === after;
  return (
    before.digest === after.digest && before.mode === after.mode && before.uid === after.uid && before.gid === after.gid
  );
}

/** The numbers of all that are kept, the newest first. */
export function listGenerations(paths: Paths): readonly number[] {
  return listNames(paths.file(FOLDER))
    .flatMap((name) => (/^\d{6,}\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((a, b) => b - a);
}

/** @throws Failure where there is no such generation any more, or its file is damaged */
export function readGeneration(paths: Paths, number: number): Generation {
  const generation = readState(paths.file(generationFile(number)), WHAT, (state) => parseGeneration(state, number));
  if (generation !== undefined) return generation;
  const numbers = listGenerations(paths);
  throw new Failure(`cannot find generation ${number}`, {
    why:
      numbers.length === 0
        ? 'nothing was committed yet'
        : `there are those from ${numbers.at(-1) ?? 0} to ${numbers[0] ?? 0}`,
    ...(numbers.length === 0 ? {} : { hint: 'docksmith history lists them' }),
  });
}

function parseGeneration(state: Field, number: number): Generation {
  return {
    number,
    when: state.get('when').text(),
    command: state.get('command').text(),
    who: state.get('who').text(),
    files: state.get('files').map((file) => parseChange(file, parseFingerprint)),
    dbs: state.get('dbs').map((records) => records.map((record) => parseChange(record, (line) => line.text()))),
  };
}

function parseChange<T>(change: Field, parse: (field: Field) => T): Change<T> {
  return { before: change.get('before').optional(parse), after: change.get('after').optional(parse) };
}

function parseFingerprint(file: Field): Fingerprint {
  return {
    digest: file.get('digest').text(),
    mode: Number.parseInt(file.get('mode').text(), 8),
    uid: file.get('uid').number(),
    gid: file.get('gid').number(),
  };
}

/**
 * Files and dbs as a commit left them: as they are now, and all that came after it taken back.
 * @throws Failure where there is no such generation any more
 */
export function readWhole(
  paths: Paths,
  number: number,
): { readonly files: ReadonlyMap<string, Fingerprint>; readonly kept: StoredRecords; readonly dbs: DbLines } {
  readGeneration(paths, number);
  const files = new Map<string, Fingerprint>(readLedger(paths).outputs);
  const last = readLastDbs(paths);
  let dbs: DbLines = last?.lines ?? new Map<string, ReadonlyMap<string, string>>();
  for (const later of listGenerations(paths).filter((other) => other > number)) {
    const changes = readGeneration(paths, later);
    for (const [name, { before }] of changes.files) {
      if (before === undefined) files.delete(name);
      else files.set(name, before);
    }
    dbs = undoDbChanges(dbs, changes.dbs);
  }
  return { files, kept: last?.kept ?? new Map<string, 'all'>(), dbs };
}

/**
 * Forgets what is too old or too many, and the contents that only these had. The newest one stays.
 * A tenth more than the count may stay for a while, since to find out which contents are wanted no
 * more costs as much for one as for ten.
 */
export function pruneGenerations(paths: Paths, { count, days }: Retention, now = new Date()): void {
  const numbers = listGenerations(paths);
  const isTooOld = (number: number): boolean =>
    now.getTime() - statSync(paths.file(generationFile(number))).mtimeMs > days * MILLISECONDS_OF_A_DAY;
  const tooMany = numbers.length > count + Math.floor(count / 10) ? numbers.slice(Math.max(count, 1)) : [];
  const oldest = numbers.at(-1);
  const tooOld = oldest !== undefined && isTooOld(oldest) ? numbers.slice(1).filter(isTooOld) : [];
  const gone = new Set([...tooMany, ...tooOld]);
  if (gone.size === 0) return;
  for (const number of gone) rmSync(paths.file(generationFile(number)), { force: true });
  const wanted = new Set([...readLedger(paths).outputs.values()].map(({ digest }) => digest));
  for (const number of numbers) {
    const kept = gone.has(number) ? [] : readGeneration(paths, number).files.values();
    for (const { before, after } of kept)
      for (const file of [before, after]) if (file !== undefined) wanted.add(file.digest);
  }
  removeOtherObjects(paths, wanted);
}
