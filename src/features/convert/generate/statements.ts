import type { Expression, Statement } from '../perl/ast.ts';
import { NotSure } from '../perl/not-sure.ts';
import { assign, declareList, push } from './assignments.ts';
import { listOf } from './calls.ts';
import { findDb, findRecordOf } from './methods.ts';
import { convert, inText, quote, test, text } from './expressions.ts';
import type { Item } from './items.ts';
import { convertPattern } from './pattern.ts';
import type { Scope } from './scope.ts';

/** Whether `$OUT` has been set where a statement begins. */
type Out = 'unset' | 'maybe' | 'set';

/** The statements of one block of code: what it prints. */
export class Generator {
  readonly items: Item[] = [];
  #out: Out = 'unset';
  readonly #usesOut: boolean;
  #loops = 0;

  constructor(usesOut: boolean) {
    this.#usesOut = usesOut;
  }

  /** @param isTail nothing comes after it in the block. @throws NotSure */
  run(statements: readonly Statement[], scope: Scope, isTail: boolean): void {
    for (const [n, statement] of statements.entries()) {
      const rest = statements.slice(n + 1);
      const isLast = isTail && rest.length === 0;
      if (statement.kind === 'next' || statement.kind === 'return') {
        if (rest.length > 0) throw new NotSure(statement.line, 'what comes behind it is never reached');
        this.#leave(statement, scope);
        return;
      }
      if (statement.kind === 'if' && leaves(statement)) {
        this.#if(statement, scope, isTail, rest);
        return;
      }
      if (statement.kind === 'if') this.#if(statement, scope, isLast, undefined);
      else if (statement.kind === 'foreach') this.#foreach(statement, scope);
      else this.#expression(statement.value, scope, isLast);
    }
  }

  #leave(statement: Extract<Statement, { kind: 'next' | 'return' }>, scope: Scope): void {
    if (statement.kind === 'next') {
      if (this.#loops === 0) throw new NotSure(statement.line, 'next outside of a loop');
      return;
    }
    if (this.#loops > 0) throw new NotSure(statement.line, 'return within a loop');
    const { value } = statement;
    if (value === undefined || this.#out === 'set' || (value.kind === 'text' && value.parts.length === 0)) return;
    if (this.#out === 'maybe') throw new NotSure(statement.line, 'a value is returned where $OUT may be set');
    this.#print(value, scope);
  }

  #expression(value: Expression, scope: Scope, isLast: boolean): void {
    const { line } = value;
    // `my $db = … or die`: a db that is not there is an empty one here
    if (
      value.kind === 'binary' &&
      value.op === '||' &&
      value.left.kind === 'assign' &&
      findDb(value.left.value, scope) !== undefined
    )
      if (value.right.kind === 'call' && value.right.name === 'die') return this.#expression(value.left, scope, isLast);
    if (value.kind === 'assign' && value.to.kind === 'scalar' && value.to.name === 'OUT') {
      if (value.op !== '.=' && (value.op !== '=' || this.#out !== 'unset' || this.#loops > 0))
        throw new NotSure(line, `$OUT ${value.op}, where something may be in it`);
      this.#print(value.value, scope);
      this.#out = 'set';
      return;
    }
    const isSilent = !isLast || this.#out === 'set';
    if (
      value.kind === 'assign' ||
      (value.kind === 'my' && isSilent) ||
      (value.kind === 'call' && value.name === 'push')
    ) {
      if (!isSilent) throw new NotSure(line, 'the block prints the value of an assignment');
      if (value.kind === 'call') push(value, scope, this.items);
      else if (value.kind === 'my') declareList(value, scope, this.items);
      else assign(value, scope, this.items);
      return;
    }
    if (value.kind === 'replace') throw new NotSure(line, 's/// is not converted');
    if (isLast && this.#out === 'maybe') {
      if (value.kind === 'text' && value.parts.length === 0) return;
      throw new NotSure(line, 'the block prints a value where $OUT may be set');
    }
    if (isLast && this.#out === 'unset') this.#print(value, scope);
    else if (value.kind !== 'text' && value.kind !== 'number') throw new NotSure(line, 'a value that is not used');
  }

  #print(value: Expression, scope: Scope): void {
    if (value.kind === 'text') {
      for (const part of value.parts) {
        if (typeof part === 'string') this.items.push({ kind: 'text', text: part });
        else this.#printCode(inText(part, scope));
      }
    } else if (value.kind === 'binary' && value.op === '.') {
      this.#print(value.left, scope);
      this.#print(value.right, scope);
    } else if (value.kind === 'choice') {
      this.items.push({ kind: 'open', hb: `#if ${test(value.test, scope)}` });
      this.#print(value.yes, scope);
      this.items.push({ kind: 'else', hb: 'else' });
      this.#print(value.no, scope);
      this.items.push({ kind: 'close', hb: '/if' });
    } else this.#printCode(text(value, scope));
  }

  #printCode(hb: string): void {
    const whole = /^\(([^]*)\)$/.exec(hb)?.[1];
    // a name alone may be that of a helper, and a number or text is no call
    if (whole !== undefined) this.items.push({ kind: 'print', hb: whole });
    else if (/^["'\d-]/.test(hb)) this.items.push({ kind: 'print', hb: `concat ${hb}` });
    else this.items.push({ kind: 'print', hb });
  }

  /** @param rest what follows, which is done only where no branch has left; undefined: none leaves */
  #if(
    { branches, otherwise, line }: Extract<Statement, { kind: 'if' }>,
    scope: Scope,
    isTail: boolean,
    rest: readonly Statement[] | undefined,
  ): void {
    const before = this.#out;
    const ends: Out[] = [];
    const run = (body: readonly Statement[], inner: Scope): void => {
      this.#out = before;
      const goesOn = rest !== undefined && !endsLeaving(body);
      this.run(goesOn ? [...body, ...rest] : body, inner, isTail);
      ends.push(this.#out);
    };
    if (rest !== undefined && rest.length > 0) {
      const staying = [...branches.map(({ body }) => body), otherwise ?? []].filter((body) => !endsLeaving(body));
      if (staying.length > 1) throw new NotSure(line, 'several branches go on, and others leave');
    }
    let closes = 0;
    const closing: string[] = [];
    for (const [n, { test: condition, body }] of branches.entries()) {
      if (n > 0) this.items.push({ kind: 'else', hb: 'else' });
      const inner = scope.inner();
      const tag = this.#openTest(condition, scope, inner);
      closing.push(tag);
      closes++;
      run(body, condition.kind === 'assign' ? inner : inner);
    }
    const last = branches.at(-1)?.test;
    const before2 = this.items.length;
    this.items.push({ kind: 'else', hb: 'else' });
    if (otherwise !== undefined || (rest !== undefined && rest.length > 0)) run(otherwise ?? [], scope.inner());
    else {
      this.#out = before;
      if (isTail && last !== undefined) this.#valueOfFalse(last, scope);
      ends.push(this.#out);
    }
    if (this.items.length === before2 + 1) this.items.pop();
    for (let n = 0; n < closes; n++) this.items.push({ kind: 'close', hb: closing[closes - 1 - n] ?? '' });
    this.#out = ends.every((end) => end === 'set') ? 'set' : ends.every((end) => end === 'unset') ? 'unset' : 'maybe';
  }

  /** Without `else`, the block prints the value of the last condition. */
  #valueOfFalse(condition: Expression, scope: Scope): void {
    if (this.#out === 'set' || condition.kind === 'assign') return;
    const isUnless = condition.kind === 'unary' && condition.op === 'unless';
    const value = isUnless ? condition.of : condition;
    const { type } = convert(value, scope);
    if (!isUnless && (type === 'flag' || type === 'match')) return;
    if (this.#out === 'maybe' || this.#usesOut || this.#loops > 0)
      throw new NotSure(condition.line, 'the block prints the value of this condition where $OUT is not set');
    this.#printCode(text(value, scope));
  }

  /** @returns the tag that closes it */
  #openTest(condition: Expression, scope: Scope, inner: Scope): string {
    if (condition.kind === 'match' && /(?<!\\)\((?!\?)/.test(condition.pattern)) {
      const name = scope.give('m');
      const pattern = quote(convertPattern(condition.pattern, condition.flags, condition.line), condition.line);
      this.items.push({ kind: 'open', hb: `#with (match ${text(condition.of, scope)} ${pattern}) as |${name}|` });
      for (let n = 1; n < 10; n++) inner.bind(`$${n}`, { kind: 'value', hb: `${name}.[${n}]`, type: 'text' });
      return '/with';
    }
    if (condition.kind === 'assign' && condition.to.kind === 'my' && condition.op === '=') {
      const record = findRecordOf(condition.value, scope);
      const [variable] = condition.to.vars;
      if (record === undefined || variable?.sigil !== '$')
        throw new NotSure(condition.line, 'an assignment as a condition');
      const name = scope.give(variable.name);
      const key = /^\(exists ("\w+" [^]*)\)$/.exec(record.test)?.[1] ?? '';
      this.items.push({ kind: 'open', hb: `#with (firstSet (record ${key}) "") as |${name}|` });
      inner.bind(`$${variable.name}`, { kind: 'record', hb: name, db: record.db, test: record.test });
      inner.entersRecord();
      return '/with';
    }
    this.items.push({ kind: 'open', hb: `#if ${test(condition, scope)}` });
    return '/if';
  }

  #foreach({ name, list, body }: Extract<Statement, { kind: 'foreach' }>, scope: Scope): void {
    const hb = listOf([list], scope, list.line);
    const db = hb.startsWith('(get_hosts_by_domain') ? 'hosts' : /^\(records "([\w-]+)"/.exec(hb)?.[1];
    const given = scope.give(name === '_' ? 'item' : name);
    const inner = scope.inner(db === undefined ? scope.isInRecords : true);
    inner.bind(
      `$${name}`,
      db === undefined ? { kind: 'value', hb: given, type: 'text' } : { kind: 'record', hb: given, db, test: given },
    );
    this.items.push({ kind: 'open', hb: `#each ${hb} as |${given}|` });
    const before = this.#out;
    this.#loops++;
    this.run(body, inner, false);
    this.#loops--;
    // a loop may have no round
    if (this.#out !== before) this.#out = before === 'set' ? 'set' : 'maybe';
    this.items.push({ kind: 'close', hb: '/each' });
  }
}

/** Whether a branch ends the round or the block. */
function leaves({ branches, otherwise }: Extract<Statement, { kind: 'if' }>): boolean {
  return [...branches.map(({ body }) => body), otherwise ?? []].some(endsLeaving);
}

function endsLeaving(body: readonly Statement[]): boolean {
  const last = body.at(-1);
  return last?.kind === 'next' || last?.kind === 'return';
}
