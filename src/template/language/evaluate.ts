import { findNearest } from '../../base/nearest.ts';
import { type Failure, reasonOf } from '../../base/errors.ts';
import { isSecretRead } from '../../db/secret-values.ts';
import { CannotHold } from './escape.ts';
import { ExpressionEvaluator } from './evaluate-expression.ts';
import { type Evaluation, failureAt } from './evaluation.ts';
import { ITEM } from './helper.ts';
import { type Frame, OUTERMOST } from './lookup.ts';
import {
  type BlockNode,
  type CallNode,
  findPlainName,
  type Fragment,
  type PrintNode,
  type Program,
  sourceOf,
  type Spot,
  type Statement,
  BLOCKS,
} from './program.ts';
import { formatRead, ReadScope, TrackedText } from './tracked-text.ts';
import { isTrue, RecordView, subjectsOf, textOf, type Value, VariableMap, Verbatim } from './value.ts';

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
  readonly #expressions: ExpressionEvaluator;
  #out: TrackedText;

  constructor(fragment: Fragment, evaluation: Evaluation, out: TrackedText) {
    this.#fragment = fragment;
    this.#evaluation = evaluation;
    this.#out = out;
    this.#expressions = new ExpressionEvaluator(fragment.file, evaluation, () => this.#out.currentLine);
  }

  program(program: Program, frame: Frame, around: ReadScope): void {
    for (const statement of program) this.#statement(statement, frame, around);
  }

  #statement(statement: Statement, frame: Frame, around: ReadScope): void {
    this.#spend(ITEM, statement);
    switch (statement.kind) {
      case 'text':
        return this.#append(statement.text, statement.line, true, around);
      case 'print':
        return this.#print(statement, frame, around);
      case 'block':
        return this.#block(statement, frame, around);
      case 'perl': {
        for (const piece of this.#evaluation.perl.piecesOf(this.#fragment.file, around)) this.#out.append(piece);
        return;
      }
      case 'refused':
        throw this.#failure(
          statement,
          `cannot use ${statement.what} in a fragment`,
          'docksmith has fragments and {{expand}} instead',
        );
    }
  }

  #append(text: string, line: number, literal: boolean, scope: ReadScope): void {
    this.#spend(text.length, { line });
    this.#out.append({ text, fragment: this.#fragment.file, line, literal, scope });
  }

  #spend(characters: number, at: Statement | Pick<Spot, 'line'>): void {
    try {
      this.#evaluation.budget.spend(characters);
    } catch (error) {
      const spot = { line: 1, column: 1, ...('call' in at ? at.call : at) };
      throw this.#failure(spot, 'cannot expand the template', reasonOf(error));
    }
  }

  #print({ call, isEscaped }: PrintNode, frame: Frame, around: ReadScope): void {
    const scope = new ReadScope(around);
    const value = this.#expressions.call(call, frame, scope);
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

  #block(block: BlockNode, frame: Frame, around: ReadScope): void {
    const { call, body, inverse } = block;
    const scope = new ReadScope(around);
    this.#markInline(block, scope);
    switch (call.path.source) {
      // `if` and `unless` keep `this`, as in Handlebars
      case 'if':
      case 'unless': {
        const isHeld = isTrue(this.#argument(call, frame, scope)) === (call.path.source === 'if');
        this.#evaluation.lets.decided(block, scope);
        return this.program(isHeld ? body : inverse, frame, scope);
      }
      case 'with': {
        const value = this.#argument(call, frame, scope);
        this.#evaluation.lets.decided(block, scope);
        // as in Handlebars: 0 is a `this` like any other
        if (isTrue(value) || value === 0) return this.program(body, within(block, frame, value, [value]), scope);
        return this.program(inverse, frame, scope);
      }
      case 'each':
        return this.#each(block, frame, scope);
      default:
        return this.#helperBlock(block, frame, scope);
    }
  }

  /** Within a line also a block that prints nothing decides it. */
  #markInline({ call, isInline }: BlockNode, scope: ReadScope): void {
    if (isInline) this.#append('', call.line, false, scope);
  }

  /** The one argument of `if`, `unless`, `with` and `each`. */
  #argument(call: CallNode, frame: Frame, scope: ReadScope): Value {
    const what = `cannot use {{#${call.path.source}}}`;
    const [argument] = call.params;
    if (argument === undefined || call.params.length > 1)
      throw this.#failure(call, what, `it takes one argument, not ${call.params.length}`);
    if (call.hash.length > 0) throw this.#failure(call, what, 'it takes no named arguments');
    return this.#expressions.value(argument, frame, scope);
  }

  #each(block: BlockNode, frame: Frame, scope: ReadScope): void {
    const { call, body, inverse } = block;
    const listed = new ReadScope(scope);
    const items = this.#items(this.#argument(call, frame, listed), call);
    this.#evaluation.lets.decided(block, listed);
    this.#markInline(block, listed);
    if (items.length === 0) return this.program(inverse, frame, listed);
    for (const [index, [key, value]] of items.entries()) {
      this.#spend(ITEM, block);
      const data = new Map<string, Value>([
        ...frame.data,
        ['key', key],
        ['index', index],
        ['first', index === 0],
        ['last', index === items.length - 1],
      ]);
      this.program(body, within(block, frame, value, [value, key], { data, listed }), listed.about(subjectsOf(value)));
    }
  }

  #helperBlock(block: BlockNode, frame: Frame, scope: ReadScope): void {
    const { call, body, inverse } = block;
    const helper = this.#expressions.findHelper(findPlainName(call.path));
    if (helper === undefined)
      throw this.#failure(
        call,
        `cannot use {{#${call.path.source}}}`,
        'there is no helper of that name',
        findNearest(call.path.source, [...BLOCKS, ...Object.keys(this.#evaluation.helpers)]),
      );
    const run = (): void => this.program(body, frame, scope);
    const value = this.#expressions.callHelper(helper, call, frame, scope, () => this.#capture(run));
    // a helper that answers with text has used the block; any other answer is a condition
    if (value instanceof TrackedText) return this.#out.appendText(value);
    this.#evaluation.lets.decided(block, scope);
    this.program(isTrue(value) ? body : inverse, frame, scope);
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

  #failure(spot: Spot, what: string, why: string, meant?: string): Failure {
    return failureAt(this.#fragment.file, spot, what, why, meant);
  }
}

/**
 * The frame of a block's body, where `context` is `this`.
 * @param values of the block's params, in their order
 * @param data of `each`; by default that around the block
 */
function within(
  { params }: BlockNode,
  frame: Frame,
  context: Value,
  values: readonly Value[],
  { data, listed }: Pick<Frame, 'data' | 'listed'> = frame,
): Frame {
  const named = params.map((param, n): [string, Value] => [param, values[n]]);
  return { context, data, listed, parent: frame, blockParams: new Map([...frame.blockParams, ...named]) };
}
