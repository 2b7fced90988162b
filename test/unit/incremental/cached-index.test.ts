import { expect, it } from 'vitest';
import { indexesOf, lookUpIndex, type Index, type Snapshot } from '../../../src/db/snapshot.ts';
import { BOUND_TO, LINKED_WITH, NEEDING } from '../../../src/model/links/links.ts';
import { CLAIMING } from '../../../src/model/network/port-users.ts';
import { BY_HOST_NAME, BY_WEB_ALIAS } from '../../../src/model/web.ts';
import { formatIndex, CachedIndex } from '../../../src/incremental/cached-index.ts';
import { DbDiff } from '../../../src/incremental/db-diff.ts';
import { randomChange, randomFrom, withChange } from '../../support/random-changes.ts';
import { SAMPLE_DBS, SAMPLE_FACTS } from '../../support/sample.ts';
import { worldOf } from '../../support/host-state.ts';

const INDEXES: readonly Index[] = [LINKED_WITH, NEEDING, BOUND_TO, BY_HOST_NAME, BY_WEB_ALIAS, CLAIMING];
const CHANGES = 200;
/** A container has so many props that those that an index looks at may not be among these. */
const MOST_CHANGES = 20 * CHANGES;

function entriesOf(snapshot: Snapshot, index: Index): readonly (readonly [string, readonly string[]])[] {
  lookUpIndex(snapshot, index, '');
  return [...(indexesOf(snapshot).get(index.name) ?? [])]
    .filter(([, keys]) => keys.length > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

it.each(INDEXES.map((index) => [index.name, index] as const))(
  'the index "%s" is after each of many changes what it is made anew',
  (_, index) => {
    const random = randomFrom(20_261_123);
    const read = (dbs: typeof SAMPLE_DBS): Snapshot => worldOf({ root: '', dbs, facts: SAMPLE_FACTS }).snapshot;
    let dbs = SAMPLE_DBS;
    let before = read(dbs);
    entriesOf(before, index);
    let text = formatIndex(indexesOf(before).get(index.name) ?? []);
    let moves = 0;
    for (let n = 0; n < CHANGES || (moves === 0 && n < MOST_CHANGES); n++) {
      const change = randomChange({ dbs, schema: before.schema }, random, {
        mayChange: (db) => db === 'docker_containers',
      });
      dbs = withChange(dbs, change);
      const [after, anew] = [read(dbs), read(dbs)];
      const cached = new CachedIndex(text, index, new DbDiff(before.dbs, after, [index]));
      const entries = entriesOf(anew, index);
      for (const [value, keys] of entries) expect(cached.get(value), JSON.stringify(change)).toEqual(keys);
      expect(cached.get('of nobody')).toEqual([]);
      const formatted = formatIndex(cached);
      if (cached.unchangedText === undefined) moves++;
      indexesOf(after).set(index.name, cached);
      expect(entriesOf(after, index)).toEqual(entries);
      [before, text] = [after, formatted];
    }
    expect(moves).toBeGreaterThan(0);
  },
);
