import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { planChanges } from '../../../../src/output/plan/change-set.ts';
import { commitChanges } from '../../../../src/output/commit/commit.ts';
import {
  listGenerations,
  pruneGenerations,
  readGeneration,
  readWhole,
} from '../../../../src/output/history/generations.ts';
import { installedUnder } from '../../../../src/output/plan/installed.ts';
import { digestOf, readLedger } from '../../../../src/output/plan/ledger.ts';
import { objectFinder, OBJECTS_DIR } from '../../../../src/output/history/objects.ts';
import { makeRendered } from '../../../support/rendered.ts';
import { makeTempHost, type TempHost } from '../../../support/temp-host.ts';

/** Commits these files, each a template of its own: those that are not named go. `records`: of one db. */
async function commit(
  host: TempHost,
  files: Readonly<Record<string, string>>,
  records: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ledger = readLedger(host.paths);
  const scope = new Map([...ledger.outputs.values()].map(({ template }) => [template, 'all'] as const));
  const rendered = Object.entries(files).map(([path, content]) => makeRendered(path, content));
  await commitChanges(host.paths, planChanges(rendered, ledger, scope, installedUnder(host.paths)), {
    ledger,
    command: 'the test',
    generation: {
      who: 'alice',
      dbs: () => ({
        kept: new Map([['docker_containers', 'all']]),
        lines: new Map([['docker_containers', new Map(Object.entries(records))]]),
      }),
    },
  });
}

const objects = (host: TempHost): readonly string[] => readdirSync(host.file(OBJECTS_DIR)).sort();
const digests = (...texts: readonly string[]): readonly string[] =>
  texts.map((text) => digestOf(Buffer.from(text))).sort();

const steps = (host: TempHost, number: number): unknown =>
  [...readGeneration(host.paths, number).files].map(([path, { before, after }]) => [
    path,
    before?.digest,
    after?.digest,
  ]);

it('keeps of every commit what it changed, each content once, for the owner alone', async () => {
  const host = makeTempHost();
  await commit(host, { '/etc/a': 'one\n', '/etc/b': 'same\n' }, { web: 'service|a|1', git: 'service' });
  await commit(host, { '/etc/a': 'two\n', '/etc/b': 'same\n' }, { web: 'service|a|2', git: 'service' });
  await commit(host, { '/etc/a': 'two\n', '/etc/b': 'same\n' }, { web: 'service|a|2', git: 'service' });
  expect(listGenerations(host.paths)).toEqual([2, 1]);
  const [one, two, same] = ['one\n', 'two\n', 'same\n'].map((text) => digests(text)[0]);
  const { who, command, dbs } = readGeneration(host.paths, 2);
  expect([who, command, steps(host, 1), steps(host, 2)]).toEqual([
    'alice',
    'the test',
    [
      ['/etc/a', undefined, one],
      ['/etc/b', undefined, same],
    ],
    [['/etc/a', one, two]],
  ]);
  expect(dbs).toEqual(
    new Map([['docker_containers', new Map([['web', { before: 'service|a|1', after: 'service|a|2' }]])]]),
  );
  expect(objects(host)).toEqual(digests('one\n', 'two\n', 'same\n'));
  expect(host.mode(`${OBJECTS_DIR}/${one ?? ''}`)).toBe(0o600);
  expect(host.mode(OBJECTS_DIR)).toBe(0o700);
});

it('finds the whole of files and dbs as any commit left them', async () => {
  const host = makeTempHost();
  const states = [
    [
      { '/etc/a': 'one\n', '/etc/b': 'same\n' },
      { web: 'service|a|1', old: 'service' },
    ],
    [
      { '/etc/a': 'two\n', '/etc/b': 'same\n', '/etc/new': 'new\n' },
      { web: 'service|a|2', new: 'a=b\tc' },
    ],
    [{ '/etc/b': 'same\n', '/etc/new': 'other\n' }, {}],
  ] as const;
  for (const [files, records] of states) await commit(host, files, records);
  for (const [n, [files, records]] of states.entries()) {
    const whole = readWhole(host.paths, n + 1);
    expect([...whole.files].map(([path, { digest }]) => [path, digest]).sort()).toEqual(
      Object.entries(files)
        .map(([path, text]) => [path, digests(text)[0]])
        .sort(),
    );
    expect(Object.fromEntries(whole.dbs.get('docker_containers') ?? [])).toEqual(records);
  }
});

it('lays many contents of one commit into one file, which stays while one of them is wanted', async () => {
  const host = makeTempHost();
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`/etc/many/${n}`, `text ${n}\n`]));
  await commit(host, files);
  expect(objects(host)).toEqual(['pack-1']);
  const find = objectFinder(host.paths);
  expect(Object.values(files).map((text) => find(digests(text)[0] ?? '')?.toString())).toEqual(Object.values(files));
  expect(find(digests('no such\n')[0] ?? '')).toBeUndefined();
  await commit(host, { '/etc/many/7': 'text 7\n' });
  pruneGenerations(host.paths, { count: 1, days: 1 });
  expect(objects(host)).toEqual(['pack-1']);
  await commit(host, { '/etc/many/7': 'other\n' });
  pruneGenerations(host.paths, { count: 1, days: 1 });
  // what was replaced by the commit that is kept is wanted for its diff
  expect(objects(host)).toEqual([...digests('other\n'), 'pack-1']);
  await commit(host, { '/etc/many/7': 'third\n' });
  pruneGenerations(host.paths, { count: 1, days: 1 });
  expect(objects(host)).toEqual(digests('other\n', 'third\n'));
});

it('forgets what is one too many or too old, with the contents that only that had, and never the newest', async () => {
  const host = makeTempHost();
  for (const text of ['one\n', 'two\n', 'three\n', 'four\n'])
    await commit(host, { '/etc/a': text, '/etc/b': 'same\n' });
  pruneGenerations(host.paths, { count: 2, days: 1 });
  expect([listGenerations(host.paths), objects(host)]).toEqual([
    [4, 3],
    digests('two\n', 'three\n', 'four\n', 'same\n'),
  ]);
  pruneGenerations(host.paths, { count: 2, days: 1 }, new Date(Date.now() + 2 * 24 * 60 * 60 * 1000));
  expect([listGenerations(host.paths), objects(host)]).toEqual([[4], digests('three\n', 'four\n', 'same\n')]);
  await commit(host, { '/etc/a': 'one\n', '/etc/b': 'same\n' });
  expect(listGenerations(host.paths)).toEqual([5, 4]);
});

it('forgets ten at a time where many are kept', async () => {
  const host = makeTempHost();
  for (let n = 0; n < 22; n++) {
    await commit(host, { '/etc/a': `${n}\n` });
    pruneGenerations(host.paths, { count: 20, days: 1 });
    expect(listGenerations(host.paths)).toHaveLength(n + 1);
  }
  await commit(host, { '/etc/a': 'last\n' });
  pruneGenerations(host.paths, { count: 20, days: 1 });
  expect(listGenerations(host.paths)).toHaveLength(20);
});

it('does not hand out a content that was damaged', async () => {
  const host = makeTempHost();
  await commit(host, { '/etc/a': 'one\n' });
  const [digest = ''] = digests('one\n');
  expect(objectFinder(host.paths)(digest)?.toString()).toBe('one\n');
  host.write(`${OBJECTS_DIR}/${digest}`, 'one');
  expect(objectFinder(host.paths)(digest)).toBeUndefined();
  expect(() => readGeneration(host.paths, 9)).toThrow('cannot find generation 9: there are those from 1 to 1');
});
