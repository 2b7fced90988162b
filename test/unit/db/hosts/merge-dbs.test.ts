import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { mergeDbs } from '../../../../src/db/hosts/merge-dbs.ts';
import { type Db, isSameRecord } from '../../../../src/db/record.ts';
import { db, record } from '../../../support/sample.ts';

const EMPTY: Db = new Map();

function show(records: Db): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...records].map(([key, { type, props }]) => [key, { type, ...Object.fromEntries(props) }]),
  );
}

describe('two changes of one db', () => {
  const base = db(record('one', 'service', { A: '1', B: '2' }), record('two', 'service', { A: '1' }));

  it('are merged where they are about different props, of one record and of several', () => {
    const ours = db(record('one', 'service', { A: 'x', B: '2' }), record('three', 'service'));
    const theirs = db(record('one', 'service', { A: '1' }), record('two', 'service', { A: '1', C: 'new' }));
    const { merged, conflicts } = mergeDbs(base, ours, db(...theirs.values(), record('four', 'service')));
    expect(show(merged)).toEqual({
      four: { type: 'service' },
      one: { type: 'service', A: 'x' },
      three: { type: 'service' },
    });
    // one side deleted it, and the other one changed it
    expect(conflicts).toEqual([{ key: 'two', prop: undefined, base: 'service', ours: undefined, theirs: 'service' }]);
  });

  it('are in conflict where both changed one prop to different values, which are both told', () => {
    const { merged, conflicts } = mergeDbs(
      base,
      db(record('one', 'other', { A: 'x' }), record('two', 'service', { A: '1', type: 'a' })),
      db(record('one', 'third', { A: 'y' }), record('two', 'service', { A: '1', type: 'a' })),
    );
    expect(conflicts).toEqual([
      { key: 'one', prop: 'type', base: 'service', ours: 'other', theirs: 'third' },
      { key: 'one', prop: 'A', base: '1', ours: 'x', theirs: 'y' },
    ]);
    expect(show(merged)['one']).toEqual({ type: 'other', A: 'x' });
  });

  it('are merged by prop, too, where both added the record', () => {
    const both = mergeDbs(EMPTY, db(record('n', 's', { A: '1', B: '2' })), db(record('n', 's', { A: '1', C: '3' })));
    expect(both.conflicts).toEqual([]);
    expect(show(both.merged)).toEqual({ n: { type: 's', A: '1', B: '2', C: '3' } });
  });
});

describe('whatever the changes are', () => {
  // few names and values, so that the sides meet
  const name = fc.constantFrom('', 'a', 'b', 'type');
  const anyDb = fc
    .dictionary(
      fc.constantFrom('k', 'l', 'm'),
      fc.tuple(fc.constantFrom('s', 't'), fc.dictionary(name, fc.constantFrom('', '1', '2'))),
    )
    .map((records) => db(...Object.entries(records).map(([key, [type, props]]) => record(key, type, props))));
  const valuesOf = (records: Db, key: string, prop: string | undefined): string | undefined =>
    prop === undefined ? records.get(key)?.type : records.get(key)?.props.get(prop);
  const isSameDb = (a: Db, b: Db): boolean =>
    [...a.keys(), ...b.keys()].every((key) => isSameRecord(a.get(key), b.get(key)));

  test('what one side left alone is as the other one made it', () => {
    fc.assert(
      fc.property(anyDb, anyDb, (base, changed) => {
        for (const { merged, conflicts } of [
          mergeDbs(base, changed, base),
          mergeDbs(base, base, changed),
          mergeDbs(base, changed, changed),
        ]) {
          expect(conflicts).toEqual([]);
          expect(isSameDb(merged, changed)).toBe(true);
        }
      }),
    );
  });

  test('it is the same from either side, but for what is in conflict', () => {
    fc.assert(
      fc.property(anyDb, anyDb, anyDb, (base, ours, theirs) => {
        const [one, other] = [mergeDbs(base, ours, theirs), mergeDbs(base, theirs, ours)];
        const turned = other.conflicts.map((conflict) => ({
          ...conflict,
          ours: conflict.theirs,
          theirs: conflict.ours,
        }));
        expect(turned).toEqual(one.conflicts);
        if (one.conflicts.length === 0) expect(isSameDb(one.merged, other.merged)).toBe(true);
      }),
    );
  });

  test('each prop is one that a side has; a change is lost only to a conflict that names it', () => {
    fc.assert(
      fc.property(anyDb, anyDb, anyDb, (base, ours, theirs) => {
        const { merged, conflicts } = mergeDbs(base, ours, theirs);
        for (const key of ['k', 'l', 'm'])
          for (const prop of [undefined, '', 'a', 'b', 'type']) {
            const [was, here, there, is] = [base, ours, theirs, merged].map((one) => valuesOf(one, key, prop));
            const isInConflict = conflicts.some((conflict) => conflict.key === key);
            expect([here, there]).toContain(is);
            if (!isInConflict && here !== was) expect(is).toBe(here);
            if (!isInConflict && there !== was) expect(is).toBe(there);
          }
      }),
    );
  });
});
