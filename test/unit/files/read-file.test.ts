import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readCacheFile, writeCacheFile } from '../../../src/files/cache-file.ts';
import { takeLock } from '../../../src/files/lock.ts';
import { readBytes, readText } from '../../../src/files/read-file.ts';
import { readState } from '../../../src/files/state-file.ts';
import { makeRoot } from '../../support/folder.ts';
import { makeTemporaryFolder, removeFolder } from '../../support/leftovers.ts';

const folder = makeTemporaryFolder('read-file');
const file = (name: string): string => path.join(folder, name);
afterAll(() => removeFolder(folder));

it('reads a regular file, also over a link', () => {
  writeFileSync(file('text'), 'é\n');
  symlinkSync('text', file('link'));
  expect([readText(file('text')), readText(file('link'), 'latin1'), readBytes(file('text')).length]).toEqual([
    'é\n',
    'Ã©\n',
    3,
  ]);
});

it('refuses bytes that are not UTF-8, and a NUL, with the line, and replaces none', () => {
  writeFileSync(file('latin1'), Buffer.from('a\n\u00e9\n', 'latin1'));
  writeFileSync(file('nul'), 'a\nb\nc\0\n');
  expect(() => readText(file('latin1'))).toThrow(
    `${file('latin1')}:2: cannot read the text: it holds bytes that are not`,
  );
  expect(() => readText(file('nul'))).toThrow(`${file('nul')}:3: cannot read the text: it holds a NUL byte`);
  expect(readText(file('latin1'), 'latin1')).toBe('a\n\u00e9\n');
});

it('refuses at once what is no file, and what cannot be meant', () => {
  execFileSync('mkfifo', [file('fifo')]);
  mkdirSync(file('folder'));
  symlinkSync('/dev/zero', file('zero'));
  writeFileSync(file('huge'), '');
  truncateSync(file('huge'), 300 * 1024 * 1024);
  expect(() => readBytes(file('fifo'))).toThrow('it is a FIFO, and no file');
  expect(() => readBytes(file('zero'))).toThrow('it is a device, and no file');
  expect(() => readBytes(file('folder'))).toThrow(
    expect.objectContaining({ code: 'EISDIR', path: file('folder') }) as Error,
  );
  expect(() => readBytes(file('huge'))).toThrow('it has 300 MB, and at most 256 are read');
  expect(() => readBytes(file('none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }) as Error);
});

it('a state that is no file is named, and never taken as empty', () => {
  expect(() => readState(file('fifo'), 'the ledger', () => 1)).toThrow(
    `cannot read the ledger "${file('fifo')}": it is a FIFO, and no file`,
  );
  expect(() => takeLock(file('fifo'), { holder: 'me' })).toThrow('it is no file');
});

it.each(['mkfifo', 'mkdir'])('a cache is rewritten whatever is in its place (%s)', (make) => {
  const paths = makeRoot();
  writeCacheFile(paths, 'it', 'it 1', Buffer.from('one'));
  const cached = paths.file('/var/cache/docksmith/it');
  rmSync(cached);
  execFileSync(make, [cached]);
  expect(readCacheFile(paths, 'it', 'it 1')).toBeUndefined();
  writeCacheFile(paths, 'it', 'it 1', Buffer.from('two'));
  expect(readCacheFile(paths, 'it', 'it 1')?.toString()).toBe('two');
});
