import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { MASK } from '../../base/mask.ts';
import { type Paths, STATE_DIR, withoutRoot } from '../../base/paths.ts';
import { fromByteString, toByteString } from '../byte-text.ts';
import { listFields, parseFields, sortKeys } from '../flat-file.ts';
import { type ChangedDb, readSecretProps, type SecretProps } from './secret-props.ts';

/** Where the changes of a db go on a host that is laid out in a folder, under its root. */
export const LOG_FILE = '/var/log/docksmith.log';
const FACILITY = 'local1.info';

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
    readSecretProps(paths, path.basename(changed.name), changed),
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
