import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';
import { NO_FACTS } from '../../../../src/host/facts.ts';
import { Failure } from '../../../../src/base/errors.ts';
import { evaluateFragment } from '../../../../src/template/language/evaluate.ts';
import { HELPERS } from '../../../../src/template/helpers/index.ts';
import { Budget } from '../../../../src/template/language/helper.ts';
import { Lets } from '../../../../src/template/language/lets.ts';
import { parseFragment } from '../../../../src/template/language/parse-fragment.ts';
import { TrackedText } from '../../../../src/template/language/tracked-text.ts';
import { type Value, VariableMap } from '../../../../src/template/language/value.ts';
import { renderText } from '../../../support/render.ts';
import { db, record, SAMPLE_DBS, snapshotOf } from '../../../support/sample.ts';

/** Data that both programs can see: ours as variables, the original's as an object. */
const DATA = {
  name: 'Ada',
  empty: '',
  zero: 0,
  one: 1,
  yes: true,
  no: false,
  none: [],
  html: '<a href="x">&amp;</a>',
  list: ['a', 'b', 'c'],
  numbers: [0, 1],
  'odd-key': 'odd',
  person: { first: 'Grace', last: 'Hopper', languages: ['COBOL', 'FLOW-MATIC'], home: { city: 'New York' } },
  people: [
    { first: 'Ada', pets: ['cat', 'dog'] },
    { first: 'Bob', pets: [] },
  ],
};

type Plain = string | number | boolean | readonly Plain[] | { readonly [name: string]: Plain };

function toValue(plain: Plain): Value {
  if (Array.isArray(plain)) return (plain as readonly Plain[]).map(toValue);
  return typeof plain === 'object'
    ? new VariableMap(Object.entries(plain).map(([name, value]) => [name, toValue(value)]))
    : plain;
}

const VARIABLES = new Map(Object.entries(DATA).map(([name, value]): [string, Value] => [name, toValue(value)]));

function ours(text: string): string {
  const out = new TrackedText();
  evaluateFragment(
    parseFragment('/it', text),
    {
      snapshot: { dbs: new Map(), schema: {} },
      facts: NO_FACTS,
      helpers: HELPERS,
      escape: (value) => value,
      variables: VARIABLES,
      lets: new Lets([]),
      budget: new Budget(),
      readable: [],
      banner: () => new TrackedText(),
      perl: { piecesOf: () => [] },
      expand: () => new TrackedText(),
    },
    out,
  );
  return out.toString();
}

const original = Handlebars.create();
original.registerHelper('eq', (a: unknown, b: unknown) => String(a) === String(b));
original.registerHelper('not', (a: unknown) => original.Utils.isEmpty(a));
original.registerHelper('concat', (...args: unknown[]) => args.slice(0, -1).join(''));
original.registerHelper('join', (list: readonly unknown[], separator: unknown) =>
  list.join(typeof separator === 'string' ? separator : ', '),
);
original.registerHelper('split', (text: string) => text.split(','));
original.registerHelper('lower', (text: string) => text.toLowerCase());

const CORPUS = [
  '',
  'plain text\n',
  'a { b } c }} d',
  '{{name}}',
  '{{ name }}',
  '{{{html}}} {{html}} {{&html}}',
  'x{{empty}}y',
  '{{zero}} {{one}} {{yes}} {{no}}',
  '{{person.first}} {{person.last}}',
  '{{person/first}}',
  '{{person.home.city}}',
  '{{[odd-key]}} {{this.name}} {{./name}}',
  '{{"odd-key"}}',
  '{{@root.name}} {{@root.person.first}}',
  // conditions
  '{{#if name}}yes{{/if}}',
  '{{#if empty}}yes{{else}}no{{/if}}',
  '{{#if zero}}yes{{else}}no{{/if}}',
  '{{#if none}}yes{{^}}no{{/if}}',
  '{{#if no}}a{{else if yes}}b{{else}}c{{/if}}',
  '{{#if no}}a{{else if zero}}b{{else unless no}}c{{/if}}',
  '{{#unless empty}}yes{{/unless}}',
  '{{#unless name}}a{{else}}b{{/unless}}',
  '{{^if name}}a{{/if}}',
  '{{^if empty}}a{{/if}}',
  '{{^if name}}a{{else}}b{{/if}}',
  '{{#if (eq name "Ada")}}same{{/if}}',
  '{{#if (not (eq name "Bob"))}}other{{/if}}',
  '{{#if true}}t{{/if}}{{#if false}}f{{/if}}{{#if 0}}z{{/if}}{{#if "0"}}s{{/if}}',
  '{{#if person}}{{name}}{{/if}}',
  // with
  '{{#with person}}{{first}} {{last}} {{home.city}}{{/with}}',
  '{{#with person}}{{../name}} {{this.first}} {{./last}}{{/with}}',
  '{{#with empty}}a{{else}}b{{/with}}',
  '{{#with person as |p|}}{{p.first}} {{p.home.city}}{{/with}}',
  '{{#with person}}{{#with home}}{{city}} {{../first}} {{../../name}}{{/with}}{{/with}}',
  '{{#with zero}}{{this}}{{else}}b{{/with}}',
  '{{#with person}}{{#if first}}{{../name}}{{/if}}{{/with}}',
  '{{#with name}}{{.}}{{/with}}',
  // each
  '{{#each list}}{{this}},{{/each}}',
  '{{#each list}}{{@index}}={{.}} {{/each}}',
  '{{#each list}}{{#if @first}}<{{/if}}{{this}}{{#unless @last}},{{/unless}}{{#if @last}}>{{/if}}{{/each}}',
  '{{#each list}}{{@key}}{{/each}}',
  '{{#each person.home}}{{@key}}:{{this}}:{{@index}}:{{@first}}:{{@last}}{{/each}}',
  '{{#each none}}a{{else}}b{{/each}}',
  '{{#each none}}a{{/each}}',
  '{{#each list as |item|}}{{item}}{{/each}}',
  '{{#each list as |item n|}}{{n}}{{item}}{{/each}}',
  '{{#each people}}{{first}}:{{#each pets}}{{../first}}-{{this}}-{{@../index}}-{{@index}} {{else}}none{{/each}};{{/each}}',
  '{{#each people as |one|}}{{#each one.pets as |pet|}}{{one.first}} {{pet}} {{../../name}}|{{/each}}{{/each}}',
  '{{#each people}}{{#with this}}{{first}}{{/with}}{{/each}}',
  '{{#each numbers}}{{#if this}}{{this}}{{else}}nil{{/if}}{{/each}}',
  '{{#each (split "x,y")}}{{this}}{{@root.name}}{{/each}}',
  '{{#each person.languages}}{{this}} of {{../person.first}}, {{/each}}',
  '{{#each list as |join|}}{{join}}{{/each}}',
  '{{#each list as |name|}}{{name}}{{/each}} {{name}}',
  // helpers, literals
  '{{join list}} {{join list "-"}}',
  '{{join (split "a,b") "+"}}',
  '{{concat name 1 true "x" \'y\'}}',
  '{{concat "a b" (lower (concat name "B"))}}',
  '{{concat "say \\"hi\\"" \'it\\\'s\'}}',
  '{{lower "ÄÖ"}}',
  // white space
  'a\n{{#if name}}\nb\n{{/if}}\nc\n',
  'a\n  {{#if name}}  \n  b\n  {{else}}\n  c\n  {{/if}}\nd',
  'a\n{{#each list}}\n- {{this}}\n{{/each}}\nend',
  '{{#if name}}\nb\n{{/if}}',
  'a {{#if name}}\nb{{/if}} c\n',
  ' a {{~name~}} b ',
  'a \n\n {{~#if name~}} \n b \n {{~/if~}} \n c',
  '{{#each list~}}\n  {{this}}\n{{~/each}}',
  'a\r\n{{#if name}}\r\nb\r\n{{/if}}\r\nc',
  '{{#if empty~}} a {{~else~}} b {{~/if}} c',
  '\n\n{{#if no}}\n{{/if}}\n\n',
  // comments, escapes, raw
  'a{{! nothing }}b',
  'a{{!-- {{name}} --}}b',
  'a\n{{! alone on its line }}\nb',
  'a\n  {{!-- so {{is}} this --}}  \nb',
  '\\{{name}} {{name}}',
  'a \\{{name}}\n{{name}} \\\\{{name}}',
  '\\{{#if}} \\{{/if}} {{name}}',
  '{{{{if name}}}} {{raw}} {{#each}} {{{{/if}}}}',
  'a {{{{unless empty}}}}{{x}}{{{{/unless}}}} b',
];

describe('the language', () => {
  it.each(CORPUS)('gives what Handlebars gives for %j', (text) => {
    expect(ours(text)).toBe(original.compile(text, { noEscape: true })(DATA));
  });
});

function failureOf(fragment: string): string {
  try {
    renderText(fragment);
  } catch (error) {
    if (error instanceof Failure) return `${error.at?.line ?? ''}:${error.at?.column ?? ''} ${error.why}`;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('what is missing', () => {
  it('is never answered with the very name that was typed, such as that of a helper', () => {
    expect(() => renderText('{{record.MaxBody}}')).toThrow(expect.objectContaining({ hint: undefined }) as Error);
  });

  it.each([
    ['a prop that is printed', 'a\nb {{docker.Nope}}', '2:5 record "docker" of db configuration has no prop "Nope"'],
    ['a record that is printed', '{{Nope}}', '1:3 db configuration has no record "Nope"'],
    ['a prop of a record that is not there', ' {{nope.prop}}', '1:4 db configuration has no record "nope"'],
    ['a condition', 'a\n\n{{#if docker.Nope}}a{{/if}}', '3:7 record "docker" of db configuration has no prop "Nope"'],
    [
      'the condition of an else',
      '{{#if (eq "a" "b")}}{{else if docker.Nope}}a{{/if}}',
      '1:31 record "docker" of db configuration has no prop "Nope"',
    ],
    ['what unless looks at', '{{#unless Nope}}a{{/unless}}', '1:11 db configuration has no record "Nope"'],
    [
      'what each goes through',
      '{{#each docker.Nope}}a{{/each}}',
      '1:9 record "docker" of db configuration has no prop "Nope"',
    ],
    ['what with enters', '{{#with Nope}}a{{/with}}', '1:9 db configuration has no record "Nope"'],
    ['an argument', '{{join (split docker.Nope)}}', '1:15 record "docker" of db configuration has no prop "Nope"'],
    ['a second argument', '{{eq "a" docker.Nope}}', '1:10 record "docker" of db configuration has no prop "Nope"'],
    [
      'a named argument',
      '{{#each (records "docker_containers" access=docker.Nope)}}{{/each}}',
      '1:45 record "docker" of db configuration has no prop "Nope"',
    ],
    [
      'an argument inside of default',
      '{{default (concat docker.Nope "x") "y"}}',
      '1:19 record "docker" of db configuration has no prop "Nope"',
    ],
    ['all of default', '{{default docker.Nope Nada}}', '1:1 db configuration has no record "Nada"'],
    [
      'prop without a default',
      '{{prop "docker_containers" "wiki" "Nope"}}',
      '1:1 record "wiki" of db docker_containers has no prop "Nope"',
    ],
    [
      'record',
      '{{#with (record "docker_containers" "nope")}}{{/with}}',
      '1:9 db docker_containers has no record "nope"',
    ],
    [
      'an argument of and that is looked at',
      '{{#if (and (exists docker) docker.Nope)}}a{{/if}}',
      '1:28 record "docker" of db configuration has no prop "Nope"',
    ],
    [
      'a prop inside of each',
      '{{#each (records "docker_containers")}}\n{{Nope}}{{/each}}',
      '2:3 record "git" of db docker_containers has no prop "Nope"',
    ],
    ['@index outside of each', '{{@index}}', '1:3 there is @key, @index, @first and @last inside {{#each}}, and @root'],
    ['what is around the template', '{{../x}}', '1:3 there is nothing around the template'],
    ['this of the template', '{{this}}', '1:3 it names nothing here: say which record'],
  ])('is an error with its place: %s', (_, fragment, failure) => {
    expect(failureOf(fragment)).toBe(failure);
  });

  it.each([
    ['{{default docker.Nope "x"}}', 'x'],
    ['{{default nope.prop "x"}}', 'x'],
    ['{{prop docker "Nope" default="x"}}', 'x'],
    ['{{prop nope "Nope" default="x"}}', 'x'],
    ['{{prop "docker_containers" "nope" "Nope" default="x"}}', 'x'],
    ['{{#if (enabled docker.Nope)}}a{{else}}b{{/if}}', 'b'],
    ['{{#if (enabled nope)}}a{{else}}b{{/if}}', 'b'],
    ['{{#if (exists docker.Nope)}}a{{else}}b{{/if}}', 'b'],
    ['{{#if (exists nope)}}a{{else}}b{{/if}}', 'b'],
    ['{{#if (exists "docker_images" "nope")}}a{{else}}b{{/if}}', 'b'],
    ['{{#if (and (exists docker.Nope) docker.Nope)}}a{{else}}b{{/if}}', 'b'],
  ])('is none in %s', (fragment, text) => {
    expect(renderText(fragment)).toBe(text);
  });
});

describe('a name with a slip of the pen', () => {
  it.each([
    ['{{defualt docker.Nope "x"}}', 'default'],
    ['{{#if (exsits docker)}}a{{/if}}', 'exists'],
    ['{{#unles docker}}a{{/unles}}', 'unless'],
    ['{{#enabeld docker}}a{{/enabeld}}', 'enabled'],
    ['{{primaryHots}}', 'primaryHost'],
    ['{{dokcer.status}}', 'docker'],
    ['{{docker.stauts}}', 'status'],
    ['{{docker.LogMaxSiez}}', 'LogMaxSize'],
    ['{{prop "docker_containers" "wikki" "Image"}}', 'wiki'],
    ['{{config.dockre.status}}', 'docker'],
  ])('is met with the one that is meant: %s', (fragment, meant) => {
    expect(() => renderText(fragment)).toThrow(expect.objectContaining({ hint: `did you mean "${meant}"?` }) as Error);
  });

  it.each(['{{docker.Nope}}', '{{nothing.of.the.kind}}', '{{whatIsThat "x"}}'])(
    'is not made up where nothing is near: %s',
    (fragment) => {
      expect(() => renderText(fragment)).toThrow(expect.objectContaining({ hint: undefined }) as Error);
    },
  );
});

describe('records as variables', () => {
  const snapshot = snapshotOf(
    new Map([
      ...SAMPLE_DBS,
      [
        'configuration',
        db(
          record('default', 'service', { status: 'mine' }),
          record('httpd-e-smith', 'service', { status: 'on' }),
          record('join', 'value'),
          record('config', 'odd', { x: 'y' }),
          record('if', 'condition'),
        ),
      ],
    ]),
  );

  it.each([
    ['{{join}}', undefined],
    ['{{config.join}}', 'value'],
    ['{{config.default.status}}', 'mine'],
    ['{{default.status}}', 'mine'],
    ['{{[httpd-e-smith].status}}', 'on'],
    ['{{config.[httpd-e-smith].status}}', 'on'],
    ['{{config.config.x}}', 'y'],
    ['{{config.if}}', 'condition'],
    ['{{#with (record "docker_containers" "wiki")}}{{config.default.status}} {{access}}{{/with}}', 'mine private'],
  ])('%s', (fragment, text) => {
    if (text === undefined) expect(() => renderText(fragment, { snapshot })).toThrow(Failure);
    else expect(renderText(fragment, { snapshot })).toBe(text);
  });
});

describe('what a fragment cannot reach', () => {
  const names = ['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf'];
  it.each(
    names.flatMap((name) => [
      `{{${name}}}`,
      `{{docker.${name}}}`,
      `{{${name}.constructor}}`,
      `{{docker.status.${name}}}`,
      `{{#with docker}}{{${name}}}{{/with}}`,
      `{{#if ${name}}}{{/if}}`,
      `{{#if (default config.${name} "")}}{{fail "found"}}{{/if}}{{Nope}}`,
      `{{@root.${name}}}`,
      `{{#each (ports "1:2")}}{{${name}}}{{/each}}`,
      `{{@${name}}}`,
      `{{${name} "x"}}`,
      `{{#${name}}}{{/${name}}}`,
    ]),
  )('%s', (fragment) => {
    expect(failureOf(fragment)).toMatch(/has no record|has no prop|has no value|there is no helper|there is @key/);
  });

  it.each([
    ['{{> other}}', '1:1 docksmith has fragments and {{expand}} instead'],
    ['{{#> layout}}a{{/layout}}', '1:1 docksmith has fragments and {{expand}} instead'],
    ['{{* decorate}}', '1:1 docksmith has fragments and {{expand}} instead'],
    ['{{#*inline "x"}}a{{/inline}}', '1:1 docksmith has fragments and {{expand}} instead'],
    ['{{lookup docker "status"}}', '1:1 there is no helper of that name'],
    ['{{log "x"}}', '1:1 there is no helper of that name'],
    ['{{#docker}}a{{/docker}}', '1:1 there is no helper of that name'],
    ['{{#if docker includeZero=true}}a{{/if}}', '1:1 it takes no named arguments'],
    ['{{#if docker docksmith}}a{{/if}}', '1:1 it takes one argument, not 2'],
    ['{{#each docker.status}}a{{/each}}', '1:1 it is not a list: {{split}} makes one of a text'],
    ['{{split "a,b"}}', '1:1 it is a list or a set of values: use {{#each}}, {{join}} or {{json}}'],
  ])('%s', (fragment, failure) => {
    expect(failureOf(fragment)).toBe(failure);
  });

  it('expands no text of a value', () => {
    const hostile = snapshotOf(
      new Map([...SAMPLE_DBS, ['configuration', db(record('x', '{{DomainName}} {{{{raw}}}}'))]]),
    );
    expect(renderText('{{x}}', { snapshot: hostile })).toBe('{{DomainName}} {{{{raw}}}}');
  });
});
