import { splitList } from '../../model/network/parse-ports.ts';
import { HelperFailure } from './helper.ts';
import { findMatch } from './pattern.ts';
import { parseNumber } from './value.ts';

/** What an item says to a name of a condition; undefined: it is not set. */
export type Answer = (name: string) => string | undefined;

/** A condition on items: `HostType=Self and not (Visible=Local or Size>10)`. */
export interface Where {
  readonly holds: (answer: Answer) => boolean;
  /** the names that it asks for, each once */
  readonly names: readonly string[];
}

type Test = (answer: Answer) => boolean;

const OPERATORS: Readonly<Record<string, (own: string, wanted: string) => boolean>> = {
  '=': (own, wanted) => own === wanted,
  '!=': (own, wanted) => own !== wanted,
  '<': byNumber((a, b) => a < b),
  '<=': byNumber((a, b) => a <= b),
  '>': byNumber((a, b) => a > b),
  '>=': byNumber((a, b) => a >= b),
  '~': (own, wanted) => findMatch(wanted, own) !== undefined,
  '!~': (own, wanted) => findMatch(wanted, own) === undefined,
  has: (own, wanted) => splitList(own).includes(wanted),
};

const TOKEN = /\s*(?:(\()|(\))|'([^']*)'|"([^"]*)"|(!=|!~|<=|>=|[=<>~])|([^\s()=<>~!'"]+))/y;

interface Token {
  readonly kind: '(' | ')' | 'operator' | 'word' | 'text';
  readonly text: string;
}

/**
 * Reads a condition: `PROP OPERATOR VALUE` or `PROP` alone (it is there and not empty), with `and`, `or`, `not` and
 * brackets. A value is a word, a text in quotes, or `$1` for the first of `values`.
 * @throws HelperFailure with what was found where something else has to stand
 */
export function parseWhere(text: string, values: readonly string[]): Where {
  const names = new Set<string>();
  const tokens = tokenize(text);
  const used = new Set<number>();
  let at = 0;
  const peek = (): Token | undefined => tokens[at];
  const isWord = (word: string): boolean => peek()?.kind === 'word' && peek()?.text === word;
  const refuse = (wanted: string): HelperFailure =>
    new HelperFailure(
      `where="${text}": ${peek() === undefined ? 'at its end' : `"${peek()?.text ?? ''}"`}, ${wanted} is missing`,
    );

  const either = (): Test => {
    const tests = [both()];
    while (isWord('or')) {
      at++;
      tests.push(both());
    }
    return (answer) => tests.some((test) => test(answer));
  };
  const both = (): Test => {
    const tests = [single()];
    while (isWord('and')) {
      at++;
      tests.push(single());
    }
    return (answer) => tests.every((test) => test(answer));
  };
  const single = (): Test => {
    if (isWord('not')) {
      at++;
      const test = single();
      return (answer) => !test(answer);
    }
    if (peek()?.kind === '(') {
      at++;
      const test = either();
      if (peek()?.kind !== ')') throw refuse('")"');
      at++;
      return test;
    }
    return term();
  };
  const term = (): Test => {
    const name = peek();
    if (name?.kind !== 'word' || ['and', 'or', 'has'].includes(name.text)) throw refuse('the name of a prop');
    at++;
    names.add(name.text);
    const operator = peek();
    const compare = operator?.kind === 'operator' || isWord('has') ? OPERATORS[operator?.text ?? ''] : undefined;
    if (compare === undefined) return (answer) => (answer(name.text) ?? '') !== '';
    at++;
    const value = peek();
    if (value?.kind !== 'word' && value?.kind !== 'text') throw refuse('a value');
    at++;
    const wanted = value.kind === 'word' && /^\$\d+$/.test(value.text) ? argument(value.text) : value.text;
    return (answer) => compare(answer(name.text) ?? '', wanted);
  };
  const argument = (written: string): string => {
    const n = Number(written.slice(1));
    const value = values[n - 1];
    if (value === undefined)
      throw new HelperFailure(`where="${text}": there is no argument ${written} behind the list`);
    used.add(n);
    return value;
  };

  const test = either();
  if (peek() !== undefined) throw refuse('"and" or "or"');
  if (used.size < values.length)
    throw new HelperFailure(
      `where="${text}" uses ${used.size} of the ${values.length} arguments behind the list: $1 is the first`,
    );
  return { holds: test, names: [...names] };
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) throw new HelperFailure(`where="${text}": "${text.slice(at).trim()}" cannot be read`);
    const [, open, close, single, double, operator, word = ''] = found;
    if (open !== undefined) tokens.push({ kind: '(', text: open });
    else if (close !== undefined) tokens.push({ kind: ')', text: close });
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator });
    else if (single !== undefined || double !== undefined) tokens.push({ kind: 'text', text: single ?? double ?? '' });
    else tokens.push({ kind: 'word', text: word });
  }
  return tokens;
}

function byNumber(holds: (a: number, b: number) => boolean): (own: string, wanted: string) => boolean {
  return (own, wanted) => {
    const [a, b] = [parseNumber(own), parseNumber(wanted)];
    if (b === undefined) throw new HelperFailure(`where: "${wanted}" is no number`);
    return a !== undefined && holds(a, b);
  };
}
