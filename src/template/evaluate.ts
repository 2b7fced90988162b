import { isSecretRead } from '../db/snapshot.ts';
import { Failure, Failures, reasonOf } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import { blockParamsOf, calledPath, findPlainName, hashOf, sourceOf } from './ast.ts';
import { CannotHold, type Escape } from './escape.ts';
import type { Fragment } from './fragment.ts';
import type { Helper, HelperTable } from './helper.ts';
import { type Frame, lookUpPath, type Names, NoSuchName, OUTERMOST, explainMissing } from './lookup.ts';
import { findNearest } from '../nearest.ts';
import { observeFacts } from './observed-facts.ts';
import { formatRead, ReadScope, TrackedText } from './tracked-text.ts';
import { isTrue, observe, RecordView, subjectsOf, textOf, type Value, VariableMap, Verbatim } from './value.ts';

const BLOCKS = ['if', 'unless', 'with', 'each'] as const;

type Call = hbs.AST.MustacheStatement | hbs.AST.SubExpression | hbs.AST.BlockStatement;

/** All that is the same for every fragment of one expansion. */
export interface Evaluation extends Names {
  readonly facts: Facts;
  readonly helpers: HelperTable;
  readonly escape: Escape;
  /** `before` is what stands on the line already. @throws HelperFailure when there is no such template or it expands itself */
  readonly expand: (template: string, variables: ReadonlyMap<string, Value>, around: ReadScope, before: string) => TrackedText;
}

/**
 * Appends what a fragment says to `out`. The language is Handlebars and so is the parser;
 * the evaluation is ours, because it has to say for every line which fragment line and which
 * props made it, to refuse what is missing everywhere, and to reach nothing but records.
 * @throws Failure with fragment, line and column
 */
export function evaluateFragment(fragment: Fragment, evaluation: Evaluation, out: TrackedText, around = new ReadScope()): void {
  new Evaluator(fragment, evaluation, out).program(fragment.program, OUTERMOST, around);
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
    if (value === '') return;
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
      const isSecret = scope.own.some((each) => isSecretRead(this.#evaluation.snapshot, each));
      throw this.#failure(statement, `cannot write ${read === undefined ? sourceOf(statement.path) : formatRead(read)} ${isSecret ? '(a secret)' : JSON.stringify(text)} here`, error.message);
    }
  }

  #block(statement: hbs.AST.BlockStatement, frame: Frame, around: ReadScope): void {
    const scope = new ReadScope(around);
    const { path, params, program, inverse } = statement;
    // either may be left out, `{{^if x}}…{{/if}}` has no program; the parser's types do not say so
    const run = (part: hbs.AST.Program | undefined, inner = frame, within = scope): void => {
      if (part !== undefined) this.program(part, inner, within);
    };
    const otherwise = (within = scope): void => run(inverse, frame, within);
    // within a line also a block that prints nothing decides it
    const mark = (within = scope): void => {
      if (statement.loc.start.line === statement.loc.end.line) this.#append('', statement.loc.start.line, false, within);
    };
    mark();
    const inside = (context: Value, blockParams: readonly Value[], within = scope, data: Pick<Frame, 'data' | 'listed'> = frame): void => {
      const names = blockParamsOf(program).map((name, n): [string, Value] => [name, blockParams[n]]);
      run(program, { context, data: data.data, listed: data.listed, parent: frame, blockParams: new Map([...frame.blockParams, ...names]) }, within);
    };
    const name = sourceOf(path);
    const argument = (within = scope): Value => {
      if (params[0] === undefined || params.length > 1) throw this.#failure(statement, `cannot use {{#${name}}}`, `it takes one argument, not ${params.length}`);
      if (hashOf(statement).length > 0) throw this.#failure(statement, `cannot use {{#${name}}}`, 'it takes no named arguments');
      return this.#expression(params[0], frame, within, false);
    };
    switch (name) {
      // `if` and `unless` keep `this`, as in Handlebars
      case 'if': return isTrue(argument()) ? run(program) : otherwise();
      case 'unless': return isTrue(argument()) ? otherwise() : run(program);
      case 'with': {
        const value = argument();
        // as in Handlebars: 0 is a `this` like any other
        return isTrue(value) || value === 0 ? inside(value, [value]) : otherwise();
      }
      case 'each': {
        const listed = new ReadScope(scope);
        const items = this.#items(argument(listed), statement);
        mark(listed);
        if (items.length === 0) return otherwise(listed);
        for (const [index, [key, value]] of items.entries()) {
          const data = new Map<string, Value>([...frame.data, ['key', key], ['index', index], ['first', index === 0], ['last', index === items.length - 1]]);
          inside(value, [value, key], listed.about(subjectsOf(value)), { data, listed });
        }
        return;
      }
      default:
    }
    const helper = this.#findHelper(findPlainName(calledPath(statement)));
    if (helper === undefined) throw this.#failure(statement, `cannot use {{#${name}}}`, 'there is no helper of that name', findNearest(name, [...BLOCKS, ...Object.keys(this.#evaluation.helpers)]));
    const block = (): TrackedText => this.#capture(() => run(program));
    const value = this.#callHelper(name, helper, statement, frame, scope, block);
    // a helper that answers with text has used the block; any other answer is a condition
    if (value instanceof TrackedText) return this.#out.appendText(value);
    return isTrue(value) ? run(program) : otherwise();
  }

  #items(value: Value, statement: hbs.AST.BlockStatement): (readonly [Value, Value])[] {
    if (value instanceof VariableMap) return [...value.entries];
    if (Array.isArray(value)) return (value as readonly Value[]).map((item, index) => [item instanceof RecordView ? item.key : index, item]);
    throw this.#failure(statement, `cannot go through ${statement.params.map(sourceOf).join(' ')}`, 'it is not a list: {{split}} makes one of a text');
  }

  #capture(write: () => void): TrackedText {
    const outer = this.#out;
    const captured = new TrackedText(outer.currentLine);
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
    const path = calledPath(call);
    const name = findPlainName(path);
    const hasArguments = call.params.length > 0 || hashOf(call).length > 0;
    // `{{record}}` is the variable where there is one, `{{record "db" "key"}}` the helper
    const isVariable = name !== undefined && !hasArguments && (frame.blockParams.has(name) || this.#evaluation.variables.has(name));
    const helper = isVariable ? undefined : this.#findHelper(name);
    if (helper !== undefined) return this.#callHelper(sourceOf(path), helper, call, frame, scope, undefined, mayMiss);
    if (hasArguments) throw this.#failure(call, `cannot call "${sourceOf(path)}"`, 'there is no helper of that name', findNearest(sourceOf(path), Object.keys(this.#evaluation.helpers)));
    return this.#expression(path, frame, scope, mayMiss);
  }

  #findHelper(name: string | undefined): Helper | undefined {
    return name !== undefined && Object.hasOwn(this.#evaluation.helpers, name) ? this.#evaluation.helpers[name] : undefined;
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
      value = helper.call({ args, lazyArgs, hash, snapshot: observe(snapshot, scope), facts: observeFacts(facts, scope), scope, block, expand: (template, variables) => expand(template, variables, scope, this.#out.currentLine) });
    } catch (error) {
      if (error instanceof Failure || error instanceof Failures) throw error;
      throw this.#failure(call, `cannot call "${name}"`, reasonOf(error));
    }
    if (value === undefined && !mayMiss) {
      const { why, meant } = explainMissing(call.params.map(sourceOf).join(' '), this.#evaluation, scope);
      throw this.#failure(call, `cannot call "${name}"`, why, meant);
    }
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
        if (value === undefined && !mayMiss) {
          const { why, meant } = explainMissing(sourceOf(node), this.#evaluation, scope, Object.keys(this.#evaluation.helpers));
          throw this.#failure(node, `cannot read ${sourceOf(node)}`, why, meant);
        }
        return value;
      }
    }
  }

  #path(node: hbs.AST.PathExpression, frame: Frame, scope: ReadScope): Value {
    try {
      return lookUpPath(node, frame, this.#evaluation, scope);
    } catch (error) {
      if (!(error instanceof NoSuchName)) throw error;
      throw this.#failure(node, `cannot read ${sourceOf(node)}`, error.message);
    }
  }

  #failure(node: hbs.AST.Node, what: string, why: string, meant?: string): Failure {
    const { line, column } = node.loc.start;
    return new Failure(what, { why, at: { file: this.#fragment.file, line, column: column + 1 }, ...(meant === undefined ? {} : { hint: `did you mean "${meant}"?` }) });
  }
}
