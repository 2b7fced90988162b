import type { Facts } from '../../host/facts.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { ReadScope, TrackedText } from './tracked-text.ts';
import type { Shapes, StaticCall, StaticRead } from './shape.ts';
import { type Value, VariableMap, Verbatim } from './value.ts';

/** What a helper is called with. */
export interface HelperCall {
  readonly args: readonly Value[];
  /** the arguments one by one, for a helper that may not need the later ones */
  readonly lazyArgs: readonly (() => Value)[];
  readonly hash: ReadonlyMap<string, Value>;
  /** notes in `scope` what is read of it */
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly scope: ReadScope;
  /** the block between `{{#helper}}` and `{{/helper}}`; undefined when it was called without one */
  readonly block: (() => TrackedText) | undefined;
  /** all helpers, for one that calls another */
  readonly helpers: HelperTable;
  /** folders and files that metadata READS names */
  readonly readable: readonly string[];
  /** sets a variable of the template; `name` is one that its fragment writes down. @throws HelperFailure */
  readonly assign: (name: string, value: Value) => void;
  /** the default `template-begin`; no text where there is none */
  readonly banner: () => TrackedText;
  /** the text of another template, with more variables */
  readonly expand: (template: string, variables: ReadonlyMap<string, Value>) => TrackedText;
}

/**
 * A helper of fragments. All of them stand in the tables of `helpers/`; the example of each is
 * run by a test, and `docksmith helpers` prints them.
 */
export interface Helper {
  /** one line for the author of a fragment */
  readonly doc: string;
  readonly example: { readonly fragment: string; readonly gives: string };
  /** a missing record or prop among its arguments is handed over as undefined, and is no error */
  readonly takesMissing?: boolean;
  /** its arguments are evaluated when it asks for them: `args` is empty */
  readonly lazy?: boolean;
  /**
   * what it reads besides its arguments, for those who ask without calling it; a test observes that it is
   * this and nothing else
   */
  readonly reads?: readonly StaticRead[];
  /** what its value may be, where fragments can go on from it to records, and what it reads by its arguments */
  readonly shape?: (call: StaticCall) => Shapes;
  /** throws HelperFailure, or any Error, whose message completes `cannot call "NAME": …` */
  readonly call: (call: HelperCall) => Value;
}

export type HelperTable = Readonly<Record<string, Helper>>;

/** What a helper does not accept; the evaluator adds the place. */
export class HelperFailure extends Error {}

/** What the text of one expansion, and each value on the way, may be made of: characters. */
const MOST = 50_000_000;
/** An item of a list, and a step of the evaluation, counts as so many characters, for the memory that it takes. */
export const ITEM = 50;
const TOO_LARGE = `more than ${MOST / 1_000_000} million characters, where an item of a list or a step counts as ${ITEM}`;

/** @throws HelperFailure for a value of so many characters, which need not be made yet */
export function refuseLarge(characters: number): void {
  if (!(characters <= MOST)) throw new HelperFailure(`the value would be too large: ${TOO_LARGE}`);
}

/** @returns in characters what a value takes */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Verbatim) return value.text.length;
  const inside = value instanceof VariableMap ? value.entries.values() : Array.isArray(value) ? (value as Value[]) : [];
  let size = 0;
  for (const one of inside) size += ITEM + sizeOf(one);
  return size;
}

/** What an expansion has made so far, with the templates that it expands. */
export class Budget {
  #left = MOST;

  /** @throws HelperFailure where it is too much */
  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw new HelperFailure(`it is too large: ${TOO_LARGE}`);
  }
}
