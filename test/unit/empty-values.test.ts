import { describe, expect, it } from 'vitest';
import type { DbRecord } from '../../src/db/record.ts';
import { checkRecords } from '../../src/model/check-records.ts';
import { factsWith } from '../support/containers.ts';
import { DBS, type Dbs, keysOf, PROPS, sampleWith, SINGLE } from '../support/every-prop.ts';
import { snapshotOf } from '../support/sample.ts';
import { SHIPPED_TEMPLATES } from '../support/line-trials.ts';
import { shippedRenderer } from '../support/render.ts';

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
    const keys = keysOf(db, kind);
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
