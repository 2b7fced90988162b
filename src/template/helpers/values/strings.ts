import { isUtf8 } from 'node:buffer';
import { compareBytes } from '../../../base/layers.ts';
import { type HelperCall, HelperFailure, type HelperTable, refuseLarge } from '../../language/helper.ts';
import { isTrue, textOf, VariableMap } from '../../language/value.ts';
import { textArgument, textOption } from '../arguments.ts';
import { wholeArgument } from './numbers.ts';
import { formatText } from './format.ts';

/** Helpers that look at texts and cut, fill and lay them out. Letters are counted, or bytes with bytes=true. */
export const STRING_HELPERS: HelperTable = {
  upper: {
    doc: 'a text in upper case; ascii=true for the letters A to Z alone',
    example: { fragment: '{{upper "wiki é"}} {{upper "é a" ascii=true}}', gives: 'WIKI É é A' },
    call: (call) =>
      isOn(call, 'ascii')
        ? textArgument(call, 0).replace(/[a-z]+/g, (letters) => letters.toUpperCase())
        : textArgument(call, 0).toUpperCase(),
  },
  lower: {
    doc: 'a text in lower case; ascii=true for the letters A to Z alone',
    example: { fragment: '{{lower "WiKi"}} {{lower "É A" ascii=true}}', gives: 'wiki É a' },
    call: (call) =>
      isOn(call, 'ascii')
        ? textArgument(call, 0).replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
        : textArgument(call, 0).toLowerCase(),
  },
  trim: {
    doc: 'a text without white space at its ends',
    example: { fragment: '[{{trim "  a b\t"}}]', gives: '[a b]' },
    call: (call) => textArgument(call, 0).trim(),
  },
  length: {
    doc: 'how many letters a text has, or items a list, or names a map; bytes=true for the bytes of a text',
    example: {
      fragment: '{{length "Öl"}} {{length "Öl" bytes=true}} {{length (split "a,b,c")}}',
      gives: '2 3 3',
    },
    call: (call) => {
      const [value] = call.args;
      if (Array.isArray(value)) return value.length;
      if (value instanceof VariableMap) return value.entries.size;
      return unitsOf(call, textArgument(call, 0)).length;
    },
  },
  substring: {
    doc: 'a part of a text from a place on, from 0, with a length; negative: so far from its end',
    example: {
      fragment: '{{substring "heron" 0 3}} {{substring "heron" -2}} {{substring "heron" 1 -1}}',
      gives: 'her on ero',
    },
    call: (call) => {
      const units = unitsOf(call, textArgument(call, 0));
      const start = wholeArgument(call, 1);
      const from = start < 0 ? Math.max(0, units.length + start) : start;
      const length = call.args.length > 2 ? wholeArgument(call, 2) : units.length;
      return textOfUnits(call, units.slice(from, length < 0 ? units.length + length : from + length));
    },
  },
  startsWith: {
    doc: 'whether a text begins with another',
    example: { fragment: '{{#if (startsWith "/srv/data" "/srv/")}}yes{{/if}}', gives: 'yes' },
    call: (call) => textArgument(call, 0).startsWith(textArgument(call, 1)),
  },
  endsWith: {
    doc: 'whether a text ends with another',
    example: { fragment: '{{#if (endsWith "host.example.test" ".test")}}yes{{/if}}', gives: 'yes' },
    call: (call) => textArgument(call, 0).endsWith(textArgument(call, 1)),
  },
  before: {
    doc: 'whether a text comes before another in the order of their bytes',
    example: { fragment: '{{#if (before "10" "9")}}before{{/if}}', gives: 'before' },
    call: (call) => compareBytes(textArgument(call, 0), textArgument(call, 1)) < 0,
  },
  repeat: {
    doc: 'a text so many times; less than once is nothing',
    example: { fragment: '{{repeat "=" 5}}', gives: '=====' },
    call: (call) => {
      const [text, count] = [textArgument(call, 0), Math.max(0, wholeArgument(call, 1))];
      refuseLarge(text.length * count);
      return text.repeat(count);
    },
  },
  wrap: {
    doc: 'a text, or each item of a list, with a text in front and another behind',
    example: { fragment: `{{join (wrap (split "a,b") "'" "'")}} {{wrap "x" "-"}}`, gives: "'a', 'b' -x" },
    call: (call) => {
      const [value] = call.args;
      const [begin, end] = [textArgument(call, 1), call.args.length > 2 ? textArgument(call, 2) : ''];
      if (!Array.isArray(value)) return `${begin}${textArgument(call, 0)}${end}`;
      return value.map((_, n) => `${begin}${textArgument({ ...call, args: value }, n)}${end}`);
    },
  },
  pad: {
    doc: 'a text filled up to a width with blanks behind; side="left": in front; with="0" for something else',
    example: { fragment: '[{{pad "ab" 4}}] [{{pad 7 3 side="left" with="0"}}]', gives: '[ab  ] [007]' },
    call: (call) => {
      const [text, width, fill] = [textArgument(call, 0), wholeArgument(call, 1), textOption(call, 'with', ' ')];
      const side = textOption(call, 'side', 'right');
      if (fill.length !== 1) throw new HelperFailure('with is one character');
      if (side !== 'left' && side !== 'right') throw new HelperFailure('side is "left" or "right"');
      refuseLarge(width);
      const missing = fill.repeat(Math.max(0, width - unitsOf(call, text).length));
      return side === 'left' ? missing + text : text + missing;
    },
  },
  format: {
    doc: 'values laid out as printf does it: %s %d %i %u %f %e %g %x %X %o %b %c %%, with the flags - 0 + # and blank, a width and .DIGITS',
    example: {
      fragment: '{{format "%-6s|%4d|%04x|%.2f" "ab" 42 255 "2.5"}}',
      gives: 'ab    |  42|00ff|2.50',
    },
    call: (call) =>
      formatText(textArgument(call, 0), call.args.length - 1, {
        text: (n) => textArgument(call, n + 1),
        widthOf: (part) => unitsOf(call, part).length,
      }),
  },
};

function isOn({ hash, scope }: HelperCall, name: string): boolean {
  const value = hash.get(name);
  return isTrue(value) && !['no', 'false', '0'].includes(textOf(value, scope) ?? '');
}

function unitsOf(call: HelperCall, text: string): readonly string[] {
  return isOn(call, 'bytes') ? Buffer.from(text).toString('latin1').split('') : Array.from(text);
}

function textOfUnits(call: HelperCall, units: readonly string[]): string {
  if (!isOn(call, 'bytes')) return units.join('');
  const bytes = Buffer.from(units.join(''), 'latin1');
  if (!isUtf8(bytes)) throw new HelperFailure('it would cut a letter in two');
  return bytes.toString();
}
