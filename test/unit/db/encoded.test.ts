import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Draft } from '../../../src/db/draft.ts';
import { toByteString } from '../../../src/db/byte-text.ts';
import { decodeValue, encodeValue } from '../../../src/db/encoded.ts';
import { FlatDb } from '../../../src/db/flat-db.ts';
import { findProp } from '../../../src/db/snapshot.ts';

/** What a reader finds after the value was stored as the last and as the only prop of a file. */
function keep(value: string): string | undefined {
  const draft = new Draft(new Map());
  draft.setType('wiki', 'service');
  draft.setProp('wiki', 'Z', toByteString(encodeValue(value)));
  const db = new FlatDb(() => draft.lines);
  return findProp({ dbs: new Map([['docker_containers', db]]), schema: {} }, 'docker_containers', 'wiki', 'Z');
}

it.each([
  ['plain', 'plain'],
  ['line 1\nline 2', 'line 1\nline 2'],
  ['line\n', '%:line%0A'],
  ['  padded ', '%:%20%20padded%20'],
  ['C:\\new', '%:C:%5Cnew'],
  ['C:\\dir', 'C:\\dir'],
  ['x\\', '%:x%5C'],
  ['a\\|b', '%:a%5C|b'],
  ['%:5', '%:%25:5'],
  ['100%', '100%'],
  ['naïve ✓ ', '%:naïve ✓%20'],
])('%j is kept as %j', (value, kept) => {
  expect(encodeValue(value)).toBe(kept);
  expect(keep(value)).toBe(value);
});

it('keeps every text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', ' ', '\\', 'n', '|', '%', ':', '\n', '\t', '\r', 'é', '=') }),
      (text) => {
        fc.pre(text !== '');
        expect(keep(text)).toBe(text);
      },
    ),
  );
});

it('leaves alone what only looks encoded', () => {
  expect(decodeValue('%:100%')).toBe('%:100%');
  expect(decodeValue('50%:50')).toBe('50%:50');
});
