import type { Expression, Variable } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseInterpolated } from './interpolate.ts';
import { NotSure } from './not-sure.ts';
import { ASSIGN, ASSIGNMENTS, CHOICE, combine, COMMA, LEVELS, LISTS, NAMED, NOT, TOP, UNARY } from './operators.ts';

/** The whole of an expression, `and`, `or` and commas with it. @throws NotSure */
export function parseExpression(cursor: Cursor): Expression {
  return parseLevel(cursor, 0);
}

function parseLevel(cursor: Cursor, at: number): Expression {
  const { line } = cursor.peek();
  if (at === NOT) {
    if (cursor.take('not')) return { kind: 'unary', op: '!', of: parseLevel(cursor, NOT), line };
    return parseLevel(cursor, COMMA);
  }
  if (at === COMMA) return parseList(cursor);
  if (at === ASSIGN) return parseAssignment(cursor);
  if (at === CHOICE) {
    const test = parseLevel(cursor, CHOICE + 1);
    if (!cursor.take('?')) return test;
    const yes = parseLevel(cursor, ASSIGN);
    cursor.expect(':');
    return { kind: 'choice', test, yes, no: parseLevel(cursor, ASSIGN), line };
  }
  if (at === NAMED) return parseLevel(cursor, NAMED + 1);
  if (at === TOP) return parseUnary(cursor);
  let left = parseLevel(cursor, at + 1);
  for (;;) {
    const op = cursor.take(...(LEVELS[at] ?? []))?.text;
    if (op === undefined) return left;
    left = combine(op, left, parseLevel(cursor, at + 1), line);
  }
}

function parseList(cursor: Cursor): Expression {
  const { line } = cursor.peek();
  const first = parseLevel(cursor, ASSIGN);
  if (!cursor.is(',', '=>')) return first;
  const items = [first];
  while (cursor.take(',', '=>')) {
    if (cursor.is(')', ';', '}', ']') || cursor.peek().kind === 'end') break;
    items.push(parseLevel(cursor, ASSIGN));
  }
  return { kind: 'list', items, line };
}

function parseAssignment(cursor: Cursor): Expression {
  const { line } = cursor.peek();
  const to = parseLevel(cursor, CHOICE);
  const op = cursor.take(...ASSIGNMENTS)?.text;
  return op === undefined ? to : { kind: 'assign', op, to, value: parseLevel(cursor, ASSIGN), line };
}

function parseUnary(cursor: Cursor): Expression {
  const { line } = cursor.peek();
  const op = cursor.take('!', '-', '+')?.text;
  if (op === '+') return parseUnary(cursor);
  if (op !== undefined) return { kind: 'unary', op, of: parseUnary(cursor), line };
  return parsePostfix(cursor);
}

function parsePostfix(cursor: Cursor): Expression {
  let value = parsePrimary(cursor);
  while (cursor.take('->')) {
    const { kind, text, line } = cursor.next();
    if (kind !== 'word') throw new NotSure(line, `->${text}`);
    value = { kind: 'method', of: value, name: text, args: parseArguments(cursor), line };
  }
  if (cursor.is('++', '--', '**', '[')) throw new NotSure(cursor.peek().line, `${cursor.peek().text} is not converted`);
  return value;
}

/** In parentheses, or none. */
function parseArguments(cursor: Cursor): readonly Expression[] {
  if (!cursor.take('(')) return [];
  if (cursor.take(')')) return [];
  const all = parseExpression(cursor);
  cursor.expect(')');
  return itemsOf(all);
}

function itemsOf(value: Expression): readonly Expression[] {
  return value.kind === 'list' ? value.items : [value];
}

function parsePrimary(cursor: Cursor): Expression {
  const token = cursor.next();
  const { kind, text, line } = token;
  switch (kind) {
    case 'number':
      return { kind: 'number', value: Number(text), line };
    case 'text':
      return { kind: 'text', parts: token.interpolates === true ? parseInterpolated(text, line) : [text], line };
    case 'words':
      return {
        kind: 'list',
        items: text
          .split(/\s+/)
          .filter(Boolean)
          .map((word) => ({ kind: 'text', parts: [word], line })),
        line,
      };
    case 'pattern':
      return { kind: 'pattern', pattern: text, flags: token.flags ?? '', line };
    case 'replace':
      return {
        kind: 'replace',
        of: { kind: 'scalar', name: '_', line },
        pattern: text,
        by: token.by ?? '',
        flags: token.flags ?? '',
        line,
      };
    case 'variable':
      return parseVariable(cursor, text, line);
    case 'word':
      return parseWord(cursor, text, line);
    default:
      break;
  }
  if (text === '(') {
    if (cursor.take(')')) return { kind: 'list', items: [], line };
    const inside = parseExpression(cursor);
    cursor.expect(')');
    if (cursor.is('[')) throw new NotSure(line, 'an item of a list by its number');
    // one item in parentheses is a list where it stands for one
    return inside;
  }
  throw new NotSure(line, kind === 'end' ? 'the code ends too early' : `"${text}" is not understood here`);
}

function parseVariable(cursor: Cursor, text: string, line: number): Expression {
  const [sigil, name] = [text.slice(0, 1), text.slice(1)];
  if (sigil === '$' && cursor.is('{') && !cursor.peek().isSpaced) {
    cursor.next();
    const { kind, text: word } = cursor.peek();
    const isWord = (kind === 'word' || kind === 'number') && cursor.peek(1).text === '}';
    if (isWord) cursor.next();
    const key: Expression = isWord ? { kind: 'text', parts: [word], line } : parseExpression(cursor);
    cursor.expect('}');
    return { kind: 'element', name, key, line };
  }
  if (sigil === '$' && cursor.is('[')) throw new NotSure(line, 'an item of a list by its number');
  return { kind: sigil === '@' ? 'array' : sigil === '%' ? 'hash' : 'scalar', name, line };
}

function parseWord(cursor: Cursor, word: string, line: number): Expression {
  if (cursor.is('=>')) return { kind: 'text', parts: [word], line };
  if (word === 'my') return parseMy(cursor, line);
  if (cursor.is('->')) return { kind: 'class', name: word, line };
  if (/^-[a-zA-Z]$/.test(word)) return { kind: 'call', name: word, args: [parseLevel(cursor, NAMED + 1)], line };
  if ((word === 'map' || word === 'grep' || word === 'sort') && parsesBlock(cursor))
    return parseBlockCall(cursor, word, line);
  if (cursor.is('(')) return { kind: 'call', name: word, args: parseArguments(cursor), line };
  if (UNARY.includes(word)) return { kind: 'call', name: word, args: [parseLevel(cursor, NAMED + 1)], line };
  if (LISTS.includes(word)) return { kind: 'call', name: word, args: itemsOf(parseList(cursor)), line };
  throw new NotSure(line, `${word} is not converted`);
}

function parsesBlock(cursor: Cursor): boolean {
  return cursor.is('{') || (cursor.is('(') && cursor.peek(1).text === '{');
}

function parseBlockCall(cursor: Cursor, name: string, line: number): Expression {
  const isInParentheses = cursor.take('(') !== undefined;
  cursor.expect('{');
  const block = parseExpression(cursor);
  cursor.expect('}');
  cursor.take(',');
  const args = itemsOf(parseList(cursor));
  if (isInParentheses) cursor.expect(')');
  return { kind: 'call', name, block, args, line };
}

function parseMy(cursor: Cursor, line: number): Expression {
  const take = (): Variable => {
    const { kind, text, line: at } = cursor.next();
    if (kind !== 'variable') throw new NotSure(at, `my ${text}`);
    return { sigil: text.slice(0, 1) as Variable['sigil'], name: text.slice(1) };
  };
  if (!cursor.take('(')) return { kind: 'my', vars: [take()], isList: false, line };
  const vars = [take()];
  while (cursor.take(',')) vars.push(take());
  cursor.expect(')');
  return { kind: 'my', vars, isList: true, line };
}
