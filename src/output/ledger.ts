import { createHash } from 'node:crypto';
import path from 'node:path';
import { compareBytes } from '../layers.ts';
import { type Paths, STATE_DIR } from '../paths.ts';
import type { FileContent } from '../replace-file.ts';
import { type Field, formatState, readState, writeState } from '../state-file.ts';
import type { Read, RecordRef, Rendered } from '../template/rendered.ts';

/** One output that docksmith put in place, and may therefore replace and remove. */
export interface Owned {
  /** without the root */
  readonly path: string;
  /** sha256 of the content, hex */
  readonly digest: string;
  /** permission bits */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly template: string;
  /** with `FOREACH`: whose output it is */
  readonly record?: RecordRef;
  readonly services: readonly string[];
  /** what was read for it: for `why`, and to tell what a change of a prop touches */
  readonly reads: readonly Read[];
}

export interface Ledger {
  /** by path */
  readonly outputs: ReadonlyMap<string, Owned>;
  /** path -> id in history of the file that stood there before docksmith (`--take-over`); stays when the output goes */
  readonly originals: ReadonlyMap<string, string>;
  /** folders that docksmith made, without the root */
  readonly folders: ReadonlySet<string>;
}

export const EMPTY_LEDGER: Ledger = { outputs: new Map(), originals: new Map(), folders: new Set() };

export function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The entry for an output as it is rendered. */
export function ownedOf(output: Rendered): Owned {
  const { path, content, mode, uid, gid, template, record, services, reads } = output;
  return { path, digest: digestOf(content), mode, uid, gid, template, ...(record !== undefined && { record }), services, reads };
}

/** Without the root. */
export const LEDGER_FILE = path.posix.join(STATE_DIR, 'ledger.json');

const ledgerFile = (paths: Paths): string => paths.file(LEDGER_FILE);

/** Empty where docksmith never installed anything; a damaged ledger is an error, since an empty one would disown every file. */
export function readLedger(paths: Paths): Ledger {
  return readState(ledgerFile(paths), 'the ledger', parseLedger) ?? EMPTY_LEDGER;
}

/** Writes the whole ledger as one step. */
export function writeLedger(paths: Paths, ledger: Ledger): void {
  writeState(ledgerFile(paths), 'the ledger', ledgerState(ledger));
}

/** The file, for who writes it together with others. */
export function formatLedger(ledger: Ledger): FileContent {
  return formatState(ledgerState(ledger));
}

/** Same entries, whatever their order. */
export function isSameLedger(a: Ledger, b: Ledger): boolean {
  return JSON.stringify(ledgerState(a)) === JSON.stringify(ledgerState(b));
}

/** Reads are kept as short lists `[db, key, prop, filter]`: they are most of the file. */
function ledgerState({ outputs, originals, folders }: Ledger): Readonly<Record<string, unknown>> {
  return {
    outputs: Object.fromEntries(sorted(outputs).map(([path, owned]) => [path, formatOwned(owned)])),
    originals: Object.fromEntries(sorted(originals)),
    folders: [...folders].sort(compareBytes),
  };
}

function sorted<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => compareBytes(a, b));
}

function formatOwned({ digest, mode, uid, gid, template, record, services, reads }: Owned): unknown {
  return {
    digest, mode: mode.toString(8).padStart(4, '0'), uid, gid, template,
    ...(record !== undefined && { record: { db: record.db, key: record.key } }),
    services,
    reads: reads.map(({ db, key, prop, filter }) => filter === undefined ? [db, key, prop].filter((part) => part !== undefined) : [db, null, null, filter]),
  };
}

function parseLedger(state: Field): Ledger {
  return {
    outputs: state.get('outputs').map(parseOwned),
    originals: state.get('originals').map((id) => id.text()),
    folders: new Set(state.get('folders').list((folder) => folder.text())),
  };
}

function parseOwned(owned: Field, path: string): Owned {
  const record = owned.get('record').optional((field) => ({ db: field.get('db').text(), key: field.get('key').text() }));
  return {
    path,
    digest: owned.get('digest').text(),
    mode: parseMode(owned.get('mode')),
    uid: owned.get('uid').number(),
    gid: owned.get('gid').number(),
    template: owned.get('template').text(),
    ...(record !== undefined && { record }),
    services: owned.get('services').list((service) => service.text()),
    reads: owned.get('reads').list(parseRead),
  };
}

function parseMode(mode: Field): number {
  return /^[0-7]{4}$/.test(mode.text()) ? Number.parseInt(mode.text(), 8) : mode.wrong('four octal digits');
}

function parseRead(read: Field): Read {
  const [db, key, prop, filter] = read.list((part) => part.value === null ? undefined : part.text());
  if (db === undefined) return read.wrong('[db, key, prop, filter]');
  return { db, ...(key !== undefined && { key }), ...(prop !== undefined && { prop }), ...(filter !== undefined && { filter }) };
}
