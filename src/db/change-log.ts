import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { MASK, maskerOf, maskWord } from '../base/mask.ts';
import { type Paths, STATE_DIR, withoutRoot } from '../base/paths.ts';
import { MAY_BE_SECRET } from '../base/secret-names.ts';
import { fromByteString, toByteString } from './byte-text.ts';
import { findPropSchema } from './check-value.ts';
import { listDbs, readDbFile } from './db-file.ts';
import { FlatDb } from './flat-db.ts';
import { type Lines, listFields, parseFields, sortKeys, toRecord } from './flat-file.ts';
import { readSchema } from './read-schema.ts';
import type { DbRecord } from './record.ts';
import type { Schema } from './schema.ts';
import { hasSecrets, isMaskedProp, listPropSecrets, listSecretValues, SECRETS } from './secret-values.ts';

/** Where the changes of a db go on a host that is laid out in a folder, under its root. */
export const LOG_FILE = '/var/log/docksmith.log';
const FACILITY = 'local1.info';

export interface ChangedDb {
  readonly name: string;
  readonly file: string;
  readonly before: Lines;
  readonly after: Lines;
}

/** What is shown of a prop's value, of a key and a type (which have no name); or everything is secret, or nothing. */
export type SecretProps = ((prop: string, value: string) => string) | 'all' | 'none';

/**
 * Logs what changed, in the words of the original: a line with OLD and a line with NEW, or one
 * with DELETE, per record. Goes to syslog through util-linux's `logger`, which is not waited for
 * and may be absent; under another root to a file there. A db is changed already when this is
 * called, so nothing here fails the change.
 */
export function logChanges(paths: Paths, changed: ChangedDb): void {
  // the copy that an event works on: what becomes of it is logged when it is written to the db itself
  if (changed.file.startsWith(`${paths.file(STATE_DIR)}/`)) return;
  const lines = formatChanges(
    { ...changed, file: withoutRoot(paths, changed.file) },
    secretProps(paths, path.basename(changed.name), changed),
    userName(),
  );
  if (lines.length === 0) return;
  try {
    if (paths.root === '') sendToSyslog(lines);
    else appendToFile(paths.file(LOG_FILE), lines);
  } catch {
    // a full or read-only disk for the log
  }
}

/**
 * One or two lines per changed record, with who did it.
 * @param secrets what is masked of values; `all` masks every type and value
 */
export function formatChanges({ file, before, after }: ChangedDb, secrets: SecretProps, user: string): string[] {
  const spell = (key: string, value: string | undefined): string =>
    escapeControls(
      fromByteString(
        `${typeof secrets === 'string' ? key : maskText(key, '', secrets)}=${value === undefined ? '(undefined)' : maskValue(value, secrets)}`,
      ),
    );
  const changed = [...after.keys()].filter((key) => before.get(key) !== after.get(key));
  const deleted = [...before.keys()].filter((key) => before.get(key) !== undefined && !after.has(key));
  const lines: string[] = [];
  for (const key of sortKeys([...changed, ...deleted])) {
    const [old, now] = [before.get(key), after.get(key)];
    if (!after.has(key)) lines.push(`${file}: DELETE ${spell(key, old)} (by ${user})`);
    else lines.push(`${file}: OLD ${spell(key, old)} (by ${user})`, `${file}: NEW ${spell(key, now)} (by ${user})`);
  }
  return lines;
}

function maskValue(value: string, secrets: SecretProps): string {
  // most dbs have no secrets: of those no value has to be taken apart
  if (secrets === 'none') return value;
  const { type, props } = parseFields(value);
  const masked = new Map(
    [...props].map(([prop, held]) => [
      prop,
      secrets === 'all' ? MASK : held === undefined ? held : maskText(held, prop, secrets),
    ]),
  );
  return listFields({
    type: secrets === 'all' ? MASK : type === undefined ? type : maskText(type, '', secrets),
    props: masked,
  }).join('|');
}

function maskText(text: string, prop: string, secrets: Exclude<SecretProps, string>): string {
  return toByteString(secrets(fromByteString(prop), fromByteString(text)));
}

/** No value can end its line or talk to a terminal. */
function escapeControls(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** What is masked of the db's values; all of them where its schema cannot tell. */
function secretProps(paths: Paths, db: string, { before, after }: ChangedDb): SecretProps {
  if (db === SECRETS) return 'all';
  try {
    const schema = readSchema(paths, db);
    const lines = [...after]
      .filter(([key, line]) => before.get(key) !== line)
      .concat([...before].filter(([key, line]) => after.get(key) !== line));
    const known = [...listKnown(paths), ...listLineSecrets(schema, db, lines)];
    if (known.length === 0 && !hasSecrets(schema, db) && !lines.some(([, line]) => MAY_BE_SECRET.test(line ?? '')))
      return 'none';
    const mask = maskerOf(known);
    const isList = (prop: string): boolean =>
      Object.values(schema[db] ?? {}).some((kind) => findPropSchema(kind, prop)?.kind === 'assignments');
    return (prop, value) => {
      if (isMaskedProp(schema, db, prop, value)) return MASK;
      const masked = isList(prop)
        ? value
            .split(',')
            .map((item) => maskWord(mask, item))
            .join(',')
        : mask(value);
      return listPropSecrets(schema, db, prop, value).reduce((text, secret) => text.replaceAll(secret, MASK), masked);
    };
  } catch {
    return 'all';
  }
}

/**
 * Of larger dbs those are looked at whose schema has secrets: a db is written by the hundred, and may have a
 * hundred megabytes beside it.
 */
const LOOKED_THROUGH_BYTES = 1024 ** 2;

/** The secrets of all dbs, as any of them may repeat what another one holds. */
function listKnown(paths: Paths): readonly string[] {
  return listDbs(paths)
    .flatMap((name) => {
      const schema = schemaOf(paths, name);
      if (!hasSecrets(schema, name) && sizeOf(path.join(paths.dbDir, name)) > LOOKED_THROUGH_BYTES) return [];
      const content = readDbFile(path.join(paths.dbDir, name), name);
      return content === undefined ? [] : listSecretValues({ dbs: new Map([[name, FlatDb.parse(content)]]), schema });
    })
    .flatMap((value) => [value, value.replaceAll('|', '\\|')]);
}

/** That of another db may have mistakes: the names of its props still tell. */
function schemaOf(paths: Paths, db: string): Schema {
  try {
    return readSchema(paths, db);
  } catch {
    return {};
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Those of the lines themselves: what was a secret a moment ago is in no db any more. */
function listLineSecrets(
  schema: Schema,
  db: string,
  lines: readonly (readonly [string, string | undefined])[],
): readonly string[] {
  return lines.flatMap(([key, line]) =>
    line === undefined
      ? []
      : [...toRecord(key, line).props].flatMap(([prop, value]) => listPropSecrets(schema, db, prop, value)),
  );
}

/** `root`, or `root, sudo from alice`. */
function userName(): string {
  const from = process.env['SUDO_USER'];
  const user = ownName();
  return from === undefined || from === '' || from === user ? user : `${user}, sudo from ${escapeControls(from)}`;
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`; // no line in the passwd file
  }
}

function appendToFile(file: string, lines: readonly string[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const now = new Date().toISOString();
  appendFileSync(file, lines.map((line) => `${now} db[${process.pid}]: ${line}\n`).join(''), { mode: 0o640 });
}

/**
 * `logger` reads the lines from a file that has no name any more: it has them all when this
 * process ends before it, and no other user sees them in a list of processes.
 */
function sendToSyslog(lines: readonly string[]): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'docksmith-log-'));
  try {
    const file = path.join(folder, 'lines');
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
    const fd = openSync(file, 'r');
    try {
      const logger = spawn('logger', ['-p', FACILITY, '-t', 'docksmith-db', '--size', '64KiB'], {
        stdio: [fd, 'ignore', 'ignore'],
        detached: true,
      });
      logger.on('error', () => undefined); // not installed
      logger.unref();
    } finally {
      closeSync(fd);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One change of a record, as the log tells it. */
export interface LoggedChange {
  /** as the log has it: ISO 8601 under another root, else as the host's syslog writes it */
  readonly when: string;
  /** the db's file, without the root */
  readonly file: string;
  readonly key: string;
  /** undefined where there was none, or is none any more; secret values are masked */
  readonly before: DbRecord | undefined;
  readonly after: DbRecord | undefined;
  readonly user: string;
}

/** Time, and of syslog the host; then the program, and what `formatChanges` says. */
const LINE =
  /^(\d{4}-\S+|\w+ +\d+ [\d:]+) (?:\S+ )?(?:docksmith-)?db(?:\[\d+\])?: (\/\S+): (OLD|NEW|DELETE) ([^=]*)=(.*) \(by ([^()]*)\)$/;

/** Reads what `logChanges` has written, among lines of others; in the order of the text. */
export function parseChanges(text: string): readonly LoggedChange[] {
  const old = new Map<string, string>();
  return text.split('\n').flatMap((line): readonly LoggedChange[] => {
    const [, when = '', file = '', kind = '', key = '', value = '', user = ''] = LINE.exec(line) ?? [];
    if (file === '') return [];
    const change = { when, file, key, user };
    const parse = (held: string | undefined): DbRecord | undefined =>
      held === undefined || held === '(undefined)' ? undefined : toRecord(key, toByteString(held));
    if (kind === 'OLD') old.set(`${file} ${key}`, value);
    if (kind === 'NEW') return [{ ...change, before: parse(old.get(`${file} ${key}`)), after: parse(value) }];
    return kind === 'DELETE' ? [{ ...change, before: parse(value), after: undefined }] : [];
  });
}
