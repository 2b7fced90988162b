import { describe, expect, it } from 'vitest';
import { isMaskedRead, listSecretValues } from '../../../src/db/secret-values.ts';
import { db, record, SAMPLE_DBS, snapshotOf } from '../../support/sample.ts';

const SNAPSHOT = snapshotOf(
  new Map([
    ...SAMPLE_DBS,
    ['secrets', db(record('pw', 'secret', { Value: 'v1' }), record('bare', 'hunter2'))],
    ['docker_images', db(record('wiki', 'service', { Repository: 'mediawiki', RegistryPassword: 'v2' }))],
    [
      'docker_containers',
      db(
        record('wiki', 'service', {
          Env: 'MODE=prod,DB_PASSWORD=value-three',
          'Env.API_TOKEN': 'value-four',
          MaxMemory: '64',
        }),
      ),
    ],
  ]),
);

describe('what was read', () => {
  it.each([
    ['secrets', 'pw', 'Value', true],
    ['secrets', 'pw', 'Other', true],
    ['secrets', 'gone', 'Value', true],
    // the type of a record is a value where it is more than the word
    ['secrets', 'bare', undefined, true],
    ['secrets', 'pw', undefined, false],
    ['secrets', 'gone', undefined, false],
    ['docker_images', 'wiki', 'RegistryPassword', true],
    ['docker_images', 'gone', 'RegistryPassword', true],
    ['docker_images', 'wiki', 'Repository', false],
    ['docker_containers', 'wiki', 'Env', true],
    ['docker_containers', 'wiki', 'Env.API_TOKEN', true],
    ['docker_containers', 'gone', 'Env.API_TOKEN', false],
    ['docker_containers', 'wiki', 'MaxMemory', false],
    ['docker_containers', 'wiki', undefined, false],
  ])('of %s %s %s is masked: %j', (name, key, prop, expected) => {
    expect(isMaskedRead(SNAPSHOT, { db: name, key, ...(prop === undefined ? {} : { prop }) })).toBe(expected);
  });
});

it('all values that are masked wherever they stand are found', () => {
  expect([...new Set(listSecretValues(SNAPSHOT))].sort()).toEqual(['hunter2', 'v1', 'v2', 'value-four', 'value-three']);
});
