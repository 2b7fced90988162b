import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPaths, type Paths } from '../../../src/base/paths.ts';
import { changeDb, readDb, removeEmptyDb, writeDbChanges } from '../../../src/db/store.ts';

let root: string;
let paths: Paths;
const file = (name: string): string => path.join(paths.dbDir, name);

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'docksmith-store-'));
  paths = findPaths({ DOCKSMITH_ROOT: root });
  mkdirSync(paths.dbDir, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('a db is removed where it holds no record, and only there', () => {
  writeFileSync(file('empty'), '# nothing\n');
  writeFileSync(file('full'), 'a=b\n');
  for (const name of ['empty', 'full', 'gone']) removeEmptyDb(paths, name);
  expect(['empty', 'full', 'gone'].filter((name) => existsSync(file(name)))).toEqual(['full']);
});

describe('changeDb', () => {
  it('makes a db readable for its group, and one of secrets for its owner alone', () => {
    for (const name of ['configuration', 'secrets']) changeDb(paths, name, (draft) => draft.setType('a', 'b'));
    expect(statSync(file('configuration')).mode & 0o777).toBe(0o640);
    expect(statSync(file('secrets')).mode & 0o777).toBe(0o600);
  });

  it('makes the folder of the dbs', () => {
    rmSync(paths.dbDir, { recursive: true });
    changeDb(paths, 'x', (draft) => draft.setType('a', 'b'));
    expect(readDb(paths, 'x').get('a')?.type).toBe('b');
  });

  it('keeps the mode of a db, and its owner', () => {
    writeFileSync(file('x'), 'a=b\n');
    chmodSync(file('x'), 0o664);
    changeDb(paths, 'x', (draft) => draft.setType('a', 'c'));
    const { mode, uid } = statSync(file('x'));
    expect([mode & 0o777, uid]).toEqual([0o664, process.getuid?.()]);
  });

  it('makes a db of secrets private again', () => {
    writeFileSync(file('secrets'), 'a=b\n');
    chmodSync(file('secrets'), 0o644);
    changeDb(paths, 'secrets', (draft) => draft.setType('a', 'c'));
    expect(statSync(file('secrets')).mode & 0o777).toBe(0o600);
  });

  it('writes nothing where nothing was stored, so comments stay', () => {
    writeFileSync(file('x'), '# mine\na=b\n');
    const { ino } = statSync(file('x'));
    changeDb(paths, 'x', (draft) => draft.setType('a', 'b'));
    expect(readFileSync(file('x'), 'utf8')).toBe('# mine\na=b\n');
    expect(statSync(file('x')).ino).toBe(ino);
  });

  it('leaves the file as it was when the change throws', () => {
    writeFileSync(file('x'), 'a=b\n');
    expect(() =>
      changeDb(paths, 'x', (draft) => {
        draft.setType('a', 'c');
        draft.delete('z');
      }),
    ).toThrow(/"z".*no such record/);
    expect(readFileSync(file('x'), 'utf8')).toBe('a=b\n');
  });

  it('keeps bytes that are not UTF-8', () => {
    writeFileSync(file('x'), Buffer.from('old=t|p|\xe9\n', 'latin1'));
    changeDb(paths, 'x', (draft) => draft.setType('a', 'b'));
    expect(readFileSync(file('x'), 'latin1')).toContain('\nold=t|p|\xe9\n');
  });

  it('starts over from the present file when the lock file was removed in the meantime', () => {
    writeFileSync(file('x'), 'a=0\n');
    let calls = 0;
    changeDb(paths, 'x', (draft) => {
      if (calls++ === 0) {
        // the original: unlocks, another one of it gets in, and only then unlinks the lock file
        rmSync(`${file('x')}.lock`);
        writeFileSync(file('x.new'), 'a=0\nother=1\n');
        renameSync(file('x.new'), file('x'));
      }
      draft.setType('ours', '1');
    });
    expect(calls).toBe(2);
    expect([...readDb(paths, 'x').keys()]).toEqual(['a', 'other', 'ours']);
  });

  it('leaves no temporary file', () => {
    changeDb(paths, 'x', (draft) => draft.setType('a', 'b'));
    expect(readdirSync(paths.dbDir).sort()).toEqual(['.x.docksmith.lock', 'x', 'x.lock']);
  });

  it('names the db that cannot be read or written, and why', () => {
    mkdirSync(file('folder'));
    expect(() => readDb(paths, 'folder')).toThrow(/cannot read db "folder": is a folder/);
    writeFileSync(path.join(root, 'plain'), '');
    expect(() => changeDb(paths, '/plain/x', () => undefined)).toThrow(/cannot write db "\/plain\/x"/);
  });
});

describe('the name of a db', () => {
  it('with a leading / is a file under the root', () => {
    changeDb(paths, '/srv/own/db', (draft) => draft.setType('a', 'b'));
    expect(existsSync(path.join(root, 'srv/own/db'))).toBe(true);
  });

  it.each(['../x', '/a/../../x', 'a/b', '', '.', '..', '.x', 'x.lock', 'x~', 'a\0b', 'x.123'])(
    'is refused where it leaves the folder or is no db: %j',
    (name) => {
      expect(() => readDb(paths, name)).toThrow(/cannot open db/);
    },
  );
});

it('changes of several dbs are written together, one write for each', () => {
  writeFileSync(file('a'), 'k=t\n');
  writeFileSync(file('b'), 'k=t\n');
  writeDbChanges(paths, [
    { db: 'a', key: 'k', prop: 'p', value: '1|é' },
    { db: 'b', key: 'k', prop: 'p', value: '2' },
    { db: 'a', key: 'k', prop: 'q', value: '3' },
  ]);
  expect(readDb(paths, 'a').get('k')?.props).toEqual(
    new Map([
      ['p', '1|é'],
      ['q', '3'],
    ]),
  );
  expect(readDb(paths, 'b').get('k')?.props).toEqual(new Map([['p', '2']]));
});
