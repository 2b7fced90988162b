import { describe, expect, it } from 'vitest';
import { parseBatch, runBatch } from '../../../../src/db/commands/batch.ts';
import { Draft } from '../../../../src/db/draft.ts';

function run(text: string, records: Readonly<Record<string, string>> = {}): { draft: Draft; printed: string } {
  const draft = new Draft(new Map(Object.entries(records)));
  const answers = runBatch(draft, parseBatch(text, 'db x'));
  return { draft, printed: answers.map((answer) => answer.text).join('') };
}

describe('words of a line', () => {
  it.each([
    ['blanks separate', 'set k  t\ta b ', 't|a|b'],
    ['single quotes keep all', `set k t a 'x "\\$ y'`, 't|a|x "\\$ y'],
    ['double quotes keep all but four escapes', 'set k t a "x \\"\\\\\\$\\` \\d"', 't|a|x "\\$` \\d'],
    ['a backslash keeps the next character', 'set k t a x\\ \\y', 't|a|x y'],
    ['parts stand together', `set k t a x'y z'"w"`, 't|a|xy zw'],
    ['an empty word is a word', `set k t a '' b ""`, 't|a||b|'],
    ['a carriage return ends a line as well', 'set k t a x\r', 't|a|x'],
    ['a # begins a comment only where a word would begin', 'set k t a x#y # z', 't|a|x#y'],
    ['\\n in quotes is a newline to whoever reads the value', `set k t a '1\\n2'`, 't|a|1\\n2'],
  ])('%s', (_, line, stored) => {
    expect(run(line).draft.lines.get('k')).toBe(stored);
  });

  it('keeps bytes that are not UTF-8', () => {
    expect(run('set k t a \xe9').draft.lines.get('k')).toBe('t|a|\xe9');
  });

  it('takes no byte of a character for a blank', () => {
    // à is c3 a0, and a0 alone is a space to JavaScript
    expect(run('set k t a voil\xc3\xa0 b c').draft.lines.get('k')).toBe('t|a|voil\xc3\xa0|b|c');
    expect(run('set k t a x\vy').draft.lines.get('k')).toBe('t|a|x\vy');
  });
});

it('runs each command on what those before it left, skipping comments and empty lines', () => {
  const { draft, printed } = run('# first\nset k t\n\nsetprop k a 1\ngetprop k a\ndelprop k a\nprint\n');
  expect(printed).toBe('1\nk=t\n');
  expect([...draft.lines]).toEqual([['k', 't']]);
});

it('names the line of every mistake before anything runs', () => {
  expect(() => parseBatch('set k t\nnonsense\nset\nset k "open\n', 'db x')).toThrow(
    /standard input:2:.*nonsense[^]*standard input:3:.*set[^]*standard input:4:.*closed/,
  );
});

it('names the line of every command that failed', () => {
  expect(() => run('set k t\nsetprop other a 1\nget other\ndelete k')).toThrow(
    /standard input:2:.*"other"[^]*standard input:3:/,
  );
});
