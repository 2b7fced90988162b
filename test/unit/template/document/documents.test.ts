import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { mergeParts, parsePart } from '../../../../src/template/document/documents.ts';
import { emitJson, emitYaml } from '../../../../src/template/document/emit.ts';
import { ReadScope, TrackedText } from '../../../../src/template/language/tracked-text.ts';
import { CODE_POINTS } from '../../../support/code-points.ts';
import { makeRoot } from '../../../support/folder.ts';
import { render } from '../../../support/render.ts';

/** What fragments merge to, written as the format. */
function merged(format: string, ...fragments: readonly string[]): string {
  const paths = makeRoot({
    'templates.metadata/etc/it': `FORMAT = ${format}`,
    'templates-default/template-begin': '# banner\n',
    ...Object.fromEntries(fragments.map((text, n) => [`templates/etc/it/${n + 1}0x`, text])),
  });
  return render({ template: '/etc/it' }, { paths })
    .outputs.map(({ content }) => content.toString())
    .join('')
    .replace(/^# banner\n/, '');
}

describe('merging', () => {
  it.each<[string, readonly string[], unknown]>([
    [
      'maps by key, in the order of fragments',
      ['a: 1\nb: {c: 1}', 'b: {d: 2}\ne: 3'],
      { a: 1, b: { c: 1, d: 2 }, e: 3 },
    ],
    ['a later scalar over an earlier one', ['a: 1', 'a: two'], { a: 'two' }],
    ['null as taking away', ['a: 1\nb: {c: 1, d: 2}', 'a: null\nb: {c: ~}'], { b: { d: 2 } }],
    ['null of what is not there as nothing', ['a: 1', 'b: null'], { a: 1 }],
    ['a later list in place of an earlier one', ['a: [1, 2]', 'a: [3]'], { a: [3] }],
    ['a list with + behind the one before', ['a: [1]', 'a+: [2, 3]', 'a+: [4]'], { a: [1, 2, 3, 4] }],
    ['a list with + where there is none yet', ['b: {a+: [1]}'], { b: { a: [1] } }],
    ['a + without items, as a loop leaves it, as nothing', ['a: [1]', 'a+:\n'], { a: [1] }],
    ['a map over a scalar, and the other way', ['a: 1\nb: {c: 1}', 'a: {d: 1}\nb: 2'], { a: { d: 1 }, b: 2 }],
    ['fragments without a document as nothing', ['# only a comment\n', '\n', 'a: 1'], { a: 1 }],
    [
      'texts that look like something else',
      ['a: "no"\nb: "22:22"\nc: "012"\nd: ""\ne: "1.0"'],
      { a: 'no', b: '22:22', c: '012', d: '', e: '1.0' },
    ],
    [
      'lists of maps and of lists',
      ['a: [{b: 1, c: [2]}, [3, [4]], {}, []]'],
      { a: [{ b: 1, c: [2] }, [3, [4]], {}, []] },
    ],
    ['text of several lines', ['a: |\n  one\n  two\n'], { a: 'one\ntwo\n' }],
  ])('takes %s', (_, fragments, expected) => {
    const text = merged('yaml', ...fragments);
    expect(parseYaml(text, { version: '1.1' })).toEqual(expected);
    expect(parseYaml(text, { version: '1.2' })).toEqual(expected);
    expect(
      parseYaml(merged('json', ...fragments.map((fragment) => JSON.stringify(parseYaml(fragment) ?? {})))),
    ).toEqual(expected);
  });

  it('puts keys of INI in their sections', () => {
    expect(merged('ini', 'top = 1\n[a]\nx = 1\ny=2\n', '; comment\n[b]\nz = 3\n[a]\nx = null\ny = 4\n')).toBe(
      'top=1\n[a]\ny=4\n[b]\nz=3\n',
    );
  });

  it.each<[string, string, readonly string[], string]>([
    ['YAML that is none', 'yaml', ['a: 1', 'b: 1\nc: [1\n'], '20x:'],
    ['a key twice in one fragment', 'yaml', ['a: 1\nb: 2\na: 3'], '10x:3'],
    [
      'a top that is a list',
      'yaml',
      ['- a'],
      '10x:1: cannot read the yaml that the fragment gives: its top is not a map',
    ],
    [
      'two documents',
      'yaml',
      ['a: 1\n---\nb: 2'],
      '10x:2: cannot read the yaml that the fragment gives: it is more than one document',
    ],
    ['aliases', 'yaml', ['a: &x 1\nb: *x'], '10x:2: cannot read the yaml that the fragment gives: anchors and aliases'],
    [
      'a number that YAML 1.1 reads otherwise',
      'yaml',
      ['a: 1\nmode: 0440'],
      '10x:2: cannot read the yaml that the fragment gives: 0440 is one number to YAML 1.1',
    ],
    [
      'something else than a list behind a list',
      'yaml',
      ['a: [1]', 'x: 1\na+: 2'],
      '20x:2: cannot append to "a+": it is not a list',
    ],
    [
      'a list behind something else',
      'yaml',
      ['a: 1', 'a+: [2]'],
      '20x:1: cannot append to "a+": what it appends to is not a list',
    ],
    [
      'JSON without a value',
      'json',
      ['{\n  "a":\n}'],
      '10x:3: cannot read the json that the fragment gives: "}" is not expected here',
    ],
    [
      'JSON with a comma too many',
      'json',
      ['{\n  "a": 1,\n}'],
      '10x:3: cannot read the json that the fragment gives: "}" is not expected here',
    ],
    [
      'JSON without a comma',
      'json',
      ['{ "a": 1\n  "b": 2 }'],
      '10x:2: cannot read the json that the fragment gives: "b" is not expected here',
    ],
    [
      'JSON with single quotes',
      'json',
      ["{\n'a': 1 }"],
      "10x:2: cannot read the json that the fragment gives: ' is not expected here",
    ],
    [
      'JSON that is not closed',
      'json',
      ['{\n "a": [1, 2\n'],
      '10x:2: cannot read the json that the fragment gives: it ends before all is closed',
    ],
    [
      'JSON closed wrongly',
      'json',
      ['{ "a": [1, 2}\n'],
      '10x:1: cannot read the json that the fragment gives: "}" is not expected here',
    ],
    ['a number with a zero in front in JSON', 'json', ['{ "a":\n 012 }'], '10x:2'],
    [
      'INI that is none',
      'ini',
      ['[a]\nx = 1\nodd line\n'],
      '10x:3: cannot read the ini that the fragment gives: "odd line" is neither a [section] nor key=value',
    ],
  ])('refuses %s, with the place', (_, format, fragments, message) => {
    expect(() => merged(format, ...fragments)).toThrow(message);
  });

  it('shows the place of a mistake in the fragment, not in its text', () => {
    expect(() => merged('yaml', '{{#each (split "a,b")}}\n{{this}}: 1\n{{/each}}\n\nc: [\n')).toThrow(/10x:5/);
  });
});

describe('a document', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.string({ unit: CODE_POINTS }).map((text) => Buffer.from(text).toString()),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(
      'yes',
      'no',
      'null',
      '~',
      '1_0',
      '0x1',
      '2001-01-01',
      '<<',
      '=',
      'a: b',
      '- a',
      '# a',
      '\u2028',
      '\u0085',
    ),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(
        fc.string().filter((key) => !key.endsWith('+')),
        tie('tree'),
        { maxKeys: 3, noNullPrototype: true },
      ),
    ),
  }));

  it('is read back by YAML 1.1 and 1.2 as what went in', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'no', '1'), tree, { minKeys: 1, noNullPrototype: true }),
        (document) => {
          const source = new TrackedText();
          source.append({
            text: JSON.stringify(document),
            fragment: '/it',
            line: 1,
            literal: true,
            scope: new ReadScope(),
          });
          const part = parsePart(source, 'json', '/it');
          if (part === undefined) throw new Error('there is no document');
          const [yaml, json] = [new TrackedText(), new TrackedText()];
          emitYaml(mergeParts(undefined, part), yaml);
          emitJson(mergeParts(undefined, part), json);
          const text = yaml.toString();
          expect(parseYaml(text, { version: '1.2' })).toEqual(document);
          expect(parseYaml(text, { version: '1.1' })).toEqual(document);
          expect(JSON.parse(json.toString())).toEqual(document);
        },
      ),
    );
  });
});
