import { expect, it } from 'vitest';
import { findOwn } from '../../../src/base/own.ts';

it('finds what a table has, and nothing that every object has', () => {
  const table = { a: 1 };
  expect(['a', 'b', 'constructor', 'toString', '__proto__'].map((name) => findOwn(table, name))).toEqual([
    1,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
