import { expect, it } from 'vitest';
import { isPast, sign } from '../../../src/files/signature.ts';

const SECOND = 1_700_000_000_000;

it.each([
  ['a moment ago', SECOND + 123.456, SECOND + 130, false],
  ['a step of the clock ago', SECOND + 123.456, SECOND + 144, true],
  ['in this second, where only seconds are kept', SECOND, SECOND + 999, false],
  ['in these two seconds, where only every other one is kept', SECOND, SECOND + 1_999, false],
  ['longer ago', SECOND, SECOND + 2_020, true],
])('a file that was changed %s', (_, ctimeMs, now, isPastThen) => {
  expect(isPast(ctimeMs, now)).toBe(isPastThen);
  expect(sign({ ino: 1, size: 2, ctimeMs }, now)).toBe(isPastThen ? `1 2 ${ctimeMs}` : '');
});
