import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, describe } from 'vitest';
import { Failure } from '../../../../src/base/errors.ts';
import { listFragments } from '../../../../src/template/language/fragment.ts';
import { parseFragment } from '../../../../src/template/language/parse-fragment.ts';
import { makeRoot } from '../../../support/folder.ts';
import { needsData } from '../../../support/needs.ts';
import { render } from '../../../support/render.ts';

const ORACLE = '../shared/oracle/merged-fragments.json';

/** A folder of fragments, a flat file, or nothing. */
type Layer = Readonly<Record<string, string>> | string | null;
interface Recorded {
  readonly templates: Layer;
  readonly 'templates-custom': Layer;
  readonly output: string | null;
}

function layer(kind: string, content: Layer): Record<string, string> {
  if (content === null) return {};
  if (typeof content === 'string') return { [`${kind}/etc/it`]: content };
  return Object.fromEntries(Object.entries(content).map(([name, text]) => [`${kind}/etc/it/${name}`, text]));
}

needsData(ORACLE)('merging, as the original was recorded', () => {
  const { cases } = JSON.parse(readFileSync(path.resolve(ORACLE), 'utf8')) as { cases: readonly Recorded[] };
  it.each(cases.map((runRecorded, n) => [n, runRecorded] as const))(
    'tree %i gives the recorded text',
    (_, runRecorded) => {
      const paths = makeRoot({
        'templates-default/template-begin': 'DEFAULT BEGIN\n',
        ...layer('templates', runRecorded.templates),
        ...layer('templates-custom', runRecorded['templates-custom']),
      });
      const expand = (): string =>
        render({ template: '/etc/it' }, { paths })
          .outputs.map(({ content }) => content.toString())
          .join('');
      if (runRecorded.output === null) expect(expand).toThrow(Failure);
      else expect(expand()).toBe(runRecorded.output);
    },
  );
});

function listed(files: Readonly<Record<string, string>>): readonly string[] | undefined {
  return listFragments(makeRoot(files), '/etc/it')?.files.map(({ file }) => path.basename(file));
}

describe('listFragments', () => {
  it('sorts by byte, with template-begin first and template-end last', () => {
    const names = ['9b', '10a', 'Z', 'a', 'é', 'template-end', 'template-begin', '00first'];
    expect(listed(Object.fromEntries(names.map((name) => [`templates/etc/it/${name}`, 'x'])))).toEqual([
      'template-begin',
      '00first',
      '10a',
      '9b',
      'Z',
      'a',
      'é',
      'template-end',
    ]);
  });

  it('lets an empty fragment of the admin remove the shipped one', () => {
    expect(
      listed({ 'templates/etc/it/10a': 'x', 'templates/etc/it/20b': 'x', 'templates-custom/etc/it/10a': '' }),
    ).toEqual(['20b']);
  });

  it('passes over what an editor or a package manager left, and says so', () => {
    const backups = [
      '~',
      '.swp',
      '.orig',
      '.rpmsave',
      '.rpmnew',
      '.rpmorig',
      '.dpkg-old',
      '.dpkg-new',
      '.dpkg-dist',
    ].map((ending) => `10a${ending}`);
    const list = listFragments(
      makeRoot(Object.fromEntries(['10a', ...backups].map((name) => [`templates/etc/it/${name}`, 'x']))),
      '/etc/it',
    );
    expect(list?.files.map(({ name }) => name)).toEqual(['10a']);
    expect(list?.warnings.toSorted()).toEqual(
      backups.map((name) => `ignored /etc/docksmith/templates/etc/it/${name}: its name is that of a backup`).toSorted(),
    );
  });

  it('knows no template where no layer has one', () => {
    expect(listed({})).toBeUndefined();
  });

  it.each(['etc/it', '/etc/../it', '../it'])('refuses "%s" as the path of a template', (template) => {
    expect(() => listFragments(makeRoot(), template)).toThrow('a template is an absolute path without ".."');
  });
});

describe('a syntax error', () => {
  const broken: readonly (readonly [what: string, text: string, place: string, why: RegExp])[] = [
    ['a block that is not closed', 'a\n{{#if x}}\nb\n', '2:1', /this block is not closed/],
    [
      'the inner one of two blocks, after one that is',
      '{{#if x}}\n{{#each y}}{{/each}}\n {{! {{/if}} }}{{#with z}}\nb\n',
      '3:16',
      /this block is not closed/,
    ],
    ['a stray close', 'a\n  b {{/if}}\n', '2:5', /closed here that was not opened/],
    ['a close of another name', 'a\n{{#if x}}\nb\n{{/each}}\n', '2:4', /if doesn't match each/],
    ['a mustache open to the end', 'one\ntwo\nx {{name\n', '3:3', /this mustache is not closed/],
    ['a bad character', 'one {{a % b}}', '1:9', /a character that means nothing here/],
    ['an empty mustache', 'one\n {{}}\n', '2:4', /syntax error/],
    ['a lone else', 'one\n{{else}}\n', '2:1', /syntax error/],
    ['a quote that is not closed', 'a\nb\n{{join x "y}}\n', '3:10', /a character that means nothing here/],
    ['two closing brackets too many', 'a {{join (split x))}}', '1:19', /syntax error/],
    ['a bracket that is not closed', 'a {{join (split x}}', '1:18', /syntax error/],
    ['a named argument without a value', '\n\n{{expand "x" name=}}', '3:19', /syntax error/],
    ['a wrong number of braces', 'a\n{{{x}}\n', '2:5', /syntax error/],
    ['a path that goes up in its middle', 'a\n{{a/../b}}\n', '2:3', /Invalid path/],
    ['an else after a long line', `${'x'.repeat(80)}\n${'y'.repeat(30)} {{/with}}`, '2:32', /not opened/],
  ];
  it.each(broken)('%s is shown at its place', (_, text, place, why) => {
    const failure = caught(() => parseFragment('/etc/docksmith/templates/etc/it/10a', text));
    expect(`${failure.at?.line ?? ''}:${failure.at?.column ?? ''}`).toBe(place);
    expect(failure.why).toMatch(why);
    expect(failure.at?.file).toBe('/etc/docksmith/templates/etc/it/10a');
  });

  it('of every fragment is reported at once', () => {
    const paths = makeRoot({
      'templates/etc/it/10a': '{{#if x}}',
      'templates/etc/it/20b': 'fine',
      'templates/etc/it/30c': '{{/if}}',
    });
    expect(() => render({ template: '/etc/it' }, { paths })).toThrow(/10a:1:1: .*\n.*30c:1:1: /);
  });
});

function caught(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error('it did not fail');
}
