import { createHash } from 'node:crypto';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { compareBytes } from '../../base/layers.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { asStateFile, readStateText, writeStateFile, VERSION } from '../../files/state-file.ts';
import type { Rendered } from '../../template/rendered.ts';
import { type Owned, OwnedFiles } from './owned-files.ts';

export { type Owned, OwnedFiles };

export interface Ledger {
  readonly outputs: OwnedFiles;
  /** path -> id in history of the file that stood there before docksmith (`--take-over`); stays when the output goes */
  readonly originals: ReadonlyMap<string, string>;
  /** folders that docksmith made, without the root */
  readonly folders: ReadonlySet<string>;
}

export const EMPTY_LEDGER: Ledger = { outputs: OwnedFiles.of([]), originals: new Map(), folders: new Set() };

export function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Worked out once for a file that can tell it. */
export function getDigest(file: Pick<FileContent, 'content' | 'digest'>): string {
  return file.digest ?? digestOf(file.content);
}

/** The entry for an output as it is rendered. */
export function ownedOf(output: Rendered): Owned {
  const { path, mode, uid, gid, template, record, services, isSecret } = output;
  return {
    path,
    digest: getDigest(output),
    mode,
    uid,
    gid,
    template,
    ...(record !== undefined && { record }),
    services,
    isSecret,
  };
}

/** Without the root. */
export const LEDGER_FILE = path.posix.join(STATE_DIR, 'ledger');
const WHAT = 'the ledger';

const ledgerFile = (paths: Paths): string => paths.file(LEDGER_FILE);

/**
 * Empty where docksmith never installed anything; a damaged ledger is an error, since an empty one would
 * disown every file.
 */
export function readLedger(paths: Paths): Ledger {
  return readStateText(ledgerFile(paths), WHAT, parseLedger) ?? EMPTY_LEDGER;
}

/** Writes the whole ledger as one step. */
export function writeLedger(paths: Paths, ledger: Ledger): void {
  writeStateFile(ledgerFile(paths), WHAT, formatLedger(ledger));
}

/**
 * The file, for who writes it together with others: a head with a checksum of all that follows,
 * for lines are not looked at when it is read; then, with tabs between their parts, folders,
 * originals, and a line per output.
 */
export function formatLedger(ledger: Ledger): FileContent {
  const body = Buffer.from([...listLines(ledger)].join(''));
  return asStateFile(Buffer.concat([Buffer.from(`docksmith ledger ${VERSION} ${formatSum(crc32(body))}\n`), body]));
}

function* listLines({ outputs, originals, folders }: Ledger): Generator<string, undefined> {
  for (const folder of [...folders].sort(compareBytes)) yield `folder\t${folder}\n`;
  for (const [file, id] of [...originals].sort(([a], [b]) => compareBytes(a, b))) yield `original\t${file}\t${id}\n`;
  for (const line of outputs.lines()) yield `${line}\n`;
}

function formatSum(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

function parseLedger(text: string, checkVersion: (version: number) => void): Ledger {
  const [head = '', version = '', sum = ''] = /^docksmith ledger (\d+) ([0-9a-f]{8})\n/.exec(text) ?? [];
  if (head === '') throw new Error('it does not begin as a ledger does');
  checkVersion(Number(version));
  const body = text.slice(head.length);
  if (formatSum(crc32(body)) !== sum) throw new Error('checksum mismatch');
  const lines = body.split('\n').slice(0, -1);
  const first = lines.findIndex((line) => line.startsWith('/'));
  const folders = new Set<string>();
  const originals = new Map<string, string>();
  for (const line of first < 0 ? lines : lines.slice(0, first)) {
    const [kind, name = '', id = ''] = line.split('\t');
    if (kind === 'folder') folders.add(name);
    else if (kind === 'original') originals.set(name, id);
    else throw new Error(`${JSON.stringify(line)} is no line of it`);
  }
  return { outputs: OwnedFiles.parse(first < 0 ? [] : lines.slice(first)), originals, folders };
}
