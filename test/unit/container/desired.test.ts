import { expect, it } from 'vitest';
import { makeDesired } from '../../../src/container/desired.ts';
import { parseRunSpec } from '../../../src/container/run-spec.ts';
import type { Db } from '../../../src/db/record.ts';

function makeDb(records: Readonly<Record<string, Readonly<Record<string, string>>>>): Db {
  return new Map(Object.entries(records).map(([key, props]) => [key, { key, type: 'service', props: new Map(Object.entries(props)) }]));
}

function makeSpecs(...names: readonly string[]): ReadonlyMap<string, ReturnType<typeof parseRunSpec>> {
  return new Map(names.map((name) => [name, parseRunSpec(`/${name}.yaml`, `services: {${name}: {image: app}}`)]));
}

it('wants enabled records to run and others stopped, those with a small priority first, then by name', () => {
  const records = makeDb({ git: { status: 'enabled' }, off: {}, wiki: { status: 'enabled' }, wikidb: { status: 'enabled', InterLinkPriority: '10' } });
  const { containers } = makeDesired(records, makeSpecs('git', 'wiki', 'wikidb'));
  expect(containers.map(({ name, state }) => `${name} ${state}`)).toEqual(['wikidb running', 'git running', 'off stopped', 'wiki running']);
});

it('looks at services only', () => {
  const records: Db = new Map([['wiki', { key: 'wiki', type: 'template', props: new Map([['status', 'enabled']]) }]]);
  expect(makeDesired(records, new Map()).containers).toEqual([]);
});

it('names every enabled record that has no run spec', () => {
  expect(() => makeDesired(makeDb({ git: { status: 'enabled' }, wiki: { status: 'enabled' } }), new Map()))
    .toThrow(/container "git": its record is enabled, and it has no run spec\n.*container "wiki"/);
});

it('refuses an enabled one that needs a disabled one, and names both', () => {
  const specs = new Map(makeSpecs('git', 'wiki')).set('wiki', parseRunSpec('/wiki.yaml', 'services: {wiki: {image: app, depends_on: [wikidb, git]}}'));
  expect(() => makeDesired(makeDb({ git: { status: 'enabled' }, wiki: { status: 'enabled' }, wikidb: {} }), specs))
    .toThrow('cannot run container "wiki": it is enabled and needs container "wikidb", which is disabled');
  // one that is disabled itself may need what it likes
  expect(makeDesired(makeDb({ wiki: {}, wikidb: {} }), specs).containers.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
});
