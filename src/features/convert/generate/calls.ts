import type { Expression } from '../perl/ast.ts';
import { NotSure } from '../perl/not-sure.ts';
import { asText, convert, number, quote, text } from './expressions.ts';
import { convertMethod } from './methods.ts';
import { convertPattern } from './pattern.ts';
import type { Code, Scope } from './scope.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/** A function of Perl. @throws NotSure */
export function convertCall({ name, args, block, line }: Call, scope: Scope): Code {
  const [first, second, third] = args;
  if (first === undefined) throw new NotSure(line, `${name} without arguments`);
  if (block !== undefined) return convertList({ kind: 'call', name, args, block, line }, scope);
  switch (name) {
    case 'lc':
    case 'uc':
      return { hb: `(${name === 'lc' ? 'lower' : 'upper'} ${text(first, scope)} ascii=true)`, type: 'text' };
    case 'length':
      return lengthOf(first, scope);
    case 'int':
      return { hb: `(int ${number(first, scope)})`, type: 'number' };
    case 'scalar': {
      const { hb, type } = convert(first, scope);
      if (type !== 'list' && type !== 'records') throw new NotSure(line, 'scalar of what is no list');
      return { hb: `(length ${hb})`, type: 'number' };
    }
    case 'defined':
    case 'exists': {
      const { hb, mayMiss } = convert(first, scope);
      if (mayMiss !== true || first.kind !== 'element')
        throw new NotSure(line, `${name} of what may have been set to nothing`);
      return { hb: `(isSet ${hb})`, type: 'flag' };
    }
    case 'join':
      return { hb: `(join ${listOf(args.slice(1), scope, line)} ${text(first, scope)})`, type: 'text' };
    case 'split': {
      if (first.kind !== 'pattern' || second === undefined || third !== undefined)
        throw new NotSure(line, 'split like this');
      if (/[()^$]/.test(first.pattern) || first.pattern === '') throw new NotSure(line, 'split at such a pattern');
      return {
        hb: `(fields ${text(second, scope)} ${quote(convertPattern(first.pattern, first.flags, line), line)})`,
        type: 'list',
      };
    }
    case 'sprintf':
      return convertFormat(first, args.slice(1), scope, line);
    case 'sort':
      return { hb: `(sort ${listOf(args, scope, line)})`, type: 'list' };
    case 'reverse':
      return { hb: `(reversed ${listOf(args, scope, line)})`, type: 'list' };
    case '-e':
    case '-f':
    case '-d':
    case '-s':
      return convertFileTest(name, first, scope);
    default:
      throw new NotSure(line, `${name} is not converted`);
  }
}

/** Of what is not set it is nothing, and no 0. */
function lengthOf(value: Expression, scope: Scope): Code {
  const code = convert(value, scope);
  const hb = `(length ${asText(code, value.line)} bytes=true)`;
  if (code.mayMiss === true) return { hb: `(cond (isSet ${code.hb}) ${hb} "")`, type: 'text' };
  if (value.kind !== 'text') throw new NotSure(value.line, 'the length of what may not be set');
  return { hb, type: 'number' };
}

/** What stands for a list: each list among the arguments adds its items. */
export function listOf(args: readonly Expression[], scope: Scope, line: number): string {
  const [only, ...others] = args;
  if (only === undefined) return '(list)';
  if (others.length === 0 && only.kind === 'list') return listOf(only.items, scope, line);
  const codes = args.map((arg) => asList(arg, scope));
  if (codes.length === 1 && codes[0]?.isList === true) return codes[0].hb;
  return `(append (list) ${codes.map(({ hb }) => hb).join(' ')})`;
}

function asList(value: Expression, scope: Scope): { readonly hb: string; readonly isList: boolean } {
  if (value.kind === 'binary' && value.op === '..')
    return { hb: `(range (int ${number(value.left, scope)}) (int ${number(value.right, scope)}))`, isList: true };
  const code = value.kind === 'method' ? convertMethod(value, scope, true) : convert(value, scope);
  if (code.type === 'list' || code.type === 'records') return { hb: code.hb, isList: true };
  return { hb: asText(code, value.line), isList: false };
}

/** map, grep and sort with a block. */
function convertList({ name, args, block, line }: Call, scope: Scope): Code {
  const list = listOf(args, scope, line);
  if (name === 'map' && block?.kind === 'text') {
    const [before, item, after, more] = pad(block.parts);
    if (typeof item === 'object' && item.kind === 'scalar' && item.name === '_' && more === undefined)
      return { hb: `(wrap ${list} ${quote(before, line)} ${quote(after, line)})`, type: 'list' };
  }
  if (name === 'map' && block?.kind === 'method' && block.name === 'key' && isItem(block.of))
    return { hb: `(pluck ${list} "key")`, type: 'list' };
  throw new NotSure(line, `${name} with such a block`);
}

function isItem(value: Expression): boolean {
  return value.kind === 'scalar' && value.name === '_';
}

function pad(parts: readonly (string | Expression)[]): readonly [string, Expression | undefined, string, unknown] {
  const list = typeof parts[0] === 'string' ? [...parts] : ['', ...parts];
  const [before, item, after, more] = list;
  return [
    typeof before === 'string' ? before : '',
    typeof item === 'object' ? item : undefined,
    typeof after === 'string' ? after : '',
    typeof after === 'object' ? after : more,
  ];
}

function convertFormat(format: Expression, args: readonly Expression[], scope: Scope, line: number): Code {
  const [plain = ''] = format.kind === 'text' ? format.parts : [undefined];
  if (typeof plain !== 'string' || (format.kind === 'text' && format.parts.length > 1))
    throw new NotSure(line, 'sprintf with a format that is computed');
  const specs = [...plain.matchAll(/%(?:%|([-+0 ]*)(\d*)((?:\.\d+)?)([a-zA-Z]))/g)].filter(([whole]) => whole !== '%%');
  if ((plain.match(/%/g)?.length ?? 0) !== (plain.match(/%%/g)?.length ?? 0) * 2 + specs.length)
    throw new NotSure(line, 'sprintf with such a format');
  if (specs.length !== args.length) throw new NotSure(line, 'sprintf with more or fewer values than its format has');
  const values = specs.map(([, , , , letter = ''], n) => {
    const arg = args[n];
    if (arg === undefined || !/[sdxXf]/.test(letter)) throw new NotSure(line, `sprintf with %${letter}`);
    return letter === 's' ? text(arg, scope) : number(arg, scope);
  });
  return { hb: `(format ${[quote(plain, line), ...values].join(' ')} bytes=true)`, type: 'text' };
}

const KINDS: Readonly<Record<string, string>> = {
  '-e': '',
  '-f': ' kind="file"',
  '-d': ' kind="folder"',
  '-s': ' filled=true',
};

function convertFileTest(name: string, file: Expression, scope: Scope): Code {
  const { hb } = convert(file, scope);
  const parts = file.kind === 'text' ? file.parts : [file];
  let known = '';
  for (const part of parts) {
    const constant = typeof part === 'string' ? part : convert(part, scope).constant;
    if (constant === undefined) break;
    known += constant;
  }
  const whole = convert(file, scope).constant;
  const folder = whole === undefined ? known.slice(0, known.lastIndexOf('/')) : whole;
  if (!/^\/\w/.test(folder)) throw new NotSure(file.line, `${name} of a file whose folder is computed`);
  scope.files.add(name === '-d' || whole === undefined ? folder : folder);
  return { hb: `(fileExists ${hb}${KINDS[name] ?? ''})`, type: 'flag' };
}
