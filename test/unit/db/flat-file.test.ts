import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/base/errors.ts';
import { fromByteString, toByteString } from '../../../src/db/byte-text.ts';
import { Draft } from '../../../src/db/draft.ts';
import { FlatDb } from '../../../src/db/flat-db.ts';
import { CODE_POINTS } from '../../support/code-points.ts';
import { formatFlatFile, type Lines, parseFlatFile } from '../../../src/db/flat-file.ts';

const parse = (text: string): Lines => parseFlatFile(Buffer.from(text, 'latin1'));
const format = (lines: Lines): string => formatFlatFile(lines, new Date(0)).toString('latin1');
const records = (lines: Lines): string =>
  format(lines)
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');

describe('parseFlatFile', () => {
  it('skips comments and blank lines, takes the second of two equal keys, and keeps a = in a value', () => {
    expect([...parse('# c\n \t\n  # d\na=1\nb=x=y\na=2\n')]).toEqual([
      ['a', '2'],
      ['b', 'x=y'],
    ]);
  });

  it('keeps a line without = apart from one with an empty value, until it is written', () => {
    const lines = parse('n\ne=\n');
    expect([...lines]).toEqual([
      ['n', undefined],
      ['e', ''],
    ]);
    expect(records(lines)).toBe('e=\nn=\n');
  });

  it('takes a byte 0xa0, a part of many UTF-8 characters, for no space', () => {
    expect([...parse('\xa0\n').keys()]).toEqual(['\xa0']);
  });
});

describe('formatFlatFile', () => {
  it('sorts by byte, capitals and digits before small letters, and Latin-1 after UTF-8', () => {
    expect(records(parse('b=\n\xe9=\nB=\n9b=\n10a=\n\xc3\xa9=\n'))).toBe('10a=\n9b=\nB=\nb=\n\xc3\xa9=\n\xe9=\n');
  });

  it('says in comments whose file it is and when it changed', () => {
    const header = format(new Map()).split('\n').slice(0, -1);
    expect(header.every((line) => line.startsWith('#'))).toBe(true);
    expect(header.at(-1)).toContain('1970-01-01T00:00:00');
  });
});

describe('any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    // what a db file is made of, in any order
    fc
      .array(
        fc.constantFrom('=', '|', '\\', '\n', 'n', '#', ' ', '\t', '\r', 'a', 'type', '\xe9', '\xc3\xa9', '\xa0', '\0'),
        { maxLength: 60 },
      )
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  );

  it('are parsed without an error, and a rewrite keeps every record as it stood', () => {
    fc.assert(
      fc.property(bytes, (content) => {
        const lines = parseFlatFile(content);
        expect([...new FlatDb(() => lines)].length).toBeLessThanOrEqual(lines.size);
        const again = parseFlatFile(formatFlatFile(lines, new Date(0)));
        expect(new Map(again)).toEqual(new Map([...lines].map(([key, value]) => [key, value ?? ''])));
      }),
      { numRuns: 500 },
    );
  });

  it('survive a change of another record', () => {
    fc.assert(
      fc.property(bytes, (content) => {
        const before = parseFlatFile(content);
        const draft = new Draft(before);
        draft.setType('changed', 'service');
        draft.setProp('changed', 'p', 'v');
        const after = parseFlatFile(formatFlatFile(draft.lines, new Date(0)));
        before.delete('changed');
        after.delete('changed');
        expect(after).toEqual(new Map([...before].map(([key, value]) => [key, value ?? ''])));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a record that the format can hold', () => {
  // the white space around a record and its key is not a part of them
  const text = fc
    .oneof(
      fc.string(),
      fc.string({ unit: CODE_POINTS }),
      fc
        .array(fc.constantFrom('|', '\\', '\n', 'n', '=', '#', ' ', 'a', 'é'), { maxLength: 12 })
        .map((parts) => parts.join('')),
    )
    .map((any) => any.trim());

  it('reads back the same, and any other is refused', () => {
    fc.assert(
      fc.property(text, fc.dictionary(text, text, { maxKeys: 4 }), (key, props) => {
        fc.pre(new Set(Object.keys(props).map(readBack)).size === Object.keys(props).length);
        const draft = new Draft(new Map());
        try {
          draft.setType(toByteString(key), 'service');
          for (const [prop, value] of Object.entries(props))
            draft.setProp(toByteString(key), toByteString(prop), toByteString(value));
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          return;
        }
        const record = new FlatDb(() => parseFlatFile(formatFlatFile(draft.lines, new Date(0)))).get(readBackKey(key));
        expect(record?.type).toBe('service');
        expect(record?.props).toEqual(
          new Map(Object.entries(props).map(([prop, value]) => [readBack(prop), readBack(value)])),
        );
      }),
      { numRuns: 2000 },
    );
  });

  /** By rule, `\n` and `\|` that were typed are a newline and a plain |; half of a surrogate pair is no text. */
  function readBack(value: string): string {
    return readBackKey(value).replaceAll('\\n', '\n').replaceAll('\\|', '|');
  }

  function readBackKey(key: string): string {
    return fromByteString(toByteString(key));
  }
});
