import { expect, it } from 'vitest';
import { describeRecord } from '../../../../src/flow/commit/generation-dbs.ts';

const record = (type: string, props: Readonly<Record<string, string>> = {}) => ({
  key: 'k',
  type,
  props: new Map(Object.entries(props)),
});

it.each([
  ['added', undefined, record('service'), []],
  ['deleted', record('service'), undefined, []],
  ['changed', record('one'), record('two'), ['type']],
  ['type, a', record('one', { a: '1' }), record('two', { a: '2' }), ['type', 'a']],
])('a record is said to be %s', (words, before, after, props) => {
  expect(describeRecord({ db: 'configuration', key: 'k', before, after, props })).toBe(`configuration k ${words}`);
});
