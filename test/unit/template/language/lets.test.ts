import { describe, expect, it } from 'vitest';
import { FlatDb } from '../../../../src/db/flat-db.ts';
import { DbDiff } from '../../../../src/incremental/db-diff.ts';
import { type Filter, formatFilter, makeTest, parseFilterOfRead } from '../../../../src/template/language/matches.ts';
import { formatRead } from '../../../../src/template/language/tracked-text.ts';
import type { RenderedTemplate } from '../../../../src/template/render-request.ts';
import { makeRoot } from '../../../support/folder.ts';
import { render, renderText } from '../../../support/render.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';

/** A template of these fragments, each with the name that its place gives. */
function renderAll(
  fragments: readonly string[],
  configuration: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  others: Readonly<Record<string, string>> = {},
): RenderedTemplate {
  const paths = makeRoot({
    'templates/etc/it/template-begin': '{{! none }}',
    ...Object.fromEntries(fragments.map((text, n) => [`templates/etc/it/${n + 1}0part`, text])),
    ...others,
  });
  const records = Object.entries(configuration).map(([key, props]) => record(key, 'service', props));
  return render({ template: '/etc/it' }, { paths, snapshot: snapshotOf(new Map([['configuration', db(...records)]])) });
}

const textOf = ({ outputs }: RenderedTemplate): string => outputs.map(({ content }) => content.toString()).join('');

/** What decided each line of the output, without those of blocks alone. */
function readsOfLine({ outputs }: RenderedTemplate, line: number): readonly string[] {
  const origins = outputs[0]?.text.lineOrigins()[line - 1] ?? [];
  return [...new Set(origins.flatMap(({ reads }) => reads.map(formatRead)))].sort();
}

describe('a variable that a fragment sets', () => {
  it('is seen by what comes after it, in its fragment and in later ones, and in blocks', () => {
    expect(textOf(renderAll(['{{let "port" 80}}\na {{port}}\n', '{{#each (list 1 2)}}{{port}} {{/each}}\n']))).toBe(
      'a 80\n80 80 \n',
    );
  });

  it('is not seen before, nor by a template that is expanded, whose own are not seen outside', () => {
    expect(() => renderAll(['{{port}}\n', '{{let "port" 80}}'])).toThrow('db configuration has no record "port"');
    const part = { 'templates/etc/part/10a': '[{{default port "none"}}]{{let "inner" 1}}\n' };
    expect(textOf(renderAll(['{{let "port" 80}}\n{{expand "/etc/part"}} {{default inner "none"}}\n'], {}, part))).toBe(
      '[none] none\n',
    );
  });

  it('may be set again, also in a block, and by what it was', () => {
    expect(
      textOf(renderAll(['{{let "sum" 0}}\n{{#each (range 1 4)}}\n{{let "sum" (add sum this)}}\n{{/each}}\n{{sum}}\n'])),
    ).toBe('10\n');
  });

  it('takes its line with it where it stands alone, and nothing where it does not', () => {
    expect(textOf(renderAll(['a\n  {{let "x" 1}}\nb{{let "x" 2}}\n{{let "x" 3}}\n{{let "y" 4}}']))).toBe('a\nb\n');
    expect(textOf(renderAll(['{{#if true}}\n{{let "x" 1}}\n{{x}}\n{{/if}}\n']))).toBe('1\n');
  });

  it('holds the text of a block, escaped as where it stood', () => {
    expect(textOf(renderAll(['{{#let "t"}}\nport {{a.Port}}\n{{/let}}\n{{t}}{{t}}'], { a: { Port: '80' } }))).toBe(
      'port 80\nport 80\n',
    );
  });

  it('has the reads of its value, and of the conditions that it was set or not set under, wherever it is read', () => {
    const fragments = [
      '{{let "v" a.One}}\n{{#if (exists b.Two)}}\n{{let "v" c.Three}}\n{{/if}}\n',
      'x\n{{v}}\n{{#let "t"}}\n{{d.Four}}\n{{/let}}\n{{length t}}\n',
    ];
    const configuration = { a: { One: '1' }, b: {}, c: { Three: '3' }, d: { Four: '4' } };
    const without = renderAll(fragments, configuration);
    expect(textOf(without)).toBe('x\n1\n2\n');
    expect(readsOfLine(without, 1)).toEqual([]);
    expect(readsOfLine(without, 2)).toEqual([
      'configuration a',
      'configuration a One',
      'configuration b',
      'configuration b Two',
    ]);
    expect(readsOfLine(without, 3)).toEqual(['configuration d', 'configuration d Four']);
    const set = renderAll(fragments, { ...configuration, b: { Two: '2' } });
    expect(textOf(set)).toBe('x\n3\n2\n');
    expect(readsOfLine(set, 2)).toContain('configuration c Three');
  });

  it('is one of each record, and a fragment that printed nothing for one record is not skipped for it', () => {
    const paths = makeRoot({
      'templates/etc/it/template-begin': '{{! none }}',
      'templates/etc/it/10set': '{{#if (eq record.Kind "a")}}\n{{let "kind" record.key}}\n{{/if}}\n',
      'templates/etc/it/20print': '{{#if (exists kind)}}\n{{kind}}\n{{/if}}\n',
      'templates/etc/it/30end': '.\n',
      'templates.metadata/etc/it': 'FOREACH = things\nOUTPUT_FILENAME = /etc/{{record.key}}',
    });
    const things = db(...['b', 'a', 'b', 'a', 'a'].map((Kind, n) => record(`${n}${Kind}`, 'thing', { Kind })));
    const { outputs } = render({ template: '/etc/it' }, { paths, snapshot: snapshotOf(new Map([['things', things]])) });
    expect(outputs.map(({ content }) => content.toString())).toEqual(['.\n', '1a\n.\n', '.\n', '3a\n.\n', '4a\n.\n']);
  });

  it.each([
    ['{{let "x"}}', '1:1: cannot call "let": it takes a name and a value'],
    ['a\n {{let x 1}}', '2:8: cannot read x'],
    ['{{let (concat "x") 1}}', '1:1: cannot call "let": its first argument is a name in quotes'],
    ['{{let "templatePath" 1}}', '1:1: cannot call "let": "templatePath" has its meaning already'],
    ['{{let "config" 1}}', '1:1: cannot call "let": "config" has its meaning already'],
  ])('%s is a mistake', (fragment, message) => {
    expect(() => renderText(fragment)).toThrow(message);
  });
});

describe('a name in a block', () => {
  const configuration = { modSSL: { status: 'enabled' }, Both: { X: 'record' } };
  const hosts = db(record('a', 'host', { Own: 'prop' }), record('b', 'host', { Both: 'prop', modSSL: '' }));
  const give = (fragment: string): string =>
    renderText(fragment, {
      snapshot: snapshotOf(
        new Map([
          ['hosts', hosts],
          ['configuration', db(...Object.entries(configuration).map(([key, props]) => record(key, 'service', props)))],
          ['docker_containers', db(record('c', 'service'))],
        ]),
      ),
    });

  it('that the item has not is the record of configuration, as outside', () => {
    expect(
      give('{{#each (records "hosts" key="a") as |h|}}{{cond (enabled modSSL) "on" "off"}} {{modSSL.status}}{{/each}}'),
    ).toBe('on enabled');
    expect(give('{{#each (list "x")}}{{modSSL.status}}{{/each}}')).toBe('enabled');
    expect(give('{{#with (dict "a" 1)}}{{a}} {{modSSL.status}}{{/with}}')).toBe('1 enabled');
  });

  it('is the prop where the item has it, and this. and config. say which one is meant', () => {
    expect(give('{{#each (records "hosts")}}{{Both}} {{config.Both.X}}, {{/each}}')).toBe(
      'service record, prop record, ',
    );
    expect(() => give('{{#each (records "hosts")}}{{this.Both}}{{/each}}')).toThrow(
      'record "a" of db hosts has no prop "Both"',
    );
  });

  it('that the schema has for the item is never a record', () => {
    const withRecord = snapshotOf(
      new Map([
        ['configuration', db(record('MaxMemory', 'text'))],
        ['docker_containers', db(record('c', 'service'))],
      ]),
    );
    expect(
      renderText('{{#each (records "docker_containers")}}{{default MaxMemory "none"}}{{/each}}', {
        snapshot: withRecord,
      }),
    ).toBe('none');
  });

  it('that neither has is missing from the item, with the name that is meant', () => {
    expect(() => give('{{#each (records "hosts" key="a")}}\n {{Onw}}{{/each}}')).toThrow(
      /10fragment:2:4: .*record "a" of db hosts has no prop "Onw"/,
    );
  });

  it('that is one of a helper is the prop where the item has it', () => {
    expect(give('{{#with (dict "first" 1 "user" "ann")}}{{first}} {{user}}{{/with}}')).toBe('1 ann');
  });
});

describe('a condition of records', () => {
  it('is noticed when it holds for others, and otherwise not', () => {
    const before = 'a=host|HostType|Self|Visible|Local\nb=host|HostType|Self|Text|x\n';
    const paths = makeRoot({
      'templates/etc/it/10a':
        '{{#each (records "hosts" "x" where="HostType=Self and (Visible!=Local or Text=$1)")}}{{@key}}{{#unless @last}},{{/unless}}{{/each}}',
    });
    const parse = (text: string): FlatDb => FlatDb.parse(Buffer.from(text));
    const { instances } = render(
      { template: '/etc/it' },
      { paths, snapshot: snapshotOf(new Map([['hosts', parse(before)]])) },
    );
    const reads = instances.flatMap((one) => one.reads);
    const isStale = (after: string): boolean => {
      const diff = new DbDiff(new Map([['hosts', parse(before)]]), snapshotOf(new Map([['hosts', parse(after)]])), []);
      return reads.some((read) => diff.isAffected(read));
    };
    expect(isStale(before.replace('Visible|Local', 'Visible|No'))).toBe(true);
    expect(isStale(`${before}c=host|HostType|Self\n`)).toBe(true);
    expect(isStale(before.replace('Text|x', 'Other|y|Text|x'))).toBe(false);
  });

  it('is read again from the read that it leaves, with the values that it names', () => {
    const filter: Filter = {
      equal: new Map([['type', 'host']]),
      where: ['HostType=$1 and not key~$2', 'Self', '^z "x" where ."'],
    };
    const read = parseFilterOfRead(formatFilter(filter));
    expect(read).toEqual(filter);
    const test = makeTest(read);
    const hosts = db(record('a', 'host', { HostType: 'Self' }), record('b "x" where ["', 'host', { HostType: 'Self' }));
    const snapshot = snapshotOf(new Map([['hosts', hosts]]));
    expect([...hosts.values()].filter((one) => test.holds(snapshot, 'hosts', one)).map(({ key }) => key)).toEqual([
      'a',
      'b "x" where ["',
    ]);
    expect(test.names).toEqual(['type', 'HostType', 'key']);
  });
});
