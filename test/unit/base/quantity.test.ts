import { expect, it } from 'vitest';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../../src/base/quantity.ts';

it.each([
  ['512m', 512 * 1024 ** 2],
  ['1.5g', 1536 * 1024 ** 2],
  ['64kb', 65536],
  ['1024', 1024],
  ['10B', 10],
  ['2T', 2 * 1024 ** 4],
  ['', undefined],
  ['m', undefined],
  ['-1', undefined],
  ['5x', undefined],
])('reads the size %j', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

it.each([
  [1024 ** 3, '1024m'],
  [6 * 1024 ** 2, '6m'],
  [1500 * 1024, '1500k'],
  [1000, '1000'],
  [0, '0'],
])('writes %i bytes', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  ['1m30s', 90e9],
  ['500ms', 5e8],
  ['1.5s', 15e8],
  ['10', 10e9],
  ['2h', 7200e9],
  ['5us', 5000],
  ['1s1', undefined],
  ['', undefined],
])('reads the duration %j', (text, nanoseconds) => {
  expect(parseDuration(text)).toBe(nanoseconds);
});

it.each([
  [90e9, '90s'],
  [5e8, '500ms'],
  [5000, '5us'],
  [7, '7ns'],
])('writes %i nanoseconds', (nanoseconds, text) => {
  expect(formatDuration(nanoseconds)).toBe(text);
});
