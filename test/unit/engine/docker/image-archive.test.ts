import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isSavedImage } from '../../../../src/engine/docker/image-archive.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

/** A tar archive of these names, in their order; an ending slash makes a folder. */
function archive(names: readonly string[], options: readonly string[] = []): string {
  const { folder } = makeTempHost();
  const from = path.join(folder, 'from');
  for (const name of names) {
    mkdirSync(path.join(from, path.dirname(name)), { recursive: true });
    if (name.endsWith('/')) mkdirSync(path.join(from, name), { recursive: true });
    else writeFileSync(path.join(from, name), 'content');
  }
  const file = path.join(folder, 'archive.tar');
  execFileSync('tar', ['-C', from, '--no-recursion', ...options, '-cf', file, ...names]);
  return file;
}

const LAYER = 'ab'.repeat(32);

it.each([
  ['an image in the older layout', [`${LAYER}/`, `${LAYER}/layer.tar`, 'manifest.json'], [], true],
  ['an image in the layout of OCI', ['blobs/', 'blobs/sha256/', 'index.json'], [], true],
  ['one that begins with a file', ['oci-layout', 'manifest.json'], [], true],
  ['one that is gzipped', ['manifest.json'], ['-z'], true],
  ['one with headers of its own for every entry', [`${LAYER}.json`], ['--format=posix'], true],
  ['the files of a system', ['./', './bin/', './etc/', './manifest.json'], [], false],
  ['those gzipped', ['bin/', 'etc/'], ['-z'], false],
  ['a system whose first name is long', [`${'long'.repeat(40)}/`, 'manifest.json'], ['--format=gnu'], false],
] as const)('knows %s', async (_, names, options, isSaved) => {
  expect(await isSavedImage(archive(names, options))).toBe(isSaved);
});

it('refuses what is no archive, what is compressed otherwise and what is not there', async () => {
  const host = makeTempHost();
  await expect(isSavedImage(host.write('/text', 'x'.repeat(2000)))).rejects.toThrow(
    'it is no tar archive, plain or gzipped',
  );
  await expect(isSavedImage(host.write('/empty'))).rejects.toThrow('it is no tar archive, plain or gzipped');
  await expect(isSavedImage(host.file('/gone'))).rejects.toThrow('no such file or folder');
});
