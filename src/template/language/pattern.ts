import { RE2JS } from 're2js';
import { HelperFailure } from './helper.ts';

/** One place in a text where a pattern holds. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** the whole, then each group; empty for one that took no part */
  readonly groups: readonly string[];
  readonly names: Readonly<Record<string, number>>;
}

/** Characters that all matches of one call may look at: of a second or so. One match looks at each once. */
const MOST_LOOKED_AT = 5_000_000;

/** Of as many patterns what was compiled is kept. */
const MOST_KEPT = 200;
const compiled = new Map<string, RE2JS>();

/**
 * The matches of a pattern (RE2: its time grows with the text, never with how the pattern could be tried), one
 * behind the other. @throws HelperFailure for a pattern that is none, and where there is too much to look at
 */
export function* findMatches(pattern: string, text: string): Generator<Match> {
  const expression = compile(pattern);
  const names = expression.namedGroups();
  const matcher = expression.matcher(text);
  let looked = text.length;
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, n) => matcher.group(n) ?? '');
    yield { start, end, groups, names };
    looked += text.length - end;
    if (looked > MOST_LOOKED_AT)
      throw new HelperFailure(
        `the text has too many places where "${pattern}" holds for its ${text.length} characters: take it line by line`,
      );
  }
}

export function findMatch(pattern: string, text: string): Match | undefined {
  const [first] = findMatches(pattern, text);
  return first;
}

function compile(pattern: string): RE2JS {
  let expression = compiled.get(pattern);
  if (expression !== undefined) return expression;
  try {
    expression = RE2JS.compile(pattern);
  } catch (error) {
    throw new HelperFailure(`"${pattern}" is no pattern: ${explain(error)}`);
  }
  if (compiled.size >= MOST_KEPT) compiled.clear();
  compiled.set(pattern, expression);
  return expression;
}

function explain(error: unknown): string {
  const why = (error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, '');
  return /\(\?[=!<]|`\\\d`|^invalid named capture/.test(why)
    ? `${why} (there is no looking ahead or behind, and no reference to a group)`
    : why;
}

/** What stands in for the places where a pattern holds, or for the first of them. */
export interface Replacement {
  readonly pattern: string;
  /** `$1` is a group, `$<NAME>` one by name, `$&` the whole, `$$` a dollar */
  readonly by: string;
  readonly isFirst: boolean;
}

/** @throws HelperFailure as `findMatches`, and for what is no group of the pattern */
export function replaceMatches(text: string, { pattern, by, isFirst }: Replacement): string {
  let [replaced, at] = ['', 0];
  for (const found of findMatches(pattern, text)) {
    replaced += text.slice(at, found.start) + fillIn(by, found);
    at = found.end;
    if (isFirst) break;
  }
  return replaced + text.slice(at);
}

/** @throws HelperFailure for a pattern that is none, or a replacement that names none of its groups */
export function checkReplacement({ pattern, by }: Replacement): void {
  const expression = compile(pattern);
  const groups = Array.from({ length: expression.groupCount() + 1 }, () => '');
  fillIn(by, { start: 0, end: 0, groups, names: expression.namedGroups() });
}

function fillIn(by: string, { groups, names }: Match): string {
  return by.replace(/\$(?:(\$)|(&)|(\d{1,2})|<([^>]*)>)?/g, (all, dollar, whole, number?: string, name?: string) => {
    if (dollar !== undefined) return '$';
    if (whole !== undefined) return groups[0] ?? '';
    const n = number === undefined ? (name === undefined ? undefined : names[name]) : Number(number);
    const group = n === undefined ? undefined : groups[n];
    if (group === undefined)
      throw new HelperFailure(`"${all}" in the replacement is no group of the pattern: $1, $<NAME>, $& or $$`);
    return group;
  });
}
