import type { Expression, Statement } from './ast.ts';
import { Cursor } from './cursor.ts';
import { NotSure } from './not-sure.ts';
import { parseExpression } from './parse-expression.ts';
import { tokenize } from './tokens.ts';

/** The statements of a block. @throws NotSure for what is not of the part of Perl that is understood */
export function parsePerl(code: string, line: number): readonly Statement[] {
  const cursor = new Cursor(tokenize(code, line));
  const statements = parseStatements(cursor);
  if (cursor.peek().kind !== 'end') throw cursor.refuse();
  return statements;
}

function parseStatements(cursor: Cursor): readonly Statement[] {
  const statements: Statement[] = [];
  while (cursor.peek().kind !== 'end' && !cursor.is('}')) {
    if (cursor.take(';')) continue;
    if (cursor.is('use')) skipUse(cursor);
    else statements.push(parseStatement(cursor));
  }
  return statements;
}

/** Modules that bring nothing but what is understood by its name. */
const KNOWN = /^(?:esmith::(?:ConfigDB|AccountsDB|DomainsDB|HostsDB|NetworksDB|util)|warnings)$/;

function skipUse(cursor: Cursor): void {
  const { line } = cursor.next();
  const { text } = cursor.next();
  if (!KNOWN.test(text) || !cursor.is(';')) throw new NotSure(line, `use ${text}`);
}

function parseBody(cursor: Cursor): readonly Statement[] {
  cursor.expect('{');
  const body = parseStatements(cursor);
  cursor.expect('}');
  return body;
}

function parseStatement(cursor: Cursor): Statement {
  const { line, text, kind } = cursor.peek();
  if (kind === 'word') {
    if (text === 'if' || text === 'unless') return parseIf(cursor);
    if (text === 'foreach' || text === 'for') return parseForeach(cursor);
    if (['while', 'until', 'sub', 'do', 'local', 'our', 'last', 'package', 'no', 'BEGIN'].includes(text))
      throw new NotSure(line, `${text} is not converted`);
  }
  if (kind === 'op' && text === '{') throw new NotSure(line, 'a block within a block');
  return parseModifiers(cursor, parseSimple(cursor));
}

function parseSimple(cursor: Cursor): Statement {
  const { line } = cursor.peek();
  if (cursor.take('next')) return { kind: 'next', line };
  if (!cursor.take('return')) return { kind: 'expression', value: parseExpression(cursor), line };
  const isBare = cursor.is(';', '}', 'if', 'unless') || cursor.peek().kind === 'end';
  return { kind: 'return', value: isBare ? undefined : parseExpression(cursor), line };
}

function parseModifiers(cursor: Cursor, statement: Statement): Statement {
  const { line } = statement;
  const word = cursor.take('if', 'unless', 'foreach', 'for')?.text;
  if (cursor.is('while', 'until')) throw new NotSure(line, `${cursor.peek().text} is not converted`);
  let made = statement;
  if (word !== undefined) {
    const value = parseExpression(cursor);
    made =
      word === 'if' || word === 'unless'
        ? {
            kind: 'if',
            branches: [{ test: word === 'if' ? value : negate(value), body: [statement] }],
            otherwise: undefined,
            line,
          }
        : { kind: 'foreach', name: '_', list: value, body: [statement], line };
  }
  if (!cursor.take(';') && !cursor.is('}') && cursor.peek().kind !== 'end') throw cursor.refuse();
  return made;
}

function negate(value: Expression): Expression {
  return { kind: 'unary', op: 'unless', of: value, line: value.line };
}

function parseIf(cursor: Cursor): Statement {
  const { line, text } = cursor.next();
  const branches: { test: Expression; body: readonly Statement[] }[] = [];
  const test = parseTest(cursor);
  branches.push({ test: text === 'unless' ? negate(test) : test, body: parseBody(cursor) });
  while (cursor.take('elsif')) branches.push({ test: parseTest(cursor), body: parseBody(cursor) });
  return { kind: 'if', branches, otherwise: cursor.take('else') ? parseBody(cursor) : undefined, line };
}

function parseTest(cursor: Cursor): Expression {
  cursor.expect('(');
  const test = parseExpression(cursor);
  cursor.expect(')');
  return test;
}

function parseForeach(cursor: Cursor): Statement {
  const { line } = cursor.next();
  const isMine = cursor.take('my') !== undefined;
  let name = '_';
  if (cursor.peek().kind === 'variable') name = cursor.next().text.slice(1);
  if (name !== '_' && !isMine) throw new NotSure(line, `foreach with a variable that is not its own: $${name}`);
  cursor.expect('(');
  const list: Expression = cursor.is(')') ? { kind: 'list', items: [], line } : parseExpression(cursor);
  cursor.expect(')');
  return { kind: 'foreach', name, list, body: parseBody(cursor), line };
}
