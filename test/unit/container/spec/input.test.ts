import { describe, expect, it } from 'vitest';
import { type Input, parseInput } from '../../../../src/container/spec/input.ts';
import { resolvePlain } from '../../../../src/container/spec/yaml/scalar.ts';
import { Failure } from '../../../../src/base/errors.ts';

function mistakeIn(text: string): string {
  try {
    parseInput('f.yaml', text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.at?.line}:${error.at?.column} ${error.why}`;
  }
  return '';
}

function plain({ scalar, items, entries }: Input): unknown {
  return (
    items?.map(plain) ?? (entries ? Object.fromEntries(entries.map(([name, held]) => [name, plain(held)])) : scalar)
  );
}

describe('what has no quotes', () => {
  // as Compose has it in a variable
  it.each<[string, unknown]>([
    ['text', 'text'],
    ['80', 80],
    ['-1', -1],
    ['+5', 5],
    ['022', 18],
    ['0440', 288],
    ['08', 8],
    ['0o17', 15],
    ['0x1F', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['_1', '_1'],
    ['123456789012345678', '123456789012345678'],
    ['-123456789012345678', '-123456789012345678'],
    ['1.10', 1.1],
    ['.5', 0.5],
    ['1e3', 1000],
    ['1234567.5', '1.2345675e+06'],
    ['0.00001', '1e-05'],
    ['1.2.3', '1.2.3'],
    ['22:22', '22:22'],
    ['2024-01-01', '2024-01-01'],
    ['yes', 'yes'],
    ['no', 'no'],
    ['on', 'on'],
    ['off', 'off'],
    ['y', 'y'],
    ['true', true],
    ['True', true],
    ['FALSE', false],
    ['tRUE', 'tRUE'],
    ['null', null],
    ['~', null],
    ['', null],
    ['12ab', '12ab'],
    ['0x', '0x'],
  ])('%j is %j', (source, value) => {
    expect(resolvePlain(source)).toBe(value);
    expect(parseInput('f.yaml', `a: ${source}\n`).entries?.[0]?.[1].scalar).toBe(value);
  });

  it('is a text wherever it has quotes, and as a name', () => {
    expect(plain(parseInput('f.yaml', 'a: "022"\nb: \'yes\'\nc: |\n  1\n0440: d\n22:22: e\n'))).toEqual({
      a: '022',
      b: 'yes',
      c: '1\n',
      '0440': 'd',
      '22:22': 'e',
    });
  });
});

describe('a YAML file', () => {
  it('keeps tags that are not of YAML', () => {
    const [[, first], [, second]] = parseInput('f.yaml', 'a: !reset []\nb: 1\n').entries as [
      [string, Input],
      [string, Input],
    ];
    expect([first.tag, second.tag]).toEqual(['!reset', undefined]);
  });

  it.each([
    ['a: 1\nb: 2\na: 3\n', '3:1 Map keys must be unique'],
    ['a: *b\n', '1:4 nothing above has the anchor "&b"'],
    ['a: &a\n  b: [*a]\n', '2:7 "*a" stands in what it stands for'],
    ['a: 1\n---\nb: 2\n', '3:1 it holds several documents, and only the first would be read'],
  ])('%j is refused', (text, mistake) => {
    expect(mistakeIn(text)).toBe(mistake);
  });

  it('is refused where it grows without end, with the line', () => {
    const bomb = [
      'x0: &v0 [z, z, z, z, z, z, z, z]',
      ...Array.from({ length: 12 }, (_, n) => `x${n + 1}: &v${n + 1} [${`*v${n}, `.repeat(8)}]`),
    ].join('\n');
    const deep = `a:\n  ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`;
    const steps = Array.from({ length: 2000 }, (_, n) => `${' '.repeat(n)}a:\n`).join('');
    expect(mistakeIn(bomb)).toMatch(/^\d+:\d+ its aliases stand for more than 50000 values$/);
    expect(mistakeIn(deep)).toBe('2:103 it has more than 100 levels');
    expect(mistakeIn(steps)).toMatch(/^10\d:\d+ it has more than 100 levels$/);
  });
});
