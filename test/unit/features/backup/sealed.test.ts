import { expect, it } from 'vitest';
import { deriveKey, newScrypt, open, type Place, seal } from '../../../../src/features/backup/sealed.ts';

const KEY = Buffer.alloc(32, 7);
const PLACE: Place = { about: Buffer.from('{}'), part: 1, piece: 2, isLast: false };
const CONTENT = Buffer.from('what nobody may see');

it('opens what it has sealed, and shows nothing of it before', () => {
  const sealed = seal(KEY, PLACE, CONTENT);
  expect(sealed.includes('nobody')).toBe(false);
  expect(open(KEY, PLACE, sealed)).toEqual(CONTENT);
  expect(open(KEY, PLACE, seal(KEY, PLACE, Buffer.alloc(0)))).toEqual(Buffer.alloc(0));
});

it.each<[string, Partial<Place>]>([
  ['part', { part: 2 }],
  ['piece', { piece: 3 }],
  ['end', { isLast: true }],
  ['backup', { about: Buffer.from('{ }') }],
])('does not open what is of another %s', (_what, other) => {
  expect(() => open(KEY, { ...PLACE, ...other }, seal(KEY, PLACE, CONTENT))).toThrow();
});

it('does not open what was changed in any byte, or cut off', () => {
  const sealed = seal(KEY, PLACE, CONTENT);
  for (const at of sealed.keys()) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => open(KEY, PLACE, changed)).toThrow();
    expect(() => open(KEY, PLACE, sealed.subarray(0, at))).toThrow();
  }
});

it('makes a key of a passphrase and a salt, the same each time', async () => {
  const cost = { ...newScrypt(), N: 2 ** 10 };
  const key = await deriveKey('one', cost);
  expect(await deriveKey('one', cost)).toEqual(key);
  expect(await deriveKey('two', cost)).not.toEqual(key);
  expect(await deriveKey('one', { ...cost, salt: newScrypt().salt })).not.toEqual(key);
});

it.each([{ N: 2 ** 30 }, { r: 2 ** 20 }, { p: 1000 }, { N: 0 }, { N: 1.5 }])(
  'refuses what would take all of the memory: %j',
  async (cost) => {
    await expect(deriveKey('one', { ...newScrypt(), ...cost })).rejects.toThrow('more memory than any backup');
  },
);
