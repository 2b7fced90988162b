import { expect, it } from 'vitest';
import { isBackupName, listBackups, listMerged, listMergedTree, listSubfolders } from '../../../src/base/layers.ts';
import { makeFolder, writeTree } from '../../support/folder.ts';

const BACKUPS = [
  ...['bak', 'old', 'save', 'save.1', 'rej', 'orig', 'tmp', 'disabled', 'swp', 'swo', 'swn'],
  ...[
    'dpkg-old',
    'dpkg-new',
    'dpkg-dist',
    'dpkg-tmp',
    'dpkg-bak',
    'ucf-old',
    'ucf-dist',
    'rpmnew',
    'rpmsave',
    'rpmorig',
  ],
  ...['pacnew', 'apk-new', '~1~'],
].map((ending) => `10a.${ending}`);

it.each([...BACKUPS, '10a~', '#10a#', '.#10a', '.10a.swp'])('%s is the name of a backup', (name) => {
  expect(isBackupName(name)).toBe(true);
});

it.each([
  '10a',
  'old',
  'save',
  '10old',
  'Env.TMP',
  'my.conf',
  'tmp',
  '#10a',
  '192.168.1.0',
  'a.older',
  'template-begin',
])('%s is not', (name) => {
  expect(isBackupName(name)).toBe(false);
});

it('no listing has a backup, nor what is in a folder of such a name, and each is named', () => {
  const folder = makeFolder();
  writeTree(folder, { a: '', 'b.bak': '', 'c/d': '', 'c/e.old/f': '', 'g.disabled/h': '' });
  const named: string[] = [];
  expect([...listMerged([folder], (file) => named.push(file)).keys()]).toEqual(['a']);
  expect([...listMergedTree([folder]).keys()]).toEqual(['a', 'c/d']);
  expect(listSubfolders(folder)).toEqual(['c']);
  expect(named).toEqual([`${folder}/b.bak`]);
  expect(listBackups([folder])).toEqual(['b.bak', 'c/e.old', 'g.disabled'].map((name) => `${folder}/${name}`));
});
