import { rmSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../errors.ts';
import { listNames } from '../layers.ts';
import { type Paths, STATE_DIR } from '../paths.ts';
import type { FileContent } from '../replace-file.ts';
import { type Field, formatState, readState } from '../state-file.ts';
import type { Fingerprint } from './journal.ts';
import { digestOf, type Ledger } from './ledger.ts';
import { missingObjects, OBJECTS_DIR, removeOtherObjects } from './objects.ts';

/** All that docksmith had written and all dbs, as one commit left them. */
export interface Generation {
  /** from 1 */
  readonly number: number;
  /** ISO 8601 */
  readonly when: string;
  /** in words: `signal-event docker-update` */
  readonly command: string;
  /** who asked for it: a user of this host, with sudo the one who became root */
  readonly who: string;
  /** path, without the root, -> every file of docksmith's; its content is the object of that digest */
  readonly files: ReadonlyMap<string, Fingerprint>;
  /** name -> digest of the whole db */
  readonly dbs: ReadonlyMap<string, string>;
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
function formatGeneration({ number, when, command, who, files, dbs }: Generation): FileContent {
  return formatState({
    number, when, command, who, dbs: Object.fromEntries(dbs),
    files: Object.fromEntries([...files].map(([name, { digest, mode, uid, gid }]) => [name, { digest, mode: mode.toString(8).padStart(4, '0'), uid, gid }])),
  });
}

/** What a commit enters in history beside the files. */
export interface NewGeneration {
  readonly who: string;
  /** name -> the records of docksmith's */
  readonly dbs: ReadonlyMap<string, Buffer>;
}

/** The files that keep a commit: the generation itself, and contents that no earlier one had; paths without the root. */
export function filesOfGeneration(paths: Paths, { outputs }: Ledger, contents: readonly Buffer[], { command, who, dbs }: NewGeneration & { readonly command: string }, now = new Date()): ReadonlyMap<string, FileContent> {
  const number = (listGenerations(paths)[0] ?? 0) + 1;
  const files = new Map([...outputs].map(([name, { digest, mode, uid, gid }]) => [name, { digest, mode, uid, gid }]));
  const generation = { number, when: now.toISOString(), command, who, files, dbs: new Map([...dbs].map(([name, content]) => [name, digestOf(content)])) };
  return new Map([...missingObjects(paths, [...contents, ...dbs.values()]), [generationFile(number), formatGeneration(generation)]]);
}

/** The numbers of all that are kept, the newest first. */
export function listGenerations(paths: Paths): readonly number[] {
  return listNames(paths.file(FOLDER)).flatMap((name) => (/^\d{6,}\.json$/.test(name) ? [Number.parseInt(name, 10)] : [])).sort((a, b) => b - a);
}

/** @throws Failure where there is no such generation any more, or its file is damaged */
export function readGeneration(paths: Paths, number: number): Generation {
  const generation = readState(paths.file(generationFile(number)), WHAT, (state) => parseGeneration(state, number));
  if (generation !== undefined) return generation;
  const numbers = listGenerations(paths);
  throw new Failure(`cannot find generation ${number}`, {
    why: numbers.length === 0 ? 'nothing was committed yet' : `there are those from ${numbers.at(-1) ?? 0} to ${numbers[0] ?? 0}`,
    ...(numbers.length === 0 ? {} : { hint: 'docksmith history lists them' }),
  });
}

function parseGeneration(state: Field, number: number): Generation {
  return {
    number, when: state.get('when').text(), command: state.get('command').text(), who: state.get('who').text(),
    files: state.get('files').map((file) => ({ digest: file.get('digest').text(), mode: Number.parseInt(file.get('mode').text(), 8), uid: file.get('uid').number(), gid: file.get('gid').number() })),
    dbs: state.get('dbs').map((digest) => digest.text()),
  };
}

/** Forgets what is too old or one too many, and the contents that only these had. The newest one stays. */
export function pruneGenerations(paths: Paths, { count, days }: Retention, now = new Date()): void {
  const [newest, ...older] = listGenerations(paths).map((number) => readGeneration(paths, number));
  const isTooOld = ({ when }: Generation): boolean => now.getTime() - Date.parse(when) > days * MILLISECONDS_OF_A_DAY;
  const gone = older.filter((generation, n) => isTooOld(generation) || n + 1 >= count);
  if (newest === undefined || gone.length === 0) return;
  for (const { number } of gone) rmSync(paths.file(generationFile(number)), { force: true });
  const kept = [newest, ...older.filter((generation) => !gone.includes(generation))];
  removeOtherObjects(paths, new Set(kept.flatMap(({ files, dbs }) => [...[...files.values()].map(({ digest }) => digest), ...dbs.values()])));
}
