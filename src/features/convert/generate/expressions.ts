import type { Expression } from '../perl/ast.ts';
import { NotSure } from '../perl/not-sure.ts';
import { convertPattern } from './pattern.ts';
import { type Code, type Scope, segment, type Type } from './scope.ts';

const COMPARE: Readonly<Record<string, string>> = { '<': 'lt', '>': 'gt', '<=': 'le', '>=': 'ge', '==': 'sameNumber' };
const COUNT: Readonly<Record<string, string>> = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' };

/** @throws NotSure */
export function convert(value: Expression, scope: Scope): Code {
  const { line } = value;
  switch (value.kind) {
    case 'text':
      return convertText(value.parts, scope, line);
    case 'number':
      return { hb: String(value.value), type: 'number', constant: String(value.value) };
    case 'scalar':
      return convertScalar(value.name, scope, line);
    case 'array': {
      const found = scope.find(`@${value.name}`);
      if (found?.kind === 'value') return { hb: found.hb, type: found.type };
      if (scope.whole.shared.has(value.name)) throw new NotSure(line, `@${value.name}, which fragments share`);
      return { hb: `(firstSet ${scope.path(value.name, line)} (list))`, type: 'list' };
    }
    case 'element':
      return convertElement(value.name, value.key, scope, line);
    case 'unary':
      if (value.op === '!' || value.op === 'unless') return { hb: `(not ${test(value.of, scope)})`, type: 'flag' };
      if (value.op === '-' && value.of.kind === 'number') return { hb: String(-value.of.value), type: 'number' };
      return { hb: `(sub 0 ${number(value.of, scope)})`, type: 'number' };
    case 'binary':
      return convertBinary(value.op, value.left, value.right, scope, line);
    case 'choice':
      return {
        hb: `(cond ${test(value.test, scope)} ${text(value.yes, scope)} ${text(value.no, scope)})`,
        type: 'text',
      };
    case 'match':
      return {
        hb: `(match ${text(value.of, scope)} ${quote(convertPattern(value.pattern, value.flags, line), line)})`,
        type: 'match',
      };
    case 'call':
      return scope.calls.convertCall(value, scope);
    case 'method':
      return scope.calls.convertMethod(value, scope);
    default:
      throw new NotSure(line, `${WORDS[value.kind] ?? value.kind} within an expression`);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  assign: 'an assignment',
  my: 'my',
  list: 'a list',
  replace: 's///',
  hash: 'a hash',
  class: 'a class',
  pattern: 'a pattern alone',
};

/** For a condition of `if`. */
export function test(value: Expression, scope: Scope): string {
  if (value.kind === 'binary' && (value.op === '&&' || value.op === '||'))
    return `(${value.op === '&&' ? 'and' : 'or'} ${test(value.left, scope)} ${test(value.right, scope)})`;
  if (value.kind === 'scalar') {
    const found = scope.find(`$${value.name}`);
    if (found?.kind === 'record') return found.test;
  }
  const { hb, type } = convert(value, scope);
  return type === 'text' || type === 'number' ? `(truthy ${hb})` : hb;
}

/** As Perl prints it. */
export function text(value: Expression, scope: Scope): string {
  return asText(convert(value, scope), value.line);
}

export function asText({ hb, type, mayMiss }: Code, line: number): string {
  if (type === 'list') return `(length ${hb})`;
  if (type === 'flag' || type === 'match') return `(cond ${hb} "1" "")`;
  if (type === 'records' || type === 'map') throw new NotSure(line, 'a list of records or a hash as a text');
  return mayMiss === true ? `(default ${hb} "")` : hb;
}

export function number(value: Expression, scope: Scope): string {
  const { hb, type } = convert(value, scope);
  if (type === 'number') return hb;
  if (type === 'list') return `(length ${hb})`;
  if (type !== 'text') throw new NotSure(value.line, 'a truth as a number');
  return `(number ${hb})`;
}

/** @throws NotSure for a text that no quotes can hold */
export function quote(plain: string, line: number): string {
  if (plain.includes('\\') && plain.endsWith('\\')) throw new NotSure(line, 'a text that ends in a backslash');
  if (!plain.includes('"')) return `"${plain}"`;
  if (!plain.includes("'")) return `'${plain}'`;
  if (/\\"/.test(plain)) throw new NotSure(line, 'a text with both quotes and backslashes');
  return `"${plain.replaceAll('"', '\\"')}"`;
}

function convertText(parts: readonly (string | Expression)[], scope: Scope, line: number): Code {
  const pieces = parts.map((part) => (typeof part === 'string' ? quote(part, line) : inText(part, scope)));
  const constants = parts.map((part) => (typeof part === 'string' ? part : constantOf(part, scope)));
  const constant = constants.every((part) => part !== undefined) ? constants.join('') : undefined;
  const [only = '""', ...others] = pieces;
  return { hb: others.length === 0 ? only : `(concat ${pieces.join(' ')})`, type: 'text', constant };
}

/** A list within quotes is joined by blanks. */
export function inText(part: Expression, scope: Scope): string {
  return part.kind === 'array' ? `(join ${convert(part, scope).hb} " ")` : text(part, scope);
}

function constantOf(part: Expression, scope: Scope): string | undefined {
  const found = part.kind === 'scalar' ? scope.find(`$${part.name}`) : undefined;
  return found?.kind === 'value' ? found.constant : undefined;
}

function convertScalar(name: string, scope: Scope, line: number): Code {
  const found = scope.find(`$${name}`);
  if (found?.kind === 'value') return { hb: found.hb, type: found.type, constant: found.constant };
  if (found !== undefined) throw new NotSure(line, `$${name} is an object`);
  if (name === 'OUT' || name === 'DB' || name === '_' || /^\d/.test(name)) throw new NotSure(line, `$${name}`);
  if (scope.whole.shared.has(name)) {
    scope.shared.add(name);
    return { hb: segment(name), type: 'text' };
  }
  return { hb: `(stored ${scope.path(name, line)})`, type: 'text' };
}

function convertElement(name: string, key: Expression, scope: Scope, line: number): Code {
  const found = scope.find(`%${name}`);
  if (found?.kind === 'value') return { hb: `(get ${found.hb} ${text(key, scope)})`, type: 'text', mayMiss: true };
  if (scope.whole.shared.has(name)) throw new NotSure(line, `%${name}, which fragments share`);
  const [prop] = key.kind === 'text' ? key.parts : [];
  if (typeof prop !== 'string' || (key.kind === 'text' && key.parts.length > 1))
    throw new NotSure(line, `a prop of $${name} whose name is computed`);
  return propOf(scope.path(name, line), 'configuration', name, prop, scope, line);
}

/** @param key of a record of configuration, for its schema */
export function propOf(
  path: string,
  db: string,
  key: string | undefined,
  prop: string,
  scope: Scope,
  line: number,
): Code {
  if (prop === 'type' && key !== undefined) return { hb: `(stored ${path} "type")`, type: 'text' };
  if (prop === 'key' || !/^[\w.-]+$/.test(prop)) throw new NotSure(line, `the prop ${prop}`);
  if (scope.whole.hasDefault(db, key, prop)) throw new NotSure(line, `${prop}, for which docksmith has a default`);
  return { hb: `${path}.${segment(prop)}`, type: 'text', mayMiss: true };
}

function convertBinary(op: string, left: Expression, right: Expression, scope: Scope, line: number): Code {
  const call = (name: string, ...args: readonly string[]): string => `(${[name, ...args].join(' ')})`;
  if (op === 'eq' || op === 'ne') return { hb: call(op, text(left, scope), text(right, scope)), type: 'flag' };
  if (op === 'lt') return { hb: call('before', text(left, scope), text(right, scope)), type: 'flag' };
  if (op === 'gt') return { hb: call('before', text(right, scope), text(left, scope)), type: 'flag' };
  const compare = COMPARE[op];
  if (compare !== undefined) return { hb: call(compare, number(left, scope), number(right, scope)), type: 'flag' };
  if (op === '!=')
    return { hb: `(not ${call('sameNumber', number(left, scope), number(right, scope))})`, type: 'flag' };
  const count = COUNT[op];
  if (count !== undefined) return { hb: call(count, number(left, scope), number(right, scope)), type: 'number' };
  if (op === '%')
    return { hb: call('mod', `(int ${number(left, scope)})`, `(int ${number(right, scope)})`), type: 'number' };
  if (op === '.') return { hb: call('concat', text(left, scope), text(right, scope)), type: 'text' };
  if (op === 'x')
    return { hb: call('repeat', text(left, scope), `(max 0 (int ${number(right, scope)}))`), type: 'text' };
  const [first, second] = [convert(left, scope), convert(right, scope)];
  const isPlain = [first, second].every(({ type }) => type === 'text' || type === 'number');
  if (op === '||') {
    if (isPlain) return { hb: call('firstTrue', first.hb, asText(second, line)), type: 'text' };
    return { hb: call('or', test(left, scope), test(right, scope)), type: flagOf(first, second, line) };
  }
  if (op === '&&') return { hb: call('and', test(left, scope), test(right, scope)), type: flagOf(first, second, line) };
  if (op === '//' && (first.mayMiss === true || first.type === 'number'))
    return { hb: call('firstSet', first.hb, asText(second, line)), type: 'text' };
  throw new NotSure(line, op === '//' ? '// behind what may have been set to nothing' : `${op} is not converted`);
}

/** Truths alone print as such. */
function flagOf(first: Code, second: Code, line: number): Type {
  if ([first, second].some(({ type }) => type !== 'flag')) throw new NotSure(line, '&& or || whose value is used');
  return 'flag';
}
