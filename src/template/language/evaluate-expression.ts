import { Failure, Failures, reasonOf } from '../../base/errors.ts';
import { findNearest } from '../../base/nearest.ts';
import { type Evaluation, failureAt } from './evaluation.ts';
import { type Helper, HelperFailure, refuseLarge, sizeOf } from './helper.ts';
import { explainMissing, findOwn, type Frame, isVariable, lookUpPath, NoSuchName } from './lookup.ts';
import { observeFacts } from './observed-facts.ts';
import { type CallNode, type Expression, findPlainName, type PathNode, sourceOf, type Spot } from './program.ts';
import type { ReadScope, TrackedText } from './tracked-text.ts';
import { observe, type Value } from './value.ts';

/**
 * The expressions of one fragment: what they are worth, with what is read on the way noted in a scope. Each
 * method throws Failure with fragment, line and column.
 */
export class ExpressionEvaluator {
  readonly #file: string;
  readonly #evaluation: Evaluation;
  readonly #currentLine: () => string;

  /**
   * @param file of the fragment, for messages
   * @param currentLine what the fragment has printed since the last newline: a template that it expands goes on there
   */
  constructor(file: string, evaluation: Evaluation, currentLine: () => string) {
    this.#file = file;
    this.#evaluation = evaluation;
    this.#currentLine = currentLine;
  }

  /** @param mayMiss whether undefined is an answer, or else the mistake that a record or prop is missing */
  value(node: Expression, frame: Frame, scope: ReadScope, mayMiss = false): Value {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'call':
        return this.call(node, frame, scope, mayMiss);
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

  /** A mustache or a sub-expression: a helper with its arguments, or a path alone. @param mayMiss as of `value` */
  call(call: CallNode, frame: Frame, scope: ReadScope, mayMiss = false): Value {
    const { path } = call;
    const name = findPlainName(path);
    const hasArguments = call.params.length > 0 || call.hash.length > 0;
    // `{{record}}` is the variable where there is one, `{{record "db" "key"}}` the helper
    const named = this.findHelper(name);
    const isValue =
      named !== undefined &&
      name !== undefined &&
      !hasArguments &&
      (frame.blockParams.has(name) || isVariable(this.#evaluation, name) || findOwn(frame, name, scope) !== undefined);
    const helper = isValue ? undefined : named;
    if (helper !== undefined) return this.callHelper(helper, call, frame, scope, undefined, mayMiss);
    if (hasArguments)
      throw this.#failure(
        call,
        `cannot call "${path.source}"`,
        'there is no helper of that name',
        findNearest(path.source, Object.keys(this.#evaluation.helpers)),
      );
    return this.value(path, frame, scope, mayMiss);
  }

  /** @param name by `findPlainName`; undefined: a path that names no helper */
  findHelper(name: string | undefined): Helper | undefined {
    return name !== undefined && Object.hasOwn(this.#evaluation.helpers, name)
      ? this.#evaluation.helpers[name]
      : undefined;
  }

  /** @param block what the helper is called with as a block: its body, each time it is asked for */
  callHelper(
    helper: Helper,
    call: CallNode,
    frame: Frame,
    scope: ReadScope,
    block?: () => TrackedText,
    mayMiss = false,
  ): Value {
    const takesMissing = helper.takesMissing === true;
    const lazyArgs = call.params.map((param) => () => this.value(param, frame, scope, takesMissing));
    const args = helper.lazy === true ? [] : lazyArgs.map((argument) => argument());
    const hash = new Map(call.hash.map(([key, value]) => [key, this.value(value, frame, scope, takesMissing)]));
    const { snapshot, facts, expand, banner, helpers, readable } = this.#evaluation;
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
        helpers,
        readable,
        assign: (name, set) => this.#assign(name, set, scope),
        banner: () => banner(scope),
        expand: (template, variables) => expand(template, variables, scope, this.#currentLine()),
      });
      refuseLarge(sizeOf(value));
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

  #assign(name: string, value: Value, scope: ReadScope): void {
    if (name === 'config' || this.#evaluation.variables.has(name))
      throw new HelperFailure(`"${name}" has its meaning already: take another name`);
    this.#evaluation.budget.spend(sizeOf(value));
    this.#evaluation.lets.set(name, value, scope);
  }

  #path(node: PathNode, frame: Frame, scope: ReadScope): Value {
    try {
      return lookUpPath(node, frame, this.#evaluation, scope);
    } catch (error) {
      if (!(error instanceof NoSuchName)) throw error;
      throw this.#failure(node, `cannot read ${node.source}`, error.message);
    }
  }

  #failure(spot: Spot, what: string, why: string, meant?: string): Failure {
    return failureAt(this.#file, spot, what, why, meant);
  }
}
