import { expect, it } from 'vitest';
import { withRecords } from '../../../src/db/overlay.ts';
import { db, record } from '../../support/sample.ts';

it('a record that is laid over the dbs is read in its place, in the order of the keys, and one that is removed is not there', () => {
  const dbs = new Map([['d', db(record('b', 'x'), record('d', 'x', { Own: '1' }))]]);
  const over = withRecords({ dbs }, [
    { db: 'd', key: 'c', record: record('c', 'new') },
    { db: 'd', key: 'a', record: record('a', 'new') },
    { db: 'd', key: 'd', record: record('d', 'y') },
    { db: 'd', key: 'b', record: undefined },
    { db: 'e', key: 'z', record: record('z', 'x') },
    { db: 'e', key: 'gone', record: undefined },
  ]);
  expect([...(over.dbs.get('d')?.values() ?? [])].map(({ key, type, props }) => `${key}=${type}${props.size}`)).toEqual(
    ['a=new0', 'c=new0', 'd=y0'],
  );
  expect([...(over.dbs.get('e')?.keys() ?? [])]).toEqual(['z']);
  expect([...(dbs.get('d')?.keys() ?? [])]).toEqual(['b', 'd']);
  expect(withRecords({ dbs }, []).dbs).toBe(dbs);
});
