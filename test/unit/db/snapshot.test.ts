import { expect, it } from 'vitest';
import type { DbRecord } from '../../../src/db/record.ts';
import { findProp, findRecordSchema, getDb, type Snapshot, withChanges } from '../../../src/db/snapshot.ts';

const wiki: DbRecord = { key: 'wiki', type: 'service', props: new Map([['a', '1']]) };
const snapshot: Snapshot = {
  dbs: new Map([['docker_containers', new Map([['wiki', wiki]])]]),
  schema: {
    docker_containers: { service: { b: { doc: '', kind: 'text', default: 'shipped' } } },
    configuration: { docker: { Mask: { doc: '', kind: 'netmask', default: '16' } } },
  },
};

it("a prop is the record's own, else the default of its type, or of its key in configuration", () => {
  expect(findProp(snapshot, 'docker_containers', 'wiki', 'a')).toBe('1');
  expect(findProp(snapshot, 'docker_containers', 'wiki', 'b')).toBe('shipped');
  expect(findProp(snapshot, 'docker_containers', 'wiki', 'c')).toBeUndefined();
  expect(findProp(snapshot, 'docker_containers', 'none', 'b')).toBeUndefined();
  expect(findProp(snapshot, 'configuration', 'docker', 'Mask')).toBe('16');
  expect(findRecordSchema(snapshot, 'docker_containers', wiki)).toBe(snapshot.schema['docker_containers']?.['service']);
});

it('changes that are not written are seen, and the snapshot before them stays', () => {
  const changed = withChanges(snapshot, [
    { db: 'docker_containers', key: 'wiki', prop: 'a', value: '2' },
    { db: 'docker_containers', key: 'none', prop: 'a', value: '2' },
  ]);
  expect(findProp(changed, 'docker_containers', 'wiki', 'a')).toBe('2');
  expect(findProp(snapshot, 'docker_containers', 'wiki', 'a')).toBe('1');
  expect([...getDb(changed, 'docker_containers').keys()]).toEqual(['wiki']);
  expect(getDb(changed, 'other').size).toBe(0);
});
