import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const TESTS = path.resolve(import.meta.dirname, '..');
const ROWS = readFileSync(path.join(TESTS, 'ATTACKS.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (attack|---) /.test(line));

test.each(ROWS)('%s', (row) => {
  const [, file = '', words = ''] = /\| `([^`]+\.test\.ts)`: (.+) \|$/.exec(row) ?? [];
  expect(existsSync(path.join(TESTS, file)), `there is no test file "${file}"`).toBe(true);
  expect(words).not.toBe('');
  expect(readFileSync(path.join(TESTS, file), 'utf8')).toContain(words);
});
