import { parseFragment } from '../../../template/language/parse-fragment.ts';
import type { Program } from '../../../template/language/program.ts';

/** What a converted fragment is made of, in its order. */
export type Item =
  | { readonly kind: 'text'; readonly text: string }
  /** an expression to be printed; or a tag that prints nothing */
  | { readonly kind: 'print' | 'let' | 'open' | 'else' | 'close'; readonly hb: string };

/**
 * The source of a fragment. Tags stand on lines of their own where a line begins, which Handlebars takes off whole.
 * @returns undefined where the parser would read something else than was meant
 */
export function layOut(items: readonly Item[]): string | undefined {
  let source = '';
  const merged = merge(items);
  for (const [n, item] of merged.entries()) {
    const isLineStart = source === '' || source.endsWith('\n');
    if (item.kind === 'text') source += writeText(item.text, merged[n + 1]);
    else if (item.kind === 'print') source += `{{{${item.hb}}}}`;
    else source += isLineStart ? `{{${item.hb}}}\n` : `{{${item.hb}}}`;
  }
  return flatten(parseFragment('converted', source).program) === flattenItems(merged) ? source : undefined;
}

function merge(items: readonly Item[]): readonly Item[] {
  const merged: Item[] = [];
  for (const item of items) {
    const last = merged.at(-1);
    if (item.kind === 'text' && item.text === '') continue;
    if (item.kind === 'text' && last?.kind === 'text')
      merged[merged.length - 1] = { kind: 'text', text: last.text + item.text };
    else merged.push(item);
  }
  return merged;
}

/** Text that a parser of Handlebars reads as it is; what it would not is printed as a value. */
function writeText(text: string, next: Item | undefined): string {
  // of backslashes in front of a tag the parser takes one off
  const start = text.replaceAll(
    /(\\*)(\{\{+)/g,
    (_, before: string, braces: string) => hidden(before) + printed(braces),
  );
  const [end = ''] = /(?:\{|\\+|(?<=^|\n)[ \t]+)$/.exec(start) ?? [];
  if (next === undefined || end === '' || (next.kind === 'print' && /^[ \t]/.test(end))) return start;
  return start.slice(0, start.length - end.length) + (end.startsWith('\\') ? hidden(end) : printed(end));
}

function hidden(backslashes: string): string {
  return backslashes === '' ? '' : `${backslashes}\\`;
}

function printed(text: string): string {
  return `{{{concat "${text}" ""}}}`;
}

const MARKS = { print: '\u0001', let: '\u0001', open: '\u0002', else: '\u0003', close: '\u0004' } as const;

function flattenItems(items: readonly Item[]): string {
  return items.map((item) => (item.kind === 'text' ? item.text : MARKS[item.kind])).join('');
}

function flatten(program: Program): string {
  return program
    .map((node): string => {
      if (node.kind === 'text') return node.text;
      if (node.kind === 'print') {
        const { path, params } = node.call;
        const [literal, empty] = params;
        const isText =
          path.source === 'concat' && literal?.kind === 'literal' && empty?.kind === 'literal' && empty.value === '';
        return isText ? String(literal.value) : MARKS.print;
      }
      if (node.kind !== 'block') return '';
      const inverse = node.inverse.length > 0 ? MARKS.else + flatten(node.inverse) : '';
      return MARKS.open + flatten(node.body) + inverse + MARKS.close;
    })
    .join('');
}
