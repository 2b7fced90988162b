import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPaths, type Paths } from '../../../src/base/paths.ts';
import { readSnapshot } from '../../../src/db/read-snapshot.ts';
import { findProp, getDb } from '../../../src/db/snapshot.ts';

let root: string;
let paths: Paths;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'docksmith-snapshot-'));
  paths = findPaths({ DOCKSMITH_ROOT: root });
  mkdirSync(paths.dbDir, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('reads every db of the folder, and no lock file, temporary file or left-over', () => {
  for (const name of [
    'configuration',
    'networks',
    'networks.lock',
    '.networks.docksmith-1',
    'networks.4711',
    'networks~',
    'networks.rpmsave',
  ]) {
    writeFileSync(path.join(paths.dbDir, name), 'a=b\n');
  }
  mkdirSync(path.join(paths.dbDir, 'folder'));
  expect([...readSnapshot(paths).dbs.keys()]).toEqual(['configuration', 'networks']);
});

it.each([
  ['nowhere', 'it is a symbolic link that leads nowhere'],
  ['x', /too many symbolic links|ELOOP/i],
])('refuses a db that is a link to %s, with the reason', (target, why) => {
  symlinkSync(path.join(paths.dbDir, target), path.join(paths.dbDir, 'x'));
  expect(() => readSnapshot(paths)).toThrow(/: cannot read db "x": /);
  expect(() => readSnapshot(paths)).toThrow(why);
});

it('reads an empty snapshot where there is no folder of dbs', () => {
  rmSync(paths.dbDir, { recursive: true });
  expect(readSnapshot(paths).dbs.size).toBe(0);
});

it('gives the value that holds: of the record, else the shipped default, else none', () => {
  writeFileSync(path.join(paths.dbDir, 'configuration'), 'docker=service|Mask|24\n');
  const snapshot = readSnapshot(paths);
  expect(findProp(snapshot, 'configuration', 'docker', 'Mask')).toBe('24');
  expect(findProp(snapshot, 'configuration', 'docker', 'Network')).toBe('172.30.0.0');
  expect(findProp(snapshot, 'configuration', 'docker', 'DataRoot')).toBeUndefined();
});

it('shows values as people mean them: a plain |, real newlines, Latin-1 where the bytes are no UTF-8', () => {
  writeFileSync(path.join(paths.dbDir, 'x'), Buffer.from('a=t|new|1\\n2|old|\xe9|pipe|1\\|2|utf|\xc3\xa9\n', 'latin1'));
  const record = getDb(readSnapshot(paths), 'x').get('a');
  expect(record?.props).toEqual(
    new Map([
      ['new', '1\n2'],
      ['old', 'é'],
      ['pipe', '1|2'],
      ['utf', 'é'],
    ]),
  );
});
