import { describe, expect, it } from 'vitest';
import { readSchema } from '../../src/db/read-schema.ts';
import { findPaths } from '../../src/base/paths.ts';
import type { DbRecord } from '../../src/db/record.ts';
import { checkRecords } from '../../src/model/check-records.ts';
import { factsWith } from '../support/containers.ts';
import { db as dbOf, record, SAMPLE_DBS, snapshotOf } from '../support/sample.ts';
import { SHIPPED_TEMPLATES } from '../support/line-trials.ts';
import { shippedRenderer } from '../support/render.ts';

type Dbs = typeof SAMPLE_DBS;

/** The sample, with a record of each db that it has none of. */
const DBS: Dbs = new Map([
  ...SAMPLE_DBS,
  ['docker_networks', dbOf(record('lan', 'network', { Subnet: '10.5.0.0/24', Gateway: '10.5.0.9' }))],
  ['secrets', dbOf(record('pass', 'secret', { Value: 'x' }))],
  [
    'docker_containers',
    dbOf(
      ...(SAMPLE_DBS.get('docker_containers')?.values() ?? []),
      record('shop', 'service', { status: 'enabled', Image: 's:1', network: 'custom:lan', Secrets: 'pass' }),
    ),
  ],
]);

const schema = readSchema(findPaths({ DOCKSMITH_ROOT: '/nowhere' }));
/** Records of `configuration` whose type is their value: they have no props. */
const SINGLE = ['DomainName', 'SystemName', 'LocalIP'];
/** Every prop that has a name of its own, with a record of the sample that may have it. */
const PROPS = Object.entries(schema).flatMap(([db, kinds]) =>
  Object.entries(kinds).flatMap(([kind, props]) =>
    Object.keys(props)
      .filter((prop) => prop !== 'type' && !prop.endsWith('*'))
      .map((prop) => ({ db, kind, prop })),
  ),
);

function keysOf(dbs: Dbs, db: string, kind: string): readonly string[] {
  return [...(dbs.get(db)?.values() ?? [])]
    .filter(({ key, type }) => (db === 'configuration' ? key : type) === kind)
    .map(({ key }) => key);
}

/** The sample, in which these records have the prop as it is said, or do not have it. */
function sampleWith(db: string, keys: readonly string[], prop: string, value: string | undefined): Dbs {
  const records = new Map(DBS.get(db));
  for (const key of keys) {
    const { type, props } = records.get(key) as DbRecord;
    const changed = new Map(props);
    if (value === undefined) changed.delete(prop);
    else changed.set(prop, value);
    records.set(key, { key, type, props: changed });
  }
  return new Map([...DBS, [db, records]]);
}

/** All that checks and templates make of dbs. */
function makeAll(dbs: Dbs): unknown {
  const facts = factsWith();
  const snapshot = snapshotOf(dbs, facts);
  const { mistakes, warnings } = checkRecords(snapshot, facts);
  const renderer = shippedRenderer(snapshot, facts);
  const outputs = SHIPPED_TEMPLATES.map((template) => {
    try {
      return renderer.render({ template }).outputs.map(({ path, content }) => `${path}\n${content.toString()}`);
    } catch (error) {
      return String(error);
    }
  });
  return { mistakes: mistakes.map(String), warnings, outputs };
}

describe('an empty value', () => {
  it.each(PROPS)('of $db $kind $prop means what no value means', ({ db, kind, prop }) => {
    const keys = keysOf(DBS, db, kind);
    expect(keys.length + Number(SINGLE.includes(kind))).toBeGreaterThan(0);
    expect(makeAll(sampleWith(db, keys, prop, ''))).toEqual(makeAll(sampleWith(db, keys, prop, undefined)));
  });

  it('of a variable is an empty variable, which is not one that is not set', () => {
    const wiki = (props: Readonly<Record<string, string>>): Dbs => {
      const record = DBS.get('docker_containers')?.get('wiki') as DbRecord;
      return sampleWith('docker_containers', ['wiki'], 'Env.NAME', props['Env.NAME'] ?? record.props.get('Env.NAME'));
    };
    expect(JSON.stringify(makeAll(wiki({ 'Env.NAME': '' })))).toContain('NAME');
    expect(JSON.stringify(makeAll(wiki({})))).not.toContain('NAME:');
  });
});
