import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPaths, type Paths } from '../../../src/base/paths.ts';
import { applyDefaults, planDefaults } from '../../../src/db/defaults.ts';
import { readDb } from '../../../src/db/store.ts';

let root: string;
let paths: Paths;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'docksmith-defaults-'));
  // a package that ships nothing but what a test writes
  paths = { ...findPaths({ DOCKSMITH_ROOT: path.join(root, 'host') }), packageDir: path.join(root, 'package') };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, content: string, mode = 0o644): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}
const ship = (file: string, content: string, mode?: number): void =>
  write(path.join(root, 'package/db', file), content, mode);
const admin = (file: string, content: string, mode?: number): void =>
  write(path.join(root, 'host/etc/docksmith/db', file), content, mode);
const db = (name: string, content: string): void => write(path.join(paths.dbDir, name), content);
const record = (name: string, key: string): unknown => {
  const { type, props } = readDb(paths, name).get(key) ?? { type: undefined, props: new Map() };
  return [type, Object.fromEntries(props)];
};

it('makes a record of what is shipped, and says every value that is new', () => {
  ship('configuration/defaults/docker/type', 'service\n');
  ship('configuration/defaults/docker/Mask', '16');
  expect(applyDefaults(paths)).toEqual([
    { db: 'configuration', key: 'docker', prop: 'Mask', from: undefined, to: '16' },
    { db: 'configuration', key: 'docker', prop: 'type', from: undefined, to: 'service' },
  ]);
  expect(record('configuration', 'docker')).toEqual(['service', { Mask: '16' }]);
});

it('never overrides a set prop by a default, not even an empty one, and always by a forced value', () => {
  ship('x/defaults/a/type', 'service');
  ship('x/defaults/a/empty', 'shipped');
  ship('x/defaults/a/new', 'shipped');
  ship('x/force/a/forced', 'shipped');
  db('x', 'a=mine|empty||forced|mine\n');
  applyDefaults(paths);
  expect(record('x', 'a')).toEqual(['mine', { empty: '', forced: 'shipped', new: 'shipped' }]);
});

it('takes the file under /etc/docksmith over the shipped one', () => {
  ship('x/defaults/a/type', 'service');
  ship('x/defaults/a/p', 'shipped');
  admin('x/defaults/a/p', 'admin');
  applyDefaults(paths);
  expect(record('x', 'a')).toEqual(['service', { p: 'admin' }]);
});

it('gives props without a type only to a record that is there', () => {
  ship('x/force/a/p', '1');
  ship('x/force/b/p', '1');
  db('x', 'b=service\n');
  applyDefaults(paths);
  expect([...readDb(paths, 'x').keys()]).toEqual(['b']);
});

it('changes nothing the second time, not even the time in the header', () => {
  ship('x/defaults/a/type', 'service');
  ship('x/force/a/p', 'a|b\nc');
  applyDefaults(paths);
  const file = path.join(paths.dbDir, 'x');
  const first = readFileSync(file);
  expect(applyDefaults(paths)).toEqual([]);
  expect(readFileSync(file)).toEqual(first);
});

it('runs the executables of migrate/ first, in byte order, with the db and its file', () => {
  ship('x/migrate/9b', '#!/bin/sh\necho "b=$1" >>"$2"\n', 0o755);
  ship('x/migrate/10a', '#!/bin/sh\necho "a=$DB|path|$DBFILE" >>"$DBFILE"\n', 0o755);
  ship('x/migrate/11c~', '#!/bin/sh\nexit 9\n', 0o755);
  ship('x/force/a/late', '1');
  db('x', '');
  const reported: string[] = [];
  applyDefaults(paths, (line) => reported.push(line));
  expect(reported).toEqual(['migrate x: 10a', 'migrate x: 9b']);
  expect(record('x', 'a')).toEqual(['x', { late: '1', path: path.join(paths.dbDir, 'x') }]);
});

it('names every executable that failed, and applies the rest', () => {
  ship('x/migrate/10a', '#!/bin/sh\nexit 3\n', 0o755);
  ship('x/migrate/20b', '#!/bin/sh\n', 0o644);
  ship('x/defaults/a/type', 'service');
  expect(() => applyDefaults(paths)).toThrow(/10a.*exit code 3[^]*20b.*not executable/);
  expect(record('x', 'a')).toEqual(['service', {}]);
});

it('names the file of a value that no db can hold', () => {
  ship('x/defaults/a/type', 'service');
  ship('x/defaults/a/A', 'ends in \\');
  ship('x/defaults/a/B', '1');
  expect(() => applyDefaults(paths)).toThrow(/defaults\/a\/(A|B).*backslash/);
  expect(readDb(paths, 'x').size).toBe(0);
});

it('makes records of docker, httpd and docksmith from what the package really ships', () => {
  paths = findPaths({ DOCKSMITH_ROOT: path.join(root, 'host') });
  applyDefaults(paths);
  const shipped = readDb(paths, 'configuration');
  for (const key of ['docker', 'httpd', 'docksmith']) expect(shipped.get(key)?.props.get('status')).toBe('enabled');
});

it('takes a folder for a db, and no file beside the folders', () => {
  ship('README', 'what is shipped\n');
  ship('x/defaults/a/type', 'service');
  expect([...planDefaults(paths).drafts.keys()]).toEqual(['x']);
});

it('takes no hidden file and no copy of an editor for a prop, and no file for a record', () => {
  ship('x/defaults/README', 'what is shipped\n');
  for (const name of ['type', 'Mask', 'Mask~', '.Mask.swp']) ship(`x/defaults/a/${name}`, 'value');
  expect(applyDefaults(paths).map(({ key, prop }) => `${key} ${prop}`)).toEqual(['a Mask', 'a type']);
});
