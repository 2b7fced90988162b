import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { syncTogether, tellsErrors } from '../../../src/files/sync-together.ts';
import { makeRoot } from '../../support/folder.ts';

it.each([
  ['3.10.0-1160.el7.x86_64', false],
  ['5.7.19', false],
  ['5.8.0-rc1', true],
  ['6.1.0-18-amd64', true],
])('of kernel %s an error of syncfs is told: %s', (release, tells) => {
  expect(tellsErrors(release)).toBe(tells);
});

it('fails for files in a folder that is not there', async () => {
  const paths = makeRoot();
  writeFileSync(paths.file('/a'), 'a');
  await syncTogether([paths.file('/a')]);
  await expect(syncTogether([paths.file('/a'), paths.file('/none/b')])).rejects.toThrow('ENOENT');
});
