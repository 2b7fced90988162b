import { expect, it } from 'vitest';
import { checkValue } from '../../../src/db/check-value.ts';
import { KINDS } from '../../../src/db/kinds.ts';
import { listOtherValues } from '../../../src/db/other-values.ts';

it('every kind has other values for any value, allowed ones, and "not set" among them', () => {
  for (const kind of KINDS) {
    const schema = { doc: '', kind, ...(kind === 'choice' ? { values: ['a', 'b'] } : {}) };
    for (const value of [undefined, ...listOtherValues(schema, undefined)]) {
      const others = listOtherValues(schema, value);
      expect(others, kind).not.toContain(value);
      const set = others.filter((other) => other !== undefined);
      expect(set.length, kind).toBeGreaterThan(0);
      for (const other of set) expect([kind, other, checkValue(schema, other)]).toEqual([kind, other, undefined]);
      if (value !== undefined) expect(others).toContain(undefined);
    }
  }
});

it('words of fragments are taken where the prop allows them', () => {
  expect(listOtherValues({ doc: '', kind: 'port', default: '80' }, '1', ['443', 'https'])).toEqual([
    '2',
    '80',
    '443',
    undefined,
  ]);
  expect(listOtherValues(undefined, undefined, ['none'])).toEqual(['other', 'another', 'none']);
});
