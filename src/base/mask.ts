import { isSecretName, isSecretVariable } from './secret-names.ts';

/** Text with every secret in it replaced by `********`. */
export type Mask = (text: string) => string;

/** What stands for a secret wherever values are shown. */
export const MASK = '********';

/** Shorter ones are parts of too many words: they are masked where they stand alone. */
const SHORT = 4;

/**
 * Masks values wherever they stand, and what stands beside a name that says it is secret:
 * `DB_PASSWORD=…`, `"API_TOKEN": "…"`. A JSON document stays one.
 * @param values secrets as they may be written; of one with several lines each line counts
 */
export function maskerOf(values: Iterable<string>): Mask {
  const maskValues = valueMasker(values);
  const mask: Mask = (text) => maskNamed(maskValues(text));
  return (text) => {
    const masked = mask(text);
    return masked === text || !/^[[{]\n/.test(text) ? masked : (maskDocument(text, mask) ?? masked);
  };
}

/** A word as it was typed: of `API_TOKEN=…` all that follows is the value. */
export function maskWord(mask: Mask, word: string): string {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
  return isSecretVariable(name.replace(/^-+/, ''), value) ? `${name}=${MASK}` : mask(word);
}

/** Whether the mask would leave anything of it out. */
export function holdsSecret(mask: Mask, text: string): boolean {
  return mask(text) !== text;
}

function valueMasker(values: Iterable<string>): Mask {
  const parts = new Set([...values].flatMap(listParts));
  if (parts.size === 0) return (text) => text;
  // the longer first: one secret may begin with another
  const sources = [...parts]
    .sort((a, b) => b.length - a.length)
    .map((part) => {
      // a text that was wrapped breaks at blanks
      const source = part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/[ \t]+/g, '\\s+');
      return part.length < SHORT || /^\d+$/.test(part) ? `(?<![\\w*])${source}(?![\\w*])` : source;
    });
  const all = new RegExp(sources.join('|'), 'g');
  return (text) => {
    let [out, from] = ['', 0];
    all.lastIndex = 0;
    for (let match = all.exec(text); match !== null; match = all.exec(text)) {
      let end = match.index + match[0].length;
      // the end of one may be the beginning of another
      for (let at = match.index + 1; at < end; at++) {
        all.lastIndex = at;
        const next = all.exec(text);
        if (next === null || next.index >= end) break;
        at = next.index;
        end = Math.max(end, next.index + next[0].length);
      }
      out += text.slice(from, match.index) + MASK;
      from = end;
      all.lastIndex = end;
    }
    return from === 0 ? text : out + text.slice(from);
  };
}

/** A line of `{` or `end` in a key or a certificate says nothing. */
function listParts(value: string): readonly string[] {
  const lines = value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.length > 1
    ? lines.filter((line) => line.length >= SHORT)
    : value.includes('\n')
      ? lines
      : lines.length === 0
        ? []
        : [value];
}

/**
 * `NAME=`, or `NAME: ` for one in capitals as variables are; the name may end with a quote, and that may
 * be escaped.
 */
const NAMED = /(?<![\w.-])([A-Za-z_][\w.-]*)(?:(=)|(?:\\*["'])?:(?: +|(?=\\*["'])))/g;
const QUOTE = /\\*["']/y;
const WORD = /[^\s"']*/y;
const REST = /[^\n]*/y;

/** What stands beside a name that says that it is secret. */
function maskNamed(text: string): string {
  let [out, from] = ['', 0];
  NAMED.lastIndex = 0;
  for (let match = NAMED.exec(text); match !== null; match = NAMED.exec(text)) {
    const [all, name = '', equals] = match;
    if (!(equals === undefined ? /^[A-Z][A-Z0-9_]*$/.test(name) && isSecretName(name) : isSecretName(name))) continue;
    const [start, end] = findValue(text, match.index, match.index + all.length, equals !== undefined);
    if (!isSecretVariable(name, text.slice(start, end))) continue;
    out += text.slice(from, start) + MASK;
    NAMED.lastIndex = from = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Where the value begins and ends. @param name where the name begins; @param at what follows the sign */
function findValue(text: string, name: number, at: number, isAssignment: boolean): readonly [number, number] {
  const quote = matchAt(QUOTE, text, at);
  if (quote !== '') return [at + quote.length, findQuote(text, quote, at + quote.length)];
  // `"NAME=value with blanks"`
  const around = /\\*["']$/.exec(text.slice(Math.max(0, name - 8), name))?.[0];
  if (isAssignment && around !== undefined) return [at, findQuote(text, around, at)];
  return [at, at + matchAt(isAssignment ? WORD : REST, text, at).length];
}

/** The end of the line where it is left open. */
function findQuote(text: string, quote: string, from: number): number {
  const lineEnd = at(text.indexOf('\n', from), text.length);
  let end = text.indexOf(quote, from);
  while (end > 0 && end < lineEnd && text[end - 1] === '\\') end = text.indexOf(quote, end + quote.length);
  return Math.min(at(end, lineEnd), lineEnd);
}

function at(index: number, otherwise: number): number {
  return index < 0 ? otherwise : index;
}

function matchAt(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0] ?? '';
}

/**
 * The texts of a JSON document masked each by itself, so that a secret `true` leaves it readable; undefined
 * for what is none.
 */
function maskDocument(text: string, mask: Mask): string | undefined {
  const walk = (value: unknown, name: string): unknown => {
    if (typeof value === 'string')
      return /^Env\.|^[A-Z][A-Z0-9_]*$/.test(name) && isSecretVariable(name, value) ? MASK : mask(value);
    if (Array.isArray(value)) return value.map((item) => walk(item, ''));
    if (typeof value !== 'object' || value === null) return value;
    // names that this program gives say nothing
    return Object.fromEntries(
      Object.entries(value).map(([key, held]: [string, unknown]) => [
        /^[a-z][A-Za-z]*$/.test(key) ? key : mask(key),
        walk(held, key),
      ]),
    );
  };
  try {
    return `${JSON.stringify(walk(JSON.parse(text), ''), undefined, 2)}\n`;
  } catch {
    return undefined;
  }
}
