import type { Read } from '../../db/record.ts';
import { HelperFailure } from './helper.ts';
import { type BlockNode, type CallNode, findPlainName, type Program } from './program.ts';
import { formatRead, type ReadScope } from './tracked-text.ts';
import type { Value } from './value.ts';

/**
 * The variables that the fragments of one template set by `{{let "name" value}}`, in the order in which they
 * print. Who reads one has read all that decided its value: what the value was made of, and the conditions
 * that it was set, or not set, under.
 */
export class Lets {
  readonly #names: ReadonlySet<string>;
  readonly #values = new Map<string, Value>();
  readonly #reads = new Map<string, Map<string, Read>>();

  /** @param programs of all fragments of the template */
  constructor(programs: readonly Program[]) {
    this.#names = new Set(programs.flatMap(listLets));
  }

  /** Those that are set so far. */
  keys(): Iterable<string> {
    return this.#values.keys();
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** @throws HelperFailure for a name that none of the template's fragments writes down as one that it sets */
  set(name: string, value: Value, scope: ReadScope): void {
    if (!this.#names.has(name)) throw new HelperFailure('its first argument is a name in quotes');
    this.#values.set(name, value);
    this.#depend(name, scope);
  }

  /** What was read for its value, or to know that it is not set, is noted in the scope. */
  get(name: string, scope: ReadScope): Value {
    if (this.#names.has(name)) scope.noteIndividual();
    for (const read of this.#reads.get(name)?.values() ?? []) scope.note(read);
    return this.#values.get(name);
  }

  /** A condition has decided whether the variables of a block are set. */
  decided({ body, inverse }: BlockNode, condition: ReadScope): void {
    if (this.#names.size === 0) return;
    for (const name of [...listLets(body), ...listLets(inverse)]) this.#depend(name, condition);
  }

  #depend(name: string, scope: ReadScope): void {
    scope.noteIndividual();
    let reads = this.#reads.get(name);
    if (reads === undefined) this.#reads.set(name, (reads = new Map<string, Read>()));
    for (const read of scope.all()) reads.set(formatRead(read), read);
  }
}

/** The name that a call sets; undefined: it is another call. */
export function findLet({ path, params: [name] }: CallNode): string | undefined {
  return findPlainName(path) === 'let' && name?.kind === 'literal' && typeof name.value === 'string'
    ? name.value
    : undefined;
}

const known = new WeakMap<Program, readonly string[]>();

/** All names that a program sets, in whatever block. */
export function listLets(program: Program): readonly string[] {
  let names = known.get(program);
  if (names === undefined) {
    names = program.flatMap((statement): readonly string[] => {
      if (statement.kind !== 'print' && statement.kind !== 'block') return [];
      const own = findLet(statement.call);
      return [
        ...(own === undefined ? [] : [own]),
        ...(statement.kind === 'print' ? [] : [...listLets(statement.body), ...listLets(statement.inverse)]),
      ];
    });
    known.set(program, names);
  }
  return names;
}
