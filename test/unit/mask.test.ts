import { expect, it } from 'vitest';
import { maskerOf } from '../../src/mask.ts';

it('masks each value wherever it stands, the longer of two first, and each line of one with several', () => {
  const mask = maskerOf(['hunter2', 'hunter22', 'first line\nsecond line', '']);
  expect(mask('a hunter22 b hunter2c\nsecond line')).toBe('a ******** b ********c\n********');
});

it('takes a value for text, not for a pattern', () => {
  expect(maskerOf(['a.b*(c'])('a.b*(c axbb(c')).toBe('******** axbb(c');
});

it('masks a short value where it stands alone, and not in every word', () => {
  expect(maskerOf(['ab'])('pw=ab; absent "ab" cab')).toBe('pw=********; absent "********" cab');
});

it('leaves a text alone where there are no secrets', () => {
  expect(maskerOf([' ', '\n'])('a b')).toBe('a b');
});
