import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { findPaths } from '../../../../src/base/paths.ts';
import { formatChanges, LOG_FILE } from '../../../../src/db/change-log/change-log.ts';
import type { SecretProps } from '../../../../src/db/change-log/secret-props.ts';
import { changeDb } from '../../../../src/db/store.ts';

function format(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  secrets: SecretProps = (_, value) => value,
): string[] {
  return formatChanges(
    { name: 'x', file: '/db/x', before: new Map(Object.entries(before)), after: new Map(Object.entries(after)) },
    secrets,
    'root',
  );
}

it('says the old and the new record, in the words of the original, and who did it', () => {
  expect(format({ a: 't|p|1', same: 't' }, { a: 't|p|2', same: 't', b: 't' })).toEqual([
    '/db/x: OLD a=t|p|1 (by root)',
    '/db/x: NEW a=t|p|2 (by root)',
    '/db/x: OLD b=(undefined) (by root)',
    '/db/x: NEW b=t (by root)',
  ]);
  expect(format({ a: 't' }, {})).toEqual(['/db/x: DELETE a=t (by root)']);
});

it('masks the values of secret props, old and new', () => {
  expect(
    format({ a: 't|P|old|q|1' }, { a: 't|P|new|q|1' }, (prop, value) => (prop === 'P' ? '********' : value)),
  ).toEqual(['/db/x: OLD a=t|P|********|q|1 (by root)', '/db/x: NEW a=t|P|********|q|1 (by root)']);
});

it('says records in byte order, and of those that stayed nothing', () => {
  const records = (...keys: string[]): Record<string, string> =>
    Object.fromEntries(keys.map((key) => [key, 't|q|2|p|1']));
  expect(
    format(records('b', 'same', 'd'), records('e', 'same', 'c', 'a'), 'none').map((line) =>
      line.slice('/db/x: '.length, -' (by root)'.length),
    ),
  ).toEqual([
    'OLD a=(undefined)',
    'NEW a=t|q|2|p|1',
    'DELETE b=t|q|2|p|1',
    'OLD c=(undefined)',
    'NEW c=t|q|2|p|1',
    'DELETE d=t|q|2|p|1',
    'OLD e=(undefined)',
    'NEW e=t|q|2|p|1',
  ]);
});

it('masks everything of a db that is all secrets, single values too', () => {
  expect(format({}, { a: 'hush', b: 't|p|hush' }, 'all').join('\n')).not.toContain('hush');
});

it('no value ends its line or talks to a terminal', () => {
  expect(format({}, { a: 't|p|\x1b[31m\x7f\r\xc2\x9b' })[1]).toBe(
    '/db/x: NEW a=t|p|\\x1b[31m\\x7f\\x0d\\x9b (by root)',
  );
});

it('takes all for secret where the schema of the db cannot be read, and asks no other', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'docksmith-log-'));
  try {
    const paths = findPaths({ DOCKSMITH_ROOT: root });
    const schema = paths.file('/etc/docksmith/db/broken/schema.json');
    mkdirSync(path.dirname(schema), { recursive: true });
    writeFileSync(schema, '{');
    for (const db of ['broken', 'other']) changeDb(paths, db, (draft) => draft.setType('k', `value-of-${db}`));
    const log = readFileSync(paths.file(LOG_FILE), 'utf8');
    expect(log).not.toContain('value-of-broken');
    expect(log).toContain('NEW k=value-of-other ');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

it('a host that is laid out in a folder has its log there, with passwords masked as the schema says', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'docksmith-log-'));
  try {
    const paths = findPaths({ DOCKSMITH_ROOT: root });
    changeDb(paths, 'docker_images', (draft) => {
      draft.setType('wiki', 'service');
      draft.setProp('wiki', 'RegistryPassword', 'hush');
    });
    changeDb(paths, 'secrets', (draft) => draft.setType('wiki', 'hush'));
    const log = readFileSync(paths.file(LOG_FILE), 'utf8');
    expect(log).toMatch(/\/var\/lib\/docksmith\/db\/docker_images: NEW wiki=service\|RegistryPassword\|\*{8} \(by /);
    expect(log).toMatch(/\/var\/lib\/docksmith\/db\/secrets: NEW wiki=\*{8} /);
    expect(log).not.toContain('hush');
    expect(log).not.toContain(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

it('masks in the lines of one db what is secret in another, by its schema, by its name or in db secrets, and what was so a moment ago', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'docksmith-log-'));
  try {
    const paths = findPaths({ DOCKSMITH_ROOT: root });
    const schema = paths.file('/etc/docksmith/db/mail/schema.json');
    mkdirSync(path.dirname(schema), { recursive: true });
    writeFileSync(schema, '{"box": {"Pin": {"doc": "the pin", "kind": "text", "secret": true}}}');
    const set = (db: string, key: string, props: Readonly<Record<string, string>>, type = 'service'): void =>
      changeDb(paths, db, (draft) => {
        draft.setType(key, type);
        for (const [prop, value] of Object.entries(props)) draft.setProp(key, prop, value);
      });
    set('docker_images', 'wiki', { RegistryPassword: 'hush-registry' });
    set('mail', 'anna', { Pin: 'hush|pin' }, 'box');
    set('docker_containers', 'wiki', { 'Env.API_TOKEN': 'hush-token' });
    set('secrets', 'pw', { Value: 'hush-secret' }, 'secret');
    const values = ['hush-registry', 'hush|pin', 'hush-token', 'hush-secret'];
    for (const [n, value] of values.entries()) {
      set(
        'notes',
        `n${n}`,
        { Command: `run --pw ${value}`, Labels: `a=${value}` },
        value.includes('|') ? 'note' : value,
      );
      if (!value.includes('|')) set('notes', `${value}-key`, {});
    }
    // none of these is a secret any more once it is written
    set('docker_images', 'wiki', { RegistryPassword: 'other', Tag: 'hush-registry' });
    set('docker_images', 'wiki', { Tag: 'LAST' });
    const log = readFileSync(paths.file(LOG_FILE), 'utf8');
    expect(log).toMatch(/NEW n0=\*{8}\|Command\|run --pw \*{8}\|Labels\|a=\*{8} /);
    expect(log).toContain('Tag|LAST');
    expect(log.split('\n').filter((line) => line.includes('hush'))).toEqual([
      expect.stringMatching(/OLD wiki=.*Tag\|hush-registry/),
    ]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

it('takes what another db may hold for no secret where that has mistakes in its schema, but for what its names say', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'docksmith-log-'));
  try {
    const paths = findPaths({ DOCKSMITH_ROOT: root });
    const schema = paths.file('/etc/docksmith/db/broken/schema.json');
    mkdirSync(path.dirname(schema), { recursive: true });
    writeFileSync(schema, '{');
    changeDb(paths, 'broken', (draft) => {
      draft.setType('k', 't');
      draft.setProp('k', 'Password', 'hush-broken');
    });
    changeDb(paths, 'other', (draft) => {
      draft.setType('k', 'plain');
      draft.setProp('k', 'Words', 'hush-broken');
    });
    const log = readFileSync(paths.file(LOG_FILE), 'utf8');
    expect(log).toContain('NEW k=plain|Words|******** ');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
