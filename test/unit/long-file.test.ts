import { expect, it } from 'vitest';
import { asLongStateFile, formatLongState, gather } from '../../src/long-file.ts';
import type { LongFile } from '../../src/replace-file.ts';
import { formatState } from '../../src/state-file.ts';

/** A part holds only until the next one. */
const copyAll = (parts: Iterable<Buffer>): Buffer => Buffer.concat([...mapCopies(parts)]);
function* mapCopies(parts: Iterable<Buffer>): Generator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}
const textOf = ({ parts }: LongFile): string => copyAll(parts).toString();

it('puts pieces together, those that are longer than a part as they are', () => {
  const pieces = ['short', Buffer.from('é'), 'x'.repeat(2 ** 18 - 3), '', 'y'.repeat(2 ** 20), 'end'];
  expect(copyAll(gather(pieces)).equals(Buffer.concat(pieces.map((piece) => Buffer.from(piece))))).toBe(true);
  expect([...gather([])]).toEqual([]);
});

it('writes a state as it is written at once, each time the same', () => {
  const state = { number: 3, gone: undefined, nothing: [], list: [{ a: 1, b: undefined }, 'ä"\n'], deep: { map: { x: [1] } } };
  const long = formatLongState(state);
  expect([textOf(long), textOf(long)]).toEqual([formatState(state).content.toString(), formatState(state).content.toString()]);
});

it('asks for the entries of an object that may be long', () => {
  const entries = Array.from({ length: 5000 }, (_, n) => [`key "${n}"`, { n, more: 'ö'.repeat(100) }] as const);
  expect(textOf(formatLongState({ files: () => entries, none: () => [] }))).toBe(formatState({ files: Object.fromEntries(entries), none: {} }).content.toString());
});

it('is for its owner alone', () => {
  expect(asLongStateFile(() => ['text'])).toMatchObject({ mode: 0o600, uid: process.geteuid?.() });
});
