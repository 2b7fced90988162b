import { linkSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { reasonOf } from '../../../src/base/errors.ts';
import { makeFolder } from '../../support/folder.ts';

it.each<readonly [string, (folder: string) => void, string]>([
  ['a file that is not there', (folder) => void openSync(path.join(folder, 'none'), 'r'), 'no such file or folder'],
  [
    'a name that no file system takes',
    (folder) => writeFileSync(path.join(folder, 'x'.repeat(300)), ''),
    'its name is too long',
  ],
  [
    'a link from another file system',
    (folder) => linkSync('/proc/self/status', path.join(folder, 'x')),
    'is on another file system',
  ],
])('%s is told in words', (_, act, words) => {
  const folder = makeFolder();
  let why: string | undefined;
  try {
    act(folder);
  } catch (error) {
    why = reasonOf(error);
  }
  expect(why).toBe(words);
});
