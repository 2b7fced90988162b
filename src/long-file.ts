import type { LongFile } from './replace-file.ts';
import { asStateFile, VERSION } from './state-file.ts';

/** Bytes that are written at once. */
const PART = 2 ** 18;

/** A file for its owner's eyes only, of texts and bytes that are made when it is gone through. */
export function asLongStateFile(makePieces: () => Iterable<string | Buffer>): LongFile {
  const { mode, uid, gid } = asStateFile(Buffer.alloc(0));
  return { parts: { [Symbol.iterator]: () => gather(makePieces()) }, mode, uid, gid };
}

/** What `formatState` makes, of a state with lists of many items, which are put in words one by one; so are the entries of an object that a function lists. */
export function formatLongState(state: Readonly<Record<string, unknown>>): LongFile {
  return asLongStateFile(() => listTexts({ version: VERSION, ...state }));
}

/** Put together to what is worth a write. The bytes hold until the next ones are asked for: many buffers of some size stay longer than they are used. */
export function* gather(pieces: Iterable<string | Buffer>): Generator<Buffer, undefined> {
  const part = Buffer.allocUnsafe(PART);
  let size = 0;
  for (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (size > 0 && size + bytes.length > PART) {
      yield part.subarray(0, size);
      size = 0;
    }
    if (bytes.length > PART) yield bytes;
    else size += bytes.copy(part, size);
  }
  if (size > 0) yield part.subarray(0, size);
}

function* listTexts(state: Readonly<Record<string, unknown>>): Generator<string, undefined> {
  let separator = '{';
  for (const [name, value] of Object.entries(state)) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(name)}:`;
    if (typeof value === 'function') yield* listItems('{', formatEntries((value as () => Iterable<readonly [string, unknown]>)()), '}');
    else if (Array.isArray(value)) yield* listItems('[', formatAll(value), ']');
    else yield JSON.stringify(value);
    separator = ',';
  }
  yield '}\n';
}

function* listItems(open: string, texts: Iterable<string>, close: string): Generator<string, undefined> {
  let before = open;
  for (const text of texts) {
    yield `${before}${text}`;
    before = ',';
  }
  yield before === open ? `${open}${close}` : close;
}

function* formatEntries(entries: Iterable<readonly [string, unknown]>): Generator<string, undefined> {
  for (const [key, value] of entries) yield `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function* formatAll(list: readonly unknown[]): Generator<string, undefined> {
  for (const item of list) yield JSON.stringify(item);
}
