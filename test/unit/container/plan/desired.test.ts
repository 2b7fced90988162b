import { expect, it } from 'vitest';
import { makeDesired } from '../../../../src/container/plan/desired.ts';
import { parseRunSpec } from '../../../../src/container/spec/run-spec.ts';
import { type Container, listContainers } from '../../../../src/model/container.ts';

function makeContainers(
  records: Readonly<Record<string, Readonly<Record<string, string>>>>,
  type = 'service',
): readonly Container[] {
  const db = new Map(
    Object.entries(records).map(([key, props]) => [key, { key, type, props: new Map(Object.entries(props)) }]),
  );
  return listContainers({ dbs: new Map([['docker_containers', db]]), schema: {} });
}

function makeSpecs(...names: readonly string[]): ReadonlyMap<string, ReturnType<typeof parseRunSpec>> {
  return new Map(names.map((name) => [name, parseRunSpec(`/${name}.yaml`, `services: {${name}: {image: app}}`)]));
}

it('wants enabled records to run and others stopped, those with a small priority first, then by name', () => {
  const records = makeContainers({
    git: { status: 'enabled' },
    off: {},
    wiki: { status: 'enabled' },
    wikidb: { status: 'enabled', InterLinkPriority: '10' },
  });
  const { containers } = makeDesired(records, makeSpecs('git', 'wiki', 'wikidb'));
  expect(containers.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'wikidb running',
    'git running',
    'off stopped',
    'wiki running',
  ]);
});

it('looks at services only', () => {
  expect(makeDesired(makeContainers({ wiki: { status: 'enabled' } }, 'template'), new Map()).containers).toEqual([]);
});

it('names every enabled record that has no run spec', () => {
  expect(() =>
    makeDesired(makeContainers({ git: { status: 'enabled' }, wiki: { status: 'enabled' } }), new Map()),
  ).toThrow(/container "git": its record is enabled, and it has no run spec\n.*container "wiki"/);
});

it('refuses an enabled one that needs a disabled one, and names both', () => {
  const specs = new Map(makeSpecs('git', 'wiki')).set(
    'wiki',
    parseRunSpec('/wiki.yaml', 'services: {wiki: {image: app, depends_on: [wikidb, git]}}'),
  );
  expect(() =>
    makeDesired(makeContainers({ git: { status: 'enabled' }, wiki: { status: 'enabled' }, wikidb: {} }), specs),
  ).toThrow('cannot run container "wiki": it is enabled and needs container "wikidb", which is disabled');
  // one that is disabled itself may need what it likes
  expect(makeDesired(makeContainers({ wiki: {}, wikidb: {} }), specs).containers.map(({ state }) => state)).toEqual([
    'stopped',
    'stopped',
  ]);
});
