import { isSecretRead } from '../../db/secret-values.ts';
import { Failure, Failures, reasonOf } from '../../base/errors.ts';
import type { Facts } from '../../host/facts.ts';
import { CannotHold, type Escape } from './escape.ts';
import {
  type BlockNode,
  type CallNode,
  type Expression,
  findPlainName,
  type Fragment,
  type PathNode,
  type PrintNode,
  type Program,
  sourceOf,
  type Spot,
  type Statement,
} from './program.ts';
import type { Helper, HelperTable } from './helper.ts';
import { type Frame, lookUpPath, type Names, NoSuchName, OUTERMOST, explainMissing } from './lookup.ts';
import { findNearest } from '../../base/nearest.ts';
import { observeFacts } from './observed-facts.ts';
import { formatRead, ReadScope, TrackedText } from './tracked-text.ts';
import { isTrue, observe, RecordView, subjectsOf, textOf, type Value, VariableMap, Verbatim } from './value.ts';

const BLOCKS = ['if', 'unless', 'with', 'each'] as const;

/** All that is the same for every fragment of one expansion. */
export interface Evaluation extends Names {
  readonly facts: Facts;
  readonly helpers: HelperTable;
  readonly escape: Escape;
  /**
   * `before` is what stands on the line already.
   * @throws HelperFailure when there is no such template or it expands itself
   */
  readonly expand: (
    template: string,
    variables: ReadonlyMap<string, Value>,
    around: ReadScope,
    before: string,
  ) => TrackedText;
}

/**
 * Appends what a fragment says to `out`. The language is Handlebars and so is the parser;
 * the evaluation is ours, because it has to say for every line which fragment line and which
 * props made it, to refuse what is missing everywhere, and to reach nothing but records.
 * @throws Failure with fragment, line and column
 */
export function evaluateFragment(
  fragment: Fragment,
  evaluation: Evaluation,
  out: TrackedText,
  around = new ReadScope(),
): void {
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

  program(program: Program, frame: Frame, around: ReadScope): void {
    for (const statement of program) this.#statement(statement, frame, around);
  }

  #statement(statement: Statement, frame: Frame, around: ReadScope): void {
    switch (statement.kind) {
      case 'text':
        return this.#append(statement.text, statement.line, true, around);
      case 'print':
        return this.#print(statement, frame, around);
      case 'block':
        return this.#block(statement, frame, around);
      case 'refused':
        throw this.#failure(
          statement,
          `cannot use ${statement.what} in a fragment`,
          'docksmith has fragments and {{expand}} in their stead',
        );
    }
  }

  #append(text: string, line: number, literal: boolean, scope: ReadScope): void {
    this.#out.append({ text, fragment: this.#fragment.file, line, literal, scope });
  }

  #print({ call, isEscaped }: PrintNode, frame: Frame, around: ReadScope): void {
    const scope = new ReadScope(around);
    const value = this.#call(call, frame, scope);
    if (value instanceof TrackedText) return this.#out.appendText(value);
    const { line } = call;
    if (value instanceof Verbatim) return this.#append(value.text, line, false, scope);
    const text = textOf(value, scope);
    if (text === undefined) {
      throw this.#failure(
        call,
        `cannot print ${call.path.source}`,
        value === undefined || value === null
          ? 'it has no value'
          : 'it is a list or a set of values: use {{#each}}, {{join}} or {{json}}',
      );
    }
    this.#append(isEscaped ? this.#escape(text, call, scope) : text, line, false, scope);
  }

  #escape(text: string, call: CallNode, scope: ReadScope): string {
    try {
      return this.#evaluation.escape(text, this.#out.currentLine);
    } catch (error) {
      if (!(error instanceof CannotHold)) throw error;
      const read = scope.own.at(-1);
      const isSecret = scope.own.some((each) => isSecretRead(this.#evaluation.snapshot, each));
      throw this.#failure(
        call,
        `cannot write ${read === undefined ? call.path.source : formatRead(read)} ${isSecret ? '(a secret)' : JSON.stringify(text)} here`,
        error.message,
      );
    }
  }

  #block({ call, isInline, params: blockParams, body, inverse }: BlockNode, frame: Frame, around: ReadScope): void {
    const scope = new ReadScope(around);
    const { path, params, hash } = call;
    const run = (): void => this.program(body, frame, scope);
    const otherwise = (within = scope): void => this.program(inverse, frame, within);
    // within a line also a block that prints nothing decides it
    const mark = (within = scope): void => {
      if (isInline) this.#append('', call.line, false, within);
    };
    mark();
    const inside = (
      context: Value,
      values: readonly Value[],
      within = scope,
      data: Pick<Frame, 'data' | 'listed'> = frame,
    ): void => {
      const named = blockParams.map((param, n): [string, Value] => [param, values[n]]);
      this.program(
        body,
        {
          context,
          data: data.data,
          listed: data.listed,
          parent: frame,
          blockParams: new Map([...frame.blockParams, ...named]),
        },
        within,
      );
    };
    const name = path.source;
    const argument = (within = scope): Value => {
      if (params[0] === undefined || params.length > 1)
        throw this.#failure(call, `cannot use {{#${name}}}`, `it takes one argument, not ${params.length}`);
      if (hash.length > 0) throw this.#failure(call, `cannot use {{#${name}}}`, 'it takes no named arguments');
      return this.#expression(params[0], frame, within, false);
    };
    switch (name) {
      // `if` and `unless` keep `this`, as in Handlebars
      case 'if':
        return isTrue(argument()) ? run() : otherwise();
      case 'unless':
        return isTrue(argument()) ? otherwise() : run();
      case 'with': {
        const value = argument();
        // as in Handlebars: 0 is a `this` like any other
        return isTrue(value) || value === 0 ? inside(value, [value]) : otherwise();
      }
      case 'each': {
        const listed = new ReadScope(scope);
        const items = this.#items(argument(listed), call);
        mark(listed);
        if (items.length === 0) return otherwise(listed);
        for (const [index, [key, value]] of items.entries()) {
          const data = new Map<string, Value>([
            ...frame.data,
            ['key', key],
            ['index', index],
            ['first', index === 0],
            ['last', index === items.length - 1],
          ]);
          inside(value, [value, key], listed.about(subjectsOf(value)), { data, listed });
        }
        return;
      }
      default:
    }
    const helper = this.#findHelper(findPlainName(path));
    if (helper === undefined)
      throw this.#failure(
        call,
        `cannot use {{#${name}}}`,
        'there is no helper of that name',
        findNearest(name, [...BLOCKS, ...Object.keys(this.#evaluation.helpers)]),
      );
    const block = (): TrackedText => this.#capture(run);
    const value = this.#callHelper(helper, call, frame, scope, block);
    // a helper that answers with text has used the block; any other answer is a condition
    if (value instanceof TrackedText) return this.#out.appendText(value);
    return isTrue(value) ? run() : otherwise();
  }

  #items(value: Value, call: CallNode): (readonly [Value, Value])[] {
    if (value instanceof VariableMap) return [...value.entries];
    if (Array.isArray(value))
      return (value as readonly Value[]).map((item, index) => [item instanceof RecordView ? item.key : index, item]);
    throw this.#failure(
      call,
      `cannot go through ${call.params.map(sourceOf).join(' ')}`,
      'it is not a list: {{split}} makes one of a text',
    );
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
  #call(call: CallNode, frame: Frame, scope: ReadScope, mayMiss = false): Value {
    const { path } = call;
    const name = findPlainName(path);
    const hasArguments = call.params.length > 0 || call.hash.length > 0;
    // `{{record}}` is the variable where there is one, `{{record "db" "key"}}` the helper
    const isVariable =
      name !== undefined && !hasArguments && (frame.blockParams.has(name) || this.#evaluation.variables.has(name));
    const helper = isVariable ? undefined : this.#findHelper(name);
    if (helper !== undefined) return this.#callHelper(helper, call, frame, scope, undefined, mayMiss);
    if (hasArguments)
      throw this.#failure(
        call,
        `cannot call "${path.source}"`,
        'there is no helper of that name',
        findNearest(path.source, Object.keys(this.#evaluation.helpers)),
      );
    return this.#expression(path, frame, scope, mayMiss);
  }

  #findHelper(name: string | undefined): Helper | undefined {
    return name !== undefined && Object.hasOwn(this.#evaluation.helpers, name)
      ? this.#evaluation.helpers[name]
      : undefined;
  }

  #callHelper(
    helper: Helper,
    call: CallNode,
    frame: Frame,
    scope: ReadScope,
    block?: () => TrackedText,
    mayMiss = false,
  ): Value {
    const takesMissing = helper.takesMissing === true;
    const lazyArgs = call.params.map((param) => () => this.#expression(param, frame, scope, takesMissing));
    const args = helper.lazy === true ? [] : lazyArgs.map((argument) => argument());
    const hash = new Map(call.hash.map(([key, value]) => [key, this.#expression(value, frame, scope, takesMissing)]));
    const { snapshot, facts, expand } = this.#evaluation;
    let value: Value;
    try {
      value = helper.call({
        args,
        lazyArgs,
        hash,
        snapshot: observe(snapshot, scope),
        facts: observeFacts(facts, scope),
        scope,
        block,
        expand: (template, variables) => expand(template, variables, scope, this.#out.currentLine),
      });
    } catch (error) {
      if (error instanceof Failure || error instanceof Failures) throw error;
      throw this.#failure(call, `cannot call "${call.path.source}"`, reasonOf(error));
    }
    if (value === undefined && !mayMiss) {
      const { why, meant } = explainMissing(call.params.map(sourceOf).join(' '), this.#evaluation, scope);
      throw this.#failure(call, `cannot call "${call.path.source}"`, why, meant);
    }
    return value;
  }

  #expression(node: Expression, frame: Frame, scope: ReadScope, mayMiss: boolean): Value {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'call':
        return this.#call(node, frame, scope, mayMiss);
      case 'path': {
        const value = this.#path(node, frame, scope);
        if (value === undefined && !mayMiss) {
          const { why, meant } = explainMissing(
            node.source,
            this.#evaluation,
            scope,
            Object.keys(this.#evaluation.helpers),
          );
          throw this.#failure(node, `cannot read ${node.source}`, why, meant);
        }
        return value;
      }
    }
  }

  #path(node: PathNode, frame: Frame, scope: ReadScope): Value {
    try {
      return lookUpPath(node, frame, this.#evaluation, scope);
    } catch (error) {
      if (!(error instanceof NoSuchName)) throw error;
      throw this.#failure(node, `cannot read ${node.source}`, error.message);
    }
  }

  #failure({ line, column }: Spot, what: string, why: string, meant?: string): Failure {
    return new Failure(what, {
      why,
      at: { file: this.#fragment.file, line, column },
      ...(meant === undefined ? {} : { hint: `did you mean "${meant}"?` }),
    });
  }
}
