import { expect, it } from 'vitest';
import { splitWords } from '../../../src/base/split-words.ts';

// what Python's shlex.split gives for the same text
it.each([
  ['a b  c', ['a', 'b', 'c']],
  ['sh -c "echo \'x y\'"', ['sh', '-c', "echo 'x y'"]],
  ["a'b c'd", ['ab cd']],
  ['a\\ b', ['a b']],
  ['"a\\"b\\n"', ['a"b\\n']],
  ["''", ['']],
  ['', []],
  ['  a\t', ['a']],
  ["'a\\'", ['a\\']],
  ['"open', undefined],
  ["it's", undefined],
])('splits %j into words', (text, words) => {
  expect(splitWords(text)).toEqual(words);
});
