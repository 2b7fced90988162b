import fc from 'fast-check';
import { CannotHold, ESCAPES } from '../../src/template/language/escape.ts';

/** Texts with much of what formats find special. */
export const value = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\n',
        '\r',
        '\t',
        '\u0000',
        '\u0007',
        '\u007f',
        '\u0085',
        '\u2028',
        '\ufeff',
        ' ',
        '"',
        "'",
        '\\',
        '`',
        '$',
        '${x}',
        '$(id)',
        '#',
        ';',
        ':',
        '- ',
        '[',
        ']',
        '{',
        '}',
        '&',
        '*',
        '!',
        '%',
        '@',
        '|',
        '>',
        '<',
        '=',
        ',',
        '~',
        '?',
        'é',
        '😀',
        'a',
        'B',
        '0',
        '1',
        '.',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    '',
    'yes',
    'no',
    'NO',
    'on',
    'off',
    'y',
    'n',
    'true',
    'True',
    'null',
    '~',
    '012',
    '0x1f',
    '1e3',
    '1_0',
    '1.10',
    '22:22',
    '1:2:3',
    '2001-01-01',
    '.inf',
    '.nan',
    '<<',
    '=',
    '---',
    '...',
    '-',
    '?',
    'key: value',
    'a #b',
    '12345678901234567890',
    '-0',
    '+1',
    '1.0',
    '.5',
    '5.',
  ),
);

/** The escaped value, or undefined where the format refuses it. */
export function escaped(format: string, text: string, before: string): string | undefined {
  const escape = ESCAPES[format];
  if (escape === undefined) throw new Error(`there is no format ${format}`);
  try {
    return escape(text, before);
  } catch (error) {
    if (error instanceof CannotHold) return undefined;
    throw error;
  }
}
