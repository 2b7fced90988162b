import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { planChanges } from '../../../src/output/change-set.ts';
import { commitChanges } from '../../../src/output/commit.ts';
import { listGenerations, pruneGenerations, readGeneration } from '../../../src/output/generations.ts';
import { installedUnder } from '../../../src/output/installed.ts';
import { digestOf, readLedger } from '../../../src/output/ledger.ts';
import { findObject, OBJECTS_DIR } from '../../../src/output/objects.ts';
import { makeRendered } from '../../support/rendered.ts';
import { makeTempHost, type TempHost } from '../../support/temp-host.ts';

/** Commits these files, each a template of its own: those that are not named go. */
async function commit(host: TempHost, files: Readonly<Record<string, string>>, dbs: Readonly<Record<string, string>> = {}): Promise<void> {
  const ledger = readLedger(host.paths);
  const scope = new Map([...ledger.outputs.values()].map(({ template }) => [template, 'all'] as const));
  const rendered = Object.entries(files).map(([path, content]) => makeRendered(path, content));
  await commitChanges(host.paths, planChanges(rendered, ledger, scope, installedUnder(host.paths)), {
    ledger, command: 'the test', generation: { who: 'alice', dbs: new Map(Object.entries(dbs).map(([name, text]) => [name, Buffer.from(text)])) },
  });
}

const objects = (host: TempHost): readonly string[] => readdirSync(host.file(OBJECTS_DIR)).sort();
const digests = (...texts: readonly string[]): readonly string[] => texts.map((text) => digestOf(Buffer.from(text))).sort();

it('keeps every commit whole: files that did not change too, each content once, for the owner alone', async () => {
  const host = makeTempHost();
  await commit(host, { '/etc/a': 'one\n', '/etc/b': 'same\n' }, { docker_containers: '[]' });
  await commit(host, { '/etc/a': 'two\n', '/etc/b': 'same\n' }, { docker_containers: '[]' });
  await commit(host, { '/etc/a': 'two\n', '/etc/b': 'same\n' }, { docker_containers: '[]' });
  expect(listGenerations(host.paths)).toEqual([2, 1]);
  const { who, command, files, dbs } = readGeneration(host.paths, 2);
  expect([who, command, [...files].map(([path, { digest, mode }]) => [path, digest, mode]), [...dbs]]).toEqual([
    'alice', 'the test', [['/etc/a', digests('two\n')[0], 0o644], ['/etc/b', digests('same\n')[0], 0o644]], [['docker_containers', digests('[]')[0]]],
  ]);
  expect(objects(host)).toEqual(digests('one\n', 'two\n', 'same\n', '[]'));
  expect(host.mode(`${OBJECTS_DIR}/${digests('one\n')[0] ?? ''}`)).toBe(0o600);
  expect(host.mode(OBJECTS_DIR)).toBe(0o700);
});

it('forgets what is one too many or too old, with the contents that only that had, and never the newest', async () => {
  const host = makeTempHost();
  for (const text of ['one\n', 'two\n', 'three\n', 'four\n']) await commit(host, { '/etc/a': text, '/etc/b': 'same\n' });
  pruneGenerations(host.paths, { count: 2, days: 1 });
  expect([listGenerations(host.paths), objects(host)]).toEqual([[4, 3], digests('three\n', 'four\n', 'same\n')]);
  pruneGenerations(host.paths, { count: 2, days: 1 }, new Date(Date.now() + 2 * 24 * 60 * 60 * 1000));
  expect([listGenerations(host.paths), objects(host)]).toEqual([[4], digests('four\n', 'same\n')]);
  await commit(host, { '/etc/a': 'one\n', '/etc/b': 'same\n' });
  expect(listGenerations(host.paths)).toEqual([5, 4]);
});

it('does not hand out a content that was damaged', async () => {
  const host = makeTempHost();
  await commit(host, { '/etc/a': 'one\n' });
  const [digest = ''] = digests('one\n');
  expect(findObject(host.paths, digest)?.toString()).toBe('one\n');
  host.write(`${OBJECTS_DIR}/${digest}`, 'one');
  expect(findObject(host.paths, digest)).toBeUndefined();
  expect(() => readGeneration(host.paths, 9)).toThrow('cannot find generation 9: there are those from 1 to 1');
});
