import type { Expression } from './ast.ts';
import { NotSure } from './not-sure.ts';

/** Binary operators by how tightly they bind; the last ones bind most. */
export const LEVELS: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['not'],
  [','],
  ['='],
  ['?'],
  ['..'],
  ['||', '//'],
  ['&&'],
  ['==', '!=', 'eq', 'ne'],
  ['<', '>', '<=', '>=', 'lt', 'gt', 'le', 'ge'],
  ['named'],
  ['+', '-', '.'],
  ['*', '/', '%', 'x'],
  ['=~', '!~'],
];
export const level = (op: string): number => LEVELS.findIndex((ops) => ops.includes(op));
export const [NOT, COMMA, ASSIGN, CHOICE, NAMED, TOP] = [
  level('not'),
  level(','),
  level('='),
  level('?'),
  level('named'),
  LEVELS.length,
];
export const ASSIGNMENTS = ['=', '.=', '+=', '-=', '*=', '/=', '||=', '//='];
/** Functions of one argument. */
export const UNARY = [
  'defined',
  'length',
  'lc',
  'uc',
  'int',
  'scalar',
  'exists',
  'keys',
  'values',
  'ucfirst',
  'lcfirst',
  'chomp',
  'undef',
  'abs',
  'ref',
];
export const LISTS = [
  'join',
  'split',
  'push',
  'unshift',
  'sort',
  'reverse',
  'map',
  'grep',
  'sprintf',
  'substr',
  'die',
  'warn',
  'index',
];

const SAME: Readonly<Record<string, string>> = { and: '&&', or: '||' };

/** An operator with its two sides. @throws NotSure */
export function combine(op: string, left: Expression, right: Expression, line: number): Expression {
  if (op !== '=~' && op !== '!~') return { kind: 'binary', op: SAME[op] ?? op, left, right, line };
  if (right.kind === 'replace' && op === '=~') return { ...right, of: left };
  if (right.kind !== 'pattern') throw new NotSure(line, 'a pattern that is not written there');
  const match: Expression = { kind: 'match', of: left, pattern: right.pattern, flags: right.flags, line };
  return op === '=~' ? match : { kind: 'unary', op: '!', of: match, line };
}
