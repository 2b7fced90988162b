import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatForm, parseForm } from '../../../../src/cli/format/record-form.ts';
import { Failure, Failures } from '../../../../src/base/errors.ts';

const parse = (text: string): unknown => {
  const { type, props } = parseForm(text, 'the form');
  return [type, Object.fromEntries(props)];
};

/** Line and reason of each mistake. */
function mistakesOf(text: string): readonly (readonly [line: number | undefined, why: string])[] {
  try {
    parseForm(text, 'the form');
  } catch (error) {
    if (error instanceof Failures) return error.failures.map(({ at, why }) => [at?.line, why]);
    if (error instanceof Failure) return [[error.at?.line, error.why]];
    throw error;
  }
  return [];
}

describe('the form of a record', () => {
  it('is a line for the type and for each prop, then what may be set as well', () => {
    const props = new Map([
      ['Image', 'wiki:1'],
      ['status', 'enabled'],
    ]);
    const kind = {
      Image: { doc: 'the image', kind: 'text' },
      MaxMemory: { doc: 'the limit of memory', kind: 'size' },
      access: { doc: 'who may reach it', kind: 'choice', values: ['private', 'public'], default: 'private' },
    };
    const form = formatForm('docker_containers wiki', { type: 'service', props }, kind);
    expect(form.split('\n').filter((line) => !line.startsWith('#') && line !== '')).toEqual([
      'type service',
      'Image wiki:1',
      'status enabled',
    ]);
    expect(form).toMatch(/^# docker_containers wiki\n/);
    expect(form).toContain('\n#MaxMemory\n#     the limit of memory\n#access private\n');
    expect(form.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(parse(form)).toEqual(['service', { Image: 'wiki:1', status: 'enabled' }]);
  });

  it('is read as it was written, whatever the record holds', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/[=|\n]/.test(text));
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(' a', 'a\t', '"', '#', '\\n', 'a\\nb\nc', '\\', '"a" b', '\r'),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), (props) => {
        const record = { type: 'service', props: new Map(Object.entries(props)) };
        expect(parseForm(formatForm('db key', record), 'the form')).toEqual(record);
      }),
    );
  });

  it('takes blanks, comments and escapes as one types them', () => {
    expect(parse('\n# a comment\n  type\tservice \nDescription  two\\nlines\nEnv.A " padded "\nEmpty\n')).toEqual([
      'service',
      { Description: 'two\nlines', 'Env.A': ' padded ', Empty: '' },
    ]);
  });

  it('names every line that cannot be meant', () => {
    expect(mistakesOf('Image wiki:1\nMaxMemory=512\nA 1\nA 2\nB "x\n')).toEqual([
      [1, expect.stringContaining('the first line has to be "type …"') as string],
      [2, expect.stringContaining('"MaxMemory=512" has a = where a blank belongs') as string],
      [4, 'prop A is there twice'],
      [5, expect.stringContaining('quoted as in JSON') as string],
    ]);
    expect(mistakesOf('# nothing\n\n')).toEqual([[undefined, expect.stringContaining('no line is left') as string]]);
  });
});
