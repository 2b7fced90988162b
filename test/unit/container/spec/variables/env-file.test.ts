import { describe, expect, it } from 'vitest';
import {
  type EnvFileContext,
  parseEnvFile,
  parseRawEnvFile,
} from '../../../../../src/container/spec/variables/env-file.ts';
import { Failure, Failures } from '../../../../../src/base/errors.ts';

const parse = (text: string, context?: EnvFileContext): Readonly<Record<string, string>> =>
  Object.fromEntries(parseEnvFile('/srv/env', text, context));

function mistakesOf(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    const failures = error instanceof Failures ? error.failures : error instanceof Failure ? [error] : undefined;
    if (failures === undefined) throw error;
    return failures.map(({ at, why }) => `${at?.line}: ${why}`);
  }
  return [];
}

describe('a file of variables', () => {
  // as docker-compose v2 reads each line
  it.each([
    ['A=val', 'val'],
    ['A=', ''],
    ['A=val # note', 'val'],
    ['A=val\t# note', 'val'],
    ['A=a#b', 'a#b'],
    ['A=   val  \r', 'val'],
    ['A = val', 'val'],
    ['  export A=val', 'val'],
    ['A: val', 'val'],
    ['\uFEFFA=val', 'val'],
    ['A="a=1&b=2"', 'a=1&b=2'],
    ['A="x y" # note', 'x y'],
    ["A='a # b'", 'a # b'],
    ['A="a # b"', 'a # b'],
    ['A="a\\nb\\tc"', 'a\nb\tc'],
    ["A='a\\nb'", 'a\\nb'],
    ['A=a\\nb', 'a\\nb'],
    ['A="say \\"yes\\""', 'say "yes"'],
    ["A='it\\'s'", "it's"],
    ['A="a\\\\"', 'a\\'],
    ['A="first\nsecond"\nB=1', 'first\nsecond'],
    ["A='first\n# no comment\nsecond'", 'first\n# no comment\nsecond'],
    ['A=it"s', 'it"s'],
    ['X=1\nA=$X', '1'],
    ['X=1\nA="${X}2"', '12'],
    ["X=1\nA='$X'", '$X'],
    ['A=$$X', '$X'],
    ['A="\\$X"', '$X'],
    ['A=${X:-none}', 'none'],
    ['A=1\nA=2', '2'],
    ['PORT = 80   # blanks\nA=$PORT', '80'],
    ['A=# all of it is a comment', ''],
    ["A='first\nsecond'   # note", 'first\nsecond'],
    ['X=\nA=${X:-${Y:-deep}}', 'deep'],
    ['A="C:\\\\new"', 'C:\\new'],
    ['export\tA=1', '1'],
  ])('reads %j', (text, value) => {
    expect(parse(text)['A']).toBe(value);
  });

  it('has names alone only where somebody gives them a value', () => {
    const context = { variables: new Map([['TOKEN', 'abc']]), mayNameAlone: true };
    expect(parse('TOKEN\nOTHER\nexport A=$TOKEN', context)).toEqual({ TOKEN: 'abc', A: 'abc' });
  });

  it('takes nothing for a variable that nobody sets, and tells where, if it is asked to', () => {
    const unset: string[] = [];
    const onUnset = (name: string, line: number): void => void unset.push(`${line} ${name}`);
    expect(parse('A=1\nB="x${C}"\nD=$E', { onUnset })).toEqual({ A: '1', B: 'x', D: '' });
    expect(unset).toEqual(['2 C', '3 E']);
  });

  it('is taken as it stands where its format is raw', () => {
    const variables = new Map([['TOKEN', 'abc']]);
    const text = '# note\nA="x" # y\nB=$A\n\nTOKEN\nOTHER\n C=\'z\' \r\n';
    expect(parseRawEnvFile('/srv/env', text, { variables })).toEqual([
      ['A', '"x" # y'],
      ['B', '$A'],
      ['TOKEN', 'abc'],
      ['C', "'z' "],
    ]);
    expect(() => parseRawEnvFile('/srv/env', 'A=1\nB C=1\n')).toThrow('/srv/env:2');
  });

  it('names every line that cannot be read, and none of its text', () => {
    expect(mistakesOf('A=1\nsecret words\nB\n=2\nC=pass$word\nD="x"y\nE=\'open\nF=1\n')).toEqual([
      '2: the line is not NAME=VALUE',
      '3: the line is not NAME=VALUE',
      '4: the line is not NAME=VALUE',
      '5: a $ begins a variable that no earlier line sets',
      '6: something stands behind the closing quote',
      '7: a quote is left open',
    ]);
  });

  it('counts the lines of a value that has several', () => {
    expect(mistakesOf('A="1\n2\n3"\nwrong\n')).toEqual(['4: the line is not NAME=VALUE']);
  });
});
