import { expect, it } from 'vitest';
import { checkValue } from '../../src/db/check-value.ts';
import { KINDS } from '../../src/db/kinds.ts';
import { checkRecords } from '../../src/model/check-records.ts';
import { allocatePorts } from '../../src/model/network/allocate-ports.ts';
import { withChanges } from '../../src/db/snapshot.ts';
import {
  commandOf,
  type Dbs,
  legalChange,
  randomChange,
  randomFrom,
  randomValue,
  RANDOM_KINDS,
  withChange,
} from '../support/random-changes.ts';
import { SAMPLE_DBS, SAMPLE_FACTS, snapshotOf } from '../support/sample.ts';

it('there are random values of every kind of the schema, and all of them are allowed', () => {
  expect([...RANDOM_KINDS].sort()).toEqual([...KINDS].sort());
  const random = randomFrom(7);
  for (const kind of KINDS) {
    const schema = { doc: '', kind, ...(kind === 'choice' ? { values: ['a', 'b'] } : {}) };
    for (let n = 0; n < 40; n++) {
      // what is chosen among records of a db may be chosen among none
      const value = randomValue(schema, SAMPLE_DBS, random);
      expect([kind, value, checkValue(schema, value)]).toEqual([kind, value, undefined]);
    }
  }
});

it('random changes reach every db of the schema, are real ones, and the same for the same seed', () => {
  const run = (seed: number): readonly string[] => {
    const random = randomFrom(seed);
    let dbs: Dbs = SAMPLE_DBS;
    return Array.from({ length: 1500 }, () => {
      const change = randomChange({ dbs, schema: snapshotOf(dbs).schema }, random);
      const next = withChange(dbs, change);
      expect(
        JSON.stringify([...(next.get(change.db)?.values() ?? [])].map(({ key, type, props }) => [key, type, ...props])),
      ).not.toBe(
        JSON.stringify([...(dbs.get(change.db)?.values() ?? [])].map(({ key, type, props }) => [key, type, ...props])),
      );
      dbs = next;
      return commandOf(change).join(' ');
    });
  };
  const commands = run(1);
  expect(run(1)).toEqual(commands);
  expect(run(2)).not.toEqual(commands);
  expect([...new Set(commands.map((command) => command.split(' ')[0]))].sort()).toEqual(
    Object.keys(snapshotOf().schema).sort(),
  );
  expect([...new Set(commands.map((command) => command.split(' ')[1]))].sort()).toEqual([
    'delete',
    'delprop',
    'set',
    'setprop',
    'settype',
  ]);
});

it('a legal change is one that an event accepts', () => {
  const random = randomFrom(3);
  let dbs: Dbs = SAMPLE_DBS;
  let found = 0;
  for (let n = 0; n < 150; n++) {
    const change = legalChange(dbs, SAMPLE_FACTS, random);
    if (change === undefined) continue;
    found++;
    dbs = withChange(dbs, change);
    const snapshot = snapshotOf(dbs);
    expect(checkRecords(withChanges(snapshot, allocatePorts(snapshot, SAMPLE_FACTS)), SAMPLE_FACTS).mistakes).toEqual(
      [],
    );
  }
  expect(found).toBeGreaterThan(140);
});
