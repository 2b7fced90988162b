import { expect, it } from 'vitest';
import { parseTime } from '../../../../src/features/logs/parse-time.ts';

const NOW = new Date('2026-11-21T10:00:00Z');

it.each([
  ['10m', '2026-11-21T09:50:00.000Z'],
  ['1h30m', '2026-11-21T08:30:00.000Z'],
  ['2026-11-20T10:00:00Z', '2026-11-20T10:00:00.000Z'],
  ['2026-11-20 10:00+02:00', '2026-11-20T08:00:00.000Z'],
  ['1700000000', '2023-11-14T22:13:20.000Z'],
  ['2026-11-20T10:00:00.123Z', '2026-11-20T10:00:00.123Z'],
])('reads %j', (text, time) => {
  expect(parseTime(text, NOW)).toBe(time);
});

it('takes the time zone of this host where none is said, for days too', () => {
  expect(parseTime('2026-11-20', NOW)).toBe(new Date('2026-11-20T00:00').toISOString());
});

it.each(['soon', '', '2026-13-40', '10 minutes', '99999999999999'])('refuses %j', (text) => {
  expect(parseTime(text, NOW)).toBeUndefined();
});
