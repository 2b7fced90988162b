import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FlatDb } from '../../../src/db/flat-db.ts';
import { isSameRecord } from '../../../src/db/record.ts';
import { DbDiff } from '../../../src/incremental/db-diff.ts';

const LINE = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b', 'ab', 'c', ' a', 'ü'), fc.constantFrom('x', 'x|p|1', 'x|p|2', 'y'))
      .map(([key, value]) => `${key}=${value}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('# a comment', '', 'a') },
);
const FILE = fc
  .tuple(fc.array(LINE, { maxLength: 8 }), fc.constantFrom('\n', ''))
  .map(([lines, end]) => lines.join('\n') + end);
/** Of some a part in the middle is replaced, as most changes are. */
const PAIR = fc.oneof(
  fc.tuple(FILE, FILE),
  fc
    .tuple(fc.array(LINE, { maxLength: 12 }), fc.array(LINE, { maxLength: 2 }), fc.nat(12), fc.nat(2))
    .map(
      ([lines, others, at, count]) =>
        [`${lines.join('\n')}\n`, `${lines.toSpliced(at, count, ...others).join('\n')}\n`] as const,
    ),
);

it('finds the records that are others in a file, whatever stands in it', () => {
  fc.assert(
    fc.property(PAIR, fc.boolean(), ([former, now], isLatin) => {
      const [before, after] = [former, now].map((text) => FlatDb.parse(Buffer.from(text, isLatin ? 'latin1' : 'utf8')));
      if (before === undefined || after === undefined) throw new Error('two files');
      const wanted = [...new Set([...before.keys(), ...after.keys()])].filter(
        (key) => !isSameRecord(before.get(key), after.get(key)),
      );
      const changed = new DbDiff(new Map([['db', before]]), { dbs: new Map([['db', after]]), schema: {} }, []).records(
        'db',
      );
      for (const key of wanted) expect(changed.get(key)).toEqual({ before: before.get(key), after: after.get(key) });
      // the others are the same records, at most with another spelling
      for (const key of changed.keys())
        if (!wanted.includes(key)) expect(before.lines.get(key)).not.toBe(after.lines.get(key));
    }),
    { numRuns: 3000 },
  );
});
