import path from 'node:path';
import { expect, it } from 'vitest';
import { openBackup } from '../../../../src/features/backup/read-backup.ts';

const neverAsked = (): Promise<string> => Promise.reject(new Error('asked for the passphrase'));

it.each([
  ['/nowhere/at-all', 'no such file or folder'],
  ['-', 'no such file or folder'],
  ['host:file', 'no such file or folder'],
  ['/dev/full', 'it is no file'],
  ['/', 'it is no file'],
  [path.join(import.meta.dirname, 'read-backup.test.ts'), 'it is no backup of docksmith, or damaged'],
])('says why %s cannot be read', async (file, why) => {
  await expect(openBackup(file, neverAsked)).rejects.toThrow(`cannot read backup "${file}": ${why}`);
});
