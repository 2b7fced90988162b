import { describe, expect, it } from 'vitest';
import { listSecretValues, isSecretRead } from '../../../src/db/secret-values.ts';
import { listSpellings } from '../../../src/template/language/escape.ts';
import type { RenderedTemplate } from '../../../src/template/render-request.ts';
import { makeRoot } from '../../support/folder.ts';
import { render } from '../../support/render.ts';
import { db, record, SAMPLE_DBS, snapshotOf } from '../../support/sample.ts';

const snapshot = snapshotOf(
  new Map([
    ...SAMPLE_DBS,
    [
      'docker_images',
      db(
        record('wiki', 'service', { Repository: 'mediawiki', RegistryUser: 'ada', RegistryPassword: 'hunter2' }),
        record('old', 'gone', { RegistryPassword: 'hunter3' }),
      ),
    ],
    ['secrets', db(record('pw', 'secret', { Value: 'Pa$$"\n', Note: 'of wiki' }), record('bare', 'typed-secret'))],
  ]),
);

function rendered(fragment: string, metadata = ''): RenderedTemplate {
  return render(
    { template: '/etc/it' },
    {
      snapshot,
      paths: makeRoot({
        'templates-default/template-begin': '',
        'templates.metadata/etc/it': metadata,
        'templates/etc/it/10a': fragment,
      }),
    },
  );
}
const modeOf = (fragment: string, metadata?: string): string | undefined =>
  rendered(fragment, metadata).outputs[0]?.mode.toString(8);

describe('an output that read a secret', () => {
  it.each([
    '{{{prop "secrets" "pw" "Note"}}}',
    '{{prop "docker_images" "wiki" "RegistryPassword"}}',
    '{{#if (exists (prop "secrets" "pw" "Value"))}}yes{{/if}}',
    '{{#each (records "secrets" key="pw")}}{{Note}}{{/each}}',
    '{{record "secrets" "bare"}}',
    '{{json (record "secrets" "pw")}}',
  ])('is for its owner alone: %s', (fragment) => {
    expect(modeOf(fragment)).toBe('600');
  });

  it('has the mode that its metadata says, where that says one', () => {
    expect(modeOf('{{prop "secrets" "pw" "Note"}}', 'PERMS = 0644')).toBe('644');
  });

  it('is no other: what is not secret leaves the mode as it is', () => {
    expect(modeOf('{{prop "docker_images" "wiki" "RegistryUser"}} {{DomainName}}')).toBe('644');
    expect(modeOf('{{#if (exists "secrets" "pw")}}yes{{/if}}')).toBe('644');
  });

  it('does not show it where the format cannot hold it', () => {
    expect(() => rendered('{{prop "secrets" "pw" "Value"}}')).toThrow(
      '10a:1:1: cannot write secrets pw Value (a secret) here: it has a newline',
    );
  });
});

it('a CHECK that reads a secret is refused: command lines are seen by everybody', () => {
  expect(() => rendered('x', 'CHECK = \'check --pw={{{prop "docker_images" "wiki" "RegistryPassword"}}} %s\'')).toThrow(
    'cannot use metadata CHECK: docker_images wiki RegistryPassword is a secret, and everybody sees the command lines of processes',
  );
});

it('what is secret is said by the schema, by prop, and of db secrets everything is', () => {
  expect(listSecretValues(snapshot).toSorted()).toEqual(['Pa$$"\n', 'hunter2', 'hunter3', 'of wiki', 'typed-secret']);
  expect(isSecretRead(snapshot, { db: 'secrets', key: 'pw' })).toBe(false);
  expect(isSecretRead(snapshot, { db: 'secrets' })).toBe(false);
});

it('a secret is known in every spelling that a format gives it', () => {
  expect(listSpellings('a"b$c\'d')).toEqual(
    expect.arrayContaining(['a"b$c\'d', 'a\\"b$c\'d', "'a\"b$c'\\''d'", "a\"b$c'\\''d", 'a\\"b\\$c\'d', 'a\\"b$$c\'d']),
  );
});
