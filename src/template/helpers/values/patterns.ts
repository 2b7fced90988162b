import { type HelperCall, type HelperTable } from '../../language/helper.ts';
import { isTrue, VariableMap } from '../../language/value.ts';
import { textArgument } from '../arguments.ts';
import { findMatch, findMatches, replaceMatches } from '../../language/pattern.ts';
import { numberOption } from './numbers.ts';

/** Helpers with regular expressions, of the kind of RE2: their time grows with the text and no faster. */
export const PATTERN_HELPERS: HelperTable = {
  match: {
    doc: 'whether a regular expression holds somewhere in a text: its parts by name, .[0] the whole, .[1] the first group, and .NAME of (?<NAME>…)',
    example: {
      fragment: String.raw`{{#with (match "db.test:5433" "^([\w.-]+):(?<port>\d+)$") as |m|}}{{m.[1]}} {{m.port}}{{else}}none{{/with}}`,
      gives: 'db.test 5433',
    },
    call: (call) => {
      const found = findMatch(textArgument(call, 1), textArgument(call, 0));
      if (found === undefined) return false;
      const { groups, names } = found;
      return new VariableMap([
        ...groups.map((group, n): [string, string] => [String(n), group]),
        ...Object.entries(names).map(([name, n]): [string, string] => [name, groups[n] ?? '']),
      ]);
    },
  },
  replace: {
    doc: 'a text with all places where a regular expression holds replaced, or with first=true the first one; in the replacement $1 is a group, $<NAME> one by name, $& the whole, $$ a dollar',
    example: {
      fragment: String.raw`{{replace "10.1;10.2" ";" " | "}} {{replace "a b c" "(\w) " "$1_" first=true}}`,
      gives: '10.1 | 10.2 a_b c',
    },
    call: (call) =>
      replaceMatches(textArgument(call, 0), {
        pattern: textArgument(call, 1),
        by: textArgument(call, 2),
        isFirst: isTrue(call.hash.get('first')),
      }),
  },
  fields: {
    doc: 'a text as a list, cut where a regular expression holds; empty items stay, but for those at the end; limit= so many items at most; groups are items, too',
    example: { fragment: `{{join (wrap (fields ",a,,b,," ",") "<" ">") ""}}`, gives: '<><a><><b>' },
    call: (call) => cut(call),
  },
};

function cut(call: HelperCall): readonly string[] {
  const [text, pattern, limit] = [textArgument(call, 0), textArgument(call, 1), numberOption(call, 'limit', 0)];
  if (text === '') return [];
  const items: string[] = [];
  let [at, cuts] = [0, 1];
  for (const { start, end, groups } of findMatches(pattern, text)) {
    if (limit > 0 && cuts >= limit) break;
    // an empty match cuts between two characters, not at the ends
    if (end === start && (start === 0 || start >= text.length)) continue;
    if (end === 0) continue;
    items.push(text.slice(at, start), ...groups.slice(1));
    at = end;
    cuts++;
  }
  items.push(text.slice(at));
  if (limit === 0) while (items.at(-1) === '') items.pop();
  return items;
}
