import type { Place } from '../errors.ts';
import { Failure, reasonOf } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { Snapshot } from '../db/snapshot.ts';
import { CannotHold, type Escape } from './escape.ts';
import type { Fragment } from './fragment.ts';
import type { Helper, HelperTable } from './helper.ts';
import { formatRead, ReadScope, TrackedText } from './tracked-text.ts';
import { isTrue, observe, RecordView, textOf, type Value, VariableMap, Verbatim } from './value.ts';

type Call = hbs.AST.MustacheStatement | hbs.AST.SubExpression | hbs.AST.BlockStatement;

/** All that is the same for every fragment of one expansion. */
export interface Evaluation {
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly helpers: HelperTable;
  readonly escape: Escape;
  /** variables besides the records of `configuration`: `record` with FOREACH, the hash of `expand` */
  readonly variables: ReadonlyMap<string, Value>;
  readonly expand: (template: string, variables: ReadonlyMap<string, Value>, around: ReadScope) => TrackedText;
}

/** A `this` with what blocks lay around it. */
interface Frame {
  readonly context: Value | typeof ROOT;
  readonly data: ReadonlyMap<string, Value>;
  readonly blockParams: ReadonlyMap<string, Value>;
  readonly parent?: Frame;
}

const ROOT = Symbol('the variables of the template');

/**
 * Appends what a fragment says to `out`. The language is Handlebars and so is the parser;
 * the evaluation is ours, because it has to say for every line which fragment line and which
 * props made it, to refuse what is missing everywhere, and to reach nothing but records.
 * @throws Failure with fragment, line and column
 */
export function evaluateFragment(fragment: Fragment, evaluation: Evaluation, out: TrackedText, around = new ReadScope()): void {
  new Evaluator(fragment, evaluation, out).program(fragment.program, { context: ROOT, data: new Map(), blockParams: new Map() }, around);
}

class Evaluator {
  readonly #fragment: Fragment;
  readonly #evaluation: Evaluation;
  #out: TrackedText;

  constructor(fragment: Fragment, evaluation: Evaluation, out: TrackedText) {
    this.#fragment = fragment;
    this.#evaluation = evaluation;
    this.#out = out;
  }

  program(program: hbs.AST.Program, frame: Frame, around: ReadScope): void {
    for (const statement of program.body) this.#statement(statement, frame, around);
  }

  #statement(statement: hbs.AST.Statement, frame: Frame, around: ReadScope): void {
    switch (statement.type) {
      case 'ContentStatement': return this.#content(statement as hbs.AST.ContentStatement, around);
      case 'CommentStatement': return;
      case 'MustacheStatement': return this.#mustache(statement as hbs.AST.MustacheStatement, frame, around);
      case 'BlockStatement': return this.#block(statement as hbs.AST.BlockStatement, frame, around);
      default:
        throw this.#failure(statement, `cannot use ${statement.type.replace('Statement', '').toLowerCase()}s in a fragment`, 'docksmith has fragments and {{expand}} in their stead');
    }
  }

  #content({ value, original: source, loc }: hbs.AST.ContentStatement, around: ReadScope): void {
    // the parser takes white space off around blocks that stand alone on their line; `loc` still begins before it
    const original = source as unknown as string;
    const stripped = original.slice(0, Math.max(0, original.lastIndexOf(value)));
    this.#append(value, loc.start.line + (stripped.match(/\n/g)?.length ?? 0), true, around);
  }

  #append(text: string, line: number, literal: boolean, scope: ReadScope): void {
    this.#out.append({ text, fragment: this.#fragment.file, line, literal, scope });
  }

  #mustache(statement: hbs.AST.MustacheStatement, frame: Frame, around: ReadScope): void {
    const scope = new ReadScope(around);
    const value = this.#call(statement, frame, scope);
    if (value instanceof TrackedText) return this.#out.appendText(value);
    const line = statement.loc.start.line;
    if (value instanceof Verbatim) return this.#append(value.text, line, false, scope);
    const text = textOf(value, scope);
    if (text === undefined) {
      throw this.#failure(statement, `cannot print ${sourceOf(statement.path)}`, value === undefined || value === null ? 'it has no value' : 'it is a list or a set of values: use {{#each}}, {{join}} or {{json}}');
    }
    this.#append(statement.escaped ? this.#escape(text, statement, scope) : text, line, false, scope);
  }

  #escape(text: string, statement: hbs.AST.MustacheStatement, scope: ReadScope): string {
    try {
      return this.#evaluation.escape(text, this.#out.currentLine);
    } catch (error) {
      if (!(error instanceof CannotHold)) throw error;
      const read = scope.own.at(-1);
      throw this.#failure(statement, `cannot write ${read === undefined ? sourceOf(statement.path) : formatRead(read)} ${JSON.stringify(text)} here`, error.message);
    }
  }

  #block(statement: hbs.AST.BlockStatement, frame: Frame, around: ReadScope): void {
    const scope = new ReadScope(around);
    const { path, params, program, inverse } = statement;
    const otherwise = (): void => {
      if ((inverse as hbs.AST.Program | undefined) !== undefined) this.program(inverse, frame, scope);
    };
    const inside = (context: Value, data: Iterable<readonly [string, Value]> = [], blockParams: readonly Value[] = []): void => {
      this.program(program, {
        context, data: new Map([...frame.data, ...data]), parent: frame,
        blockParams: new Map([...frame.blockParams, ...blockParamsOf(program).map((name, n): [string, Value] => [name, blockParams[n]])]),
      }, scope);
    };
    const name = sourceOf(path);
    const argument = (): Value => {
      if (params[0] === undefined || params.length > 1) throw this.#failure(statement, `cannot use {{#${name}}}`, `it takes one argument, not ${params.length}`);
      return this.#expression(params[0], frame, scope, false);
    };
    switch (name) {
      // `if` and `unless` keep `this`, as in Handlebars
      case 'if': return isTrue(argument()) ? this.program(program, frame, scope) : otherwise();
      case 'unless': return isTrue(argument()) ? otherwise() : this.program(program, frame, scope);
      case 'with': {
        const value = argument();
        return isTrue(value) ? inside(value, [], [value]) : otherwise();
      }
      case 'each': {
        const items = this.#items(argument(), statement);
        if (items.length === 0) return otherwise();
        for (const [index, [key, value]] of items.entries()) {
          inside(value, [['key', key], ['index', index], ['first', index === 0], ['last', index === items.length - 1]], [value, key]);
        }
        return;
      }
      default:
    }
    const helper = this.#findHelper(path);
    if (helper === undefined) throw this.#failure(statement, `cannot use {{#${name}}}`, 'there is no helper of that name');
    const block = (): TrackedText => this.#capture(() => this.program(program, frame, scope));
    const value = this.#callHelper(name, helper, statement, frame, scope, block);
    // a helper that answers with text has used the block; any other answer is a condition
    if (value instanceof TrackedText) return this.#out.appendText(value);
    return isTrue(value) ? this.program(program, frame, scope) : otherwise();
  }

  #items(value: Value, statement: hbs.AST.BlockStatement): (readonly [Value, Value])[] {
    if (value instanceof VariableMap) return [...value.entries];
    if (Array.isArray(value)) return (value as readonly Value[]).map((item, index) => [item instanceof RecordView ? item.key : index, item]);
    throw this.#failure(statement, `cannot go through ${statement.params.map(sourceOf).join(' ')}`, 'it is not a list: {{split}} makes one of a text');
  }

  #capture(write: () => void): TrackedText {
    const outer = this.#out;
    const captured = new TrackedText();
    this.#out = captured;
    try {
      write();
    } finally {
      this.#out = outer;
    }
    return captured;
  }

  /** A mustache or a sub-expression: a helper with its arguments, or a path alone. */
  #call(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression, frame: Frame, scope: ReadScope, mayMiss = false): Value {
    const { path, params } = call;
    const helper = this.#findHelper(path);
    // `{{record}}` is the variable where there is one, `{{record "db" "key"}}` the helper
    const isVariable = params.length === 0 && hashOf(call).length === 0 && this.#evaluation.variables.has(sourceOf(path));
    if (helper !== undefined && !isVariable) return this.#callHelper(sourceOf(path), helper, call, frame, scope, undefined, mayMiss);
    if (params.length > 0 || hashOf(call).length > 0) throw this.#failure(call, `cannot call "${sourceOf(path)}"`, 'there is no helper of that name');
    return this.#expression(path, frame, scope, mayMiss);
  }

  #findHelper(path: hbs.AST.Expression): Helper | undefined {
    if (path.type !== 'PathExpression') return undefined;
    const { data, depth, parts, original } = path as hbs.AST.PathExpression;
    const [name] = parts;
    if (data || depth > 0 || parts.length !== 1 || name === undefined || original !== name) return undefined;
    return Object.hasOwn(this.#evaluation.helpers, name) ? this.#evaluation.helpers[name] : undefined;
  }

  #callHelper(
    name: string, helper: Helper, call: Call,
    frame: Frame, scope: ReadScope, block?: () => TrackedText, mayMiss = false,
  ): Value {
    const takesMissing = helper.takesMissing === true;
    const lazyArgs = call.params.map((param) => () => this.#expression(param, frame, scope, takesMissing));
    const args = helper.lazy === true ? [] : lazyArgs.map((argument) => argument());
    const hash = new Map(hashOf(call).map(({ key, value }) => [key, this.#expression(value, frame, scope, takesMissing)]));
    const { snapshot, facts, expand } = this.#evaluation;
    let value: Value;
    try {
      value = helper.call({ args, lazyArgs, hash, snapshot: observe(snapshot, scope), facts, scope, block, expand: (template, variables) => expand(template, variables, scope) });
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw this.#failure(call, `cannot call "${name}"`, reasonOf(error));
    }
    if (value === undefined && !mayMiss) throw this.#failure(call, `cannot call "${name}"`, this.#missing(call.params.map(sourceOf).join(' '), scope));
    return value;
  }

  #expression(node: hbs.AST.Expression, frame: Frame, scope: ReadScope, mayMiss: boolean): Value {
    switch (node.type) {
      case 'StringLiteral':
      case 'NumberLiteral':
      case 'BooleanLiteral': return (node as hbs.AST.StringLiteral | hbs.AST.NumberLiteral | hbs.AST.BooleanLiteral).value;
      case 'NullLiteral':
      case 'UndefinedLiteral': return null;
      case 'SubExpression': return this.#call(node as hbs.AST.SubExpression, frame, scope, mayMiss);
      default: {
        const value = this.#path(node as hbs.AST.PathExpression, frame, scope);
        if (value === undefined && !mayMiss) throw this.#failure(node, `cannot read ${sourceOf(node)}`, this.#missing(sourceOf(node), scope));
        return value;
      }
    }
  }

  #path(node: hbs.AST.PathExpression, frame: Frame, scope: ReadScope): Value {
    const { data, depth, parts } = node;
    let [first, ...rest] = parts;
    let base: Frame = frame;
    for (let n = 0; n < depth; n++) {
      if (base.parent === undefined) throw this.#failure(node, `cannot read ${sourceOf(node)}`, 'there is nothing around the template');
      base = base.parent;
    }
    if (data) {
      if (first === 'root') return this.#walk(this.#variable(rest[0] ?? '', scope), rest.slice(1), scope);
      if (first === undefined || !frame.data.has(first)) throw this.#failure(node, `cannot read ${sourceOf(node)}`, 'there is @key, @index, @first and @last inside {{#each}}, and @root');
      return this.#walk(frame.data.get(first), rest, scope);
    }
    if (first === undefined) {
      if (base.context === ROOT) throw this.#failure(node, `cannot read ${sourceOf(node)}`, 'it names nothing here: say which record');
      return base.context;
    }
    const scoped = depth === 0 && !/^(this|\.)\b/.test(node.original);
    if (scoped && frame.blockParams.has(first)) return this.#walk(frame.blockParams.get(first), rest, scope);
    // `config` and the variables of this expansion are seen from inside any block
    if (scoped && first === 'config') [first, ...rest] = rest;
    else if (base.context !== ROOT && !(scoped && this.#evaluation.variables.has(first))) return this.#walk(base.context, parts, scope);
    return this.#walk(this.#variable(first ?? '', scope, parts[0] !== 'config'), rest, scope);
  }

  #variable(name: string, scope: ReadScope, withVariables = true): Value {
    if (withVariables && this.#evaluation.variables.has(name)) return this.#evaluation.variables.get(name);
    return new RecordView(this.#evaluation.snapshot, 'configuration', name).orMissing(scope);
  }

  #walk(start: Value, parts: readonly string[], scope: ReadScope): Value {
    let value = start;
    for (const part of parts) {
      if (value instanceof RecordView) value = value.lookUp(part, scope);
      else if (value instanceof VariableMap) value = value.entries.get(part);
      else return undefined;
    }
    return value;
  }

  #missing(source: string, scope: ReadScope): string {
    const { db, key, prop } = scope.own.at(-1) ?? {};
    if (db === undefined || key === undefined) return `${source} has no value`;
    const record = this.#evaluation.snapshot.dbs.get(db)?.get(key);
    return record === undefined ? `db ${db} has no record "${key}"` : `record "${key}" of db ${db} has no prop "${prop ?? ''}"`;
  }

  #failure(node: hbs.AST.Node, what: string, why: string): Failure {
    const { line, column } = node.loc.start;
    const at: Place = { file: this.#fragment.file, line, column: column + 1 };
    return new Failure(what, { why, at });
  }
}

/** The parser leaves out what a block has none of; its types do not say so. */
function blockParamsOf({ blockParams }: { blockParams?: readonly string[] }): readonly string[] {
  return blockParams ?? [];
}

function hashOf(call: { hash?: hbs.AST.Hash }): readonly hbs.AST.HashPair[] {
  return call.hash?.pairs ?? [];
}

function sourceOf(node: hbs.AST.Expression): string {
  if (node.type === 'SubExpression') return `(${[sourceOf((node as hbs.AST.SubExpression).path), ...(node as hbs.AST.SubExpression).params.map(sourceOf)].join(' ')})`;
  return 'original' in node ? String(node.original) : 'this';
}
