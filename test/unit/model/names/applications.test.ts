import { expect, it } from 'vitest';
import { expandNames, listApplications } from '../../../../src/model/names/applications.ts';
import { db, record, SAMPLE_DBS, snapshotOf } from '../../../support/sample.ts';

const of = (application: string) => ({ status: 'enabled', Application: application });
const snapshot = snapshotOf(
  new Map([
    ...SAMPLE_DBS,
    [
      'docker_containers',
      db(
        record('shop-db-1', 'service', of('shop')),
        record('alone', 'service', { status: 'enabled' }),
        record('shop-web-1', 'service', { ...of('shop'), status: 'disabled' }),
        record('note', 'other', of('shop')),
        record('blog-db-1', 'service', of('blog')),
      ),
    ],
  ]),
);

it('applications are the containers that name them, enabled or not', () => {
  expect([...listApplications(snapshot)].map(([name, parts]) => [name, parts.map(({ key }) => key)])).toEqual([
    ['blog', ['blog-db-1']],
    ['shop', ['shop-db-1', 'shop-web-1']],
  ]);
});

it('a name with a slash stands for all of an application, and each container is named once', () => {
  expect(expandNames(snapshot, ['alone', 'shop/', 'shop-db-1', '/etc/x/', 'gone'])).toEqual([
    'alone',
    'shop-db-1',
    'shop-web-1',
    '/etc/x/',
    'gone',
  ]);
  expect(() => expandNames(snapshot, ['shp/', 'blog/'])).toThrow(
    'cannot find application "shp": no record of docker_containers has it as its Application',
  );
});
