import type { Expression } from '../perl/ast.ts';
import { NotSure } from '../perl/not-sure.ts';
import { listOf } from './calls.ts';
import { findDb, findRecordOf } from './methods.ts';
import { asText, convert, number, text } from './expressions.ts';
import type { Item } from './items.ts';
import { type Scope, segment, type Type } from './scope.ts';

type Assign = Extract<Expression, { kind: 'assign' }>;
type My = Extract<Expression, { kind: 'my' }>;

/** `my` without a value. @throws NotSure */
export function declareList({ vars }: My, scope: Scope, items: Item[]): void {
  for (const { sigil, name } of vars)
    set(scope, items, sigil, name, sigil === '$' ? '""' : sigil === '@' ? '(list)' : '(dict)', TYPES[sigil] ?? 'text');
}

const TYPES: Readonly<Record<string, Type>> = { $: 'text', '@': 'list', '%': 'map' };

/** @throws NotSure */
export function assign({ op, to, value, line }: Assign, scope: Scope, items: Item[]): void {
  if (to.kind === 'my') return declare(to, op, value, scope, items);
  if (to.kind === 'array' && op === '=') {
    const found = scope.find(`@${to.name}`);
    if (found?.kind !== 'value') throw new NotSure(line, `@${to.name}, which fragments share`);
    items.push({ kind: 'let', hb: `let "${found.hb}" ${listOf([value], scope, line)}` });
    return;
  }
  if (to.kind !== 'scalar') throw new NotSure(line, 'an assignment to this');
  const found = scope.find(`$${to.name}`);
  if (found?.kind === 'value' && scope.isLet(found.hb)) {
    const [hb, type] = combined(op, found.hb, value, scope, line);
    items.push({ kind: 'let', hb: `let "${found.hb}" ${hb}` });
    scope.rebind(`$${to.name}`, { kind: 'value', hb: found.hb, type: type === found.type ? type : 'text' });
    return;
  }
  if (found !== undefined || op !== '=') throw new NotSure(line, `an assignment to $${to.name}`);
  // shared by the fragments of the template
  const { hb } = convertPlain(value, scope);
  scope.shared.add(to.name);
  items.push({ kind: 'let', hb: `let "${to.name}" ${hb}` });
}

function combined(op: string, hb: string, value: Expression, scope: Scope, line: number): readonly [string, Type] {
  const COUNT: Readonly<Record<string, string>> = { '+=': 'add', '-=': 'sub', '*=': 'mul', '/=': 'div' };
  const count = COUNT[op];
  if (count !== undefined) return [`(${count} (number ${hb}) ${number(value, scope)})`, 'number'];
  if (op === '.=') return [`(concat ${hb} ${text(value, scope)})`, 'text'];
  if (op === '||=') return [`(firstTrue ${hb} ${text(value, scope)})`, 'text'];
  if (op !== '=') throw new NotSure(line, `${op} is not converted`);
  const plain = convertPlain(value, scope);
  return [plain.hb, plain.type];
}

function convertPlain(value: Expression, scope: Scope): { readonly hb: string; readonly type: Type } {
  if (findDb(value, scope) !== undefined || findRecordOf(value, scope) !== undefined)
    throw new NotSure(value.line, 'an object that is assigned later');
  const code = convert(value, scope);
  return code.type === 'number' ? code : { hb: asText(code, value.line), type: 'text' };
}

function declare({ vars, isList, line }: My, op: string, value: Expression, scope: Scope, items: Item[]): void {
  if (op !== '=') throw new NotSure(line, `my with ${op}`);
  if (isList) return declareSeveral(vars, value, scope, items, line);
  const [{ sigil, name } = { sigil: '$', name: '' }] = vars;
  if (sigil === '@') return set(scope, items, sigil, name, listOf([value], scope, line), listType(value, scope, line));
  if (sigil === '%') {
    const pairs = value.kind === 'list' ? value.items : [value];
    if (pairs.length % 2 === 1) throw new NotSure(line, 'a hash of what is no pairs');
    return set(scope, items, sigil, name, `(dict${pairs.map((item) => ` ${text(item, scope)}`).join('')})`, 'map');
  }
  const db = findDb(value, scope);
  if (db !== undefined) return scope.bind(`$${name}`, { kind: 'db', name: db });
  const record = findRecordOf(value, scope);
  if (record !== undefined) {
    if (record.hb === '') throw new NotSure(line, 'a record whose key is computed');
    return scope.bind(`$${name}`, { kind: 'record', ...record });
  }
  const { hb, type } = convertPlain(value, scope);
  set(scope, items, sigil, name, hb, type, scope.isConstant(name) ? convert(value, scope).constant : undefined);
}

function listType(value: Expression, scope: Scope, line: number): Type {
  if (listOf([value], scope, line).startsWith('(records')) throw new NotSure(line, 'a list of records in a variable');
  return 'list';
}

function declareSeveral(vars: My['vars'], value: Expression, scope: Scope, items: Item[], line: number): void {
  if (vars.some(({ sigil }) => sigil !== '$')) throw new NotSure(line, 'my of several lists');
  let values: readonly string[] | undefined;
  if (value.kind === 'call' && value.name === 'esmith::util::computeNetworkAndBroadcast' && value.args.length === 2) {
    const given = value.args.map((arg) => text(arg, scope)).join(' ');
    values = [`(networkAddress ${given})`, `(broadcast ${given})`];
  } else if (value.kind === 'list') values = value.items.map((item) => convertPlain(item, scope).hb);
  if (values?.length !== vars.length) throw new NotSure(line, 'my of several values');
  for (const [n, { name }] of vars.entries()) set(scope, items, '$', name, values[n] ?? '', 'text');
}

function set(
  scope: Scope,
  items: Item[],
  sigil: string,
  name: string,
  hb: string,
  type: Type,
  constant?: string,
): void {
  const given = scope.give(name);
  scope.addLet(given);
  items.push({ kind: 'let', hb: `let "${given}" ${hb}` });
  scope.bind(sigil + name, { kind: 'value', hb: segment(given), type, constant });
}

/** @throws NotSure */
export function push({ args, line }: Extract<Expression, { kind: 'call' }>, scope: Scope, items: Item[]): void {
  const [list, ...more] = args;
  const found = list?.kind === 'array' ? scope.find(`@${list.name}`) : undefined;
  if (found?.kind !== 'value') throw new NotSure(line, 'push on a list that fragments share');
  items.push({ kind: 'let', hb: `let "${found.hb}" (append ${found.hb} ${listOf(more, scope, line)})` });
}
