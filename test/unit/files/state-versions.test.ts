import { beforeEach, expect, it } from 'vitest';
import { findPaths, type Paths } from '../../../src/base/paths.ts';
import { formatState, readState, VERSION } from '../../../src/files/state-file.ts';
import { refuseNewerState } from '../../../src/files/state-versions.ts';
import { EMPTY_LEDGER, formatLedger, LEDGER_FILE } from '../../../src/output/plan/ledger.ts';
import { formatLastDbs, LAST_DBS } from '../../../src/output/history/db-lines.ts';
import { makeFolder, writeTree } from '../../support/folder.ts';

const STATE = '/var/lib/docksmith/state';
const FILES = {
  'intents.json': formatState({ intents: [] }).content.toString(),
  ledger: formatLedger(EMPTY_LEDGER).content.toString(),
  'generations/dbs': formatLastDbs({ kept: new Map(), lines: new Map() }).content.toString(),
  'unfinished/journal/prepared.json': formatState({ command: 'x' }).content.toString(),
};
const newer = (text: string): string => text.replace(String(VERSION), String(VERSION + 1));

let paths: Paths;
beforeEach(() => {
  paths = findPaths({ DOCKSMITH_ROOT: makeFolder() });
  writeTree(paths.file(STATE), {
    ...FILES,
    'event.lock': 'signal-event, run 1',
    known_hosts: 'docksmith',
  });
});

it('finds nothing newer in files of this version, in locks and in what others wrote', () => {
  expect([LEDGER_FILE, LAST_DBS]).toEqual([`${STATE}/ledger`, `${STATE}/generations/dbs`]);
  expect(() => refuseNewerState(paths)).not.toThrow();
  expect(() => refuseNewerState(findPaths({ DOCKSMITH_ROOT: makeFolder() }))).not.toThrow();
});

it.each(Object.entries(FILES))('names %s where a newer version wrote it', (name, text) => {
  writeTree(paths.file(STATE), { [name]: newer(text) });
  expect(() => refuseNewerState(paths)).toThrow(
    `cannot read the state of docksmith "${STATE}/${name}": a newer docksmith wrote it: it has version ${VERSION + 1}`,
  );
});

it('names all of them at once', () => {
  writeTree(paths.file(STATE), Object.fromEntries(Object.entries(FILES).map(([name, text]) => [name, newer(text)])));
  expect(() => refuseNewerState(paths)).toThrow(
    expect.objectContaining({ failures: expect.objectContaining({ length: 4 }) as unknown }) as Error,
  );
});

it.each(['0', '1.5', '-1', '"1"'])('takes a file whose version is %s for damaged', (version) => {
  writeTree(paths.file(STATE), { 'intents.json': `{"version":${version}}` });
  expect(() => readState(paths.file(`${STATE}/intents.json`), 'a list', () => undefined)).toThrow('it is damaged');
});
