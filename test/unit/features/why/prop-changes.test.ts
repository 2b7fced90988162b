import { expect, it } from 'vitest';
import { formatChanges } from '../../../../src/db/change-log/change-log.ts';
import { parseChanges } from '../../../../src/db/change-log/parse-changes.ts';
import { parseFlatFile } from '../../../../src/db/flat-file.ts';
import { PropChanges } from '../../../../src/features/why/prop-changes.ts';
import { findPaths } from '../../../../src/base/paths.ts';
import { makeFolder, writeTree } from '../../../support/folder.ts';
import { record } from '../../../support/sample.ts';

const FILE = '/var/lib/docksmith/db/docker_containers';
const lines = (text: string): ReturnType<typeof parseFlatFile> => parseFlatFile(Buffer.from(text));
const change = (before: string, after: string, user = 'root'): readonly string[] =>
  formatChanges(
    { name: 'docker_containers', file: FILE, before: lines(before), after: lines(after) },
    (prop, value) => (prop === 'Secret' ? '********' : value),
    user,
  );

it('reads what the log of changes says, in its own words and in those of syslog', () => {
  const logged = [
    ...change('', 'wiki=service|MaxMemory|64'),
    ...change('wiki=service|MaxMemory|64', 'wiki=service|MaxMemory|128|Env.A|x = (y)\\nü', 'root, sudo from alice'),
    ...change('wiki=service', ''),
  ];
  const heads = [
    '2026-11-21T10:00:00.000Z db[12]:',
    'Nov  1 10:00:00 host docksmith-db[12]:',
    '2026-11-21T10:00:00.123+01:00 host docksmith-db:',
  ];
  for (const head of heads) {
    const text = ['something else', ...logged.map((line) => `${head} ${line}`), `${head} no change`, ''].join('\n');
    const changes = parseChanges(text);
    expect(
      changes.map(({ user, before, after }) => [user, before?.props.get('MaxMemory'), after?.props.get('MaxMemory')]),
    ).toEqual([
      ['root', undefined, '64'],
      ['root, sudo from alice', '64', '128'],
      ['root', undefined, undefined],
    ]);
    expect(changes[1]?.after?.props.get('Env.A')).toBe('x = (y)\nü');
    expect(changes.every(({ file, when }) => file === FILE && head.startsWith(when) && when !== '')).toBe(true);
  }
});

it('tells who gave a prop its present value, and nothing where it was changed unrecorded since', () => {
  const root = makeFolder();
  const log = [
    ['', 'wiki=service|MaxMemory|64|Secret|a'],
    ['wiki=service|MaxMemory|64|Secret|a', 'wiki=service|MaxMemory|128|Secret|a'],
  ].flatMap(([before = '', after = ''], n) =>
    change(before, after, `user${n}`).map((line) => `2026-11-2${n + 1}T10:00:00.000Z db[1]: ${line}\n`),
  );
  writeTree(root, { 'var/log/docksmith.log': log.join('') });
  const changes = new PropChanges(findPaths({ DOCKSMITH_ROOT: root }));
  const now = record('wiki', 'service', { MaxMemory: '128', Secret: 'a' });
  const named = (prop: string): { db: string; key: string; prop: string } => ({
    db: 'docker_containers',
    key: 'wiki',
    prop,
  });
  expect(changes.find(named('MaxMemory'), now)).toEqual({
    when: '2026-11-22T10:00:00.000Z',
    who: 'user1',
    from: 'log',
    before: '64',
  });
  expect(changes.find(named('Secret'), now)).toMatchObject({ who: 'user0' });
  expect(changes.find(named('Never'), now)).toBeUndefined();
  expect(changes.find(named('MaxMemory'), record('wiki', 'service', { MaxMemory: '256' }))).toBeUndefined();
});
