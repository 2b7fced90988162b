import type { Expression } from '../perl/ast.ts';
import { NotSure } from '../perl/not-sure.ts';

export type Type = 'text' | 'number' | 'flag' | 'list' | 'records' | 'map' | 'match';

/** An expression of Handlebars as an argument: a path, a literal, or a call in parentheses. */
export interface Code {
  readonly hb: string;
  readonly type: Type;
  /** it is missing where Perl has no value; what takes no missing values gets the empty text */
  readonly mayMiss?: boolean;
  readonly constant?: string | undefined;
}

/** How functions and methods are converted, whose arguments are expressions again. */
export interface Calls {
  convertCall(value: Extract<Expression, { kind: 'call' }>, scope: Scope): Code;
  convertMethod(value: Extract<Expression, { kind: 'method' }>, scope: Scope): Code;
}

/** What a name of Perl is in Handlebars. */
export type Binding =
  | { readonly kind: 'value'; readonly hb: string; readonly type: Type; readonly constant?: string | undefined }
  /** one record: by block parameter or path; `test`: whether it is there */
  | { readonly kind: 'record'; readonly hb: string; readonly db: string; readonly test: string }
  | { readonly kind: 'db'; readonly name: string };

/** All fragments of a template: what their names are used for. */
export interface Whole {
  /** identifiers that stand in other fragments */
  readonly elsewhere: ReadonlySet<string>;
  /** variables without `my` that fragments of the template set */
  readonly shared: ReadonlySet<string>;
  /** whether docksmith has a default for a prop, which Perl does not know; key: of a record of configuration */
  readonly hasDefault: (db: string, key: string | undefined, prop: string) => boolean;
}

/** The names of one fragment that are seen at one place. */
export class Scope {
  readonly whole: Whole;
  readonly calls: Calls;
  readonly #bindings = new Map<string, Binding>();
  readonly #parent: Scope | undefined;
  readonly #given: Set<string>;
  /** inside `each` over records a name is first one of the item */
  #isInRecords: boolean;
  /** files that it looks at, by folder */
  readonly files: Set<string>;
  readonly shared: Set<string>;

  readonly #lets: Set<string>;
  /** the whole text of the fragment */
  readonly code: string;

  constructor(whole: Whole, code: string, calls: Calls, parent?: Scope, isInRecords = parent?.isInRecords ?? false) {
    this.whole = whole;
    this.calls = calls;
    this.#parent = parent;
    this.#isInRecords = isInRecords;
    this.#lets = parent === undefined ? new Set() : parent.#lets;
    this.code = parent === undefined ? code : parent.code;
    this.#given = parent === undefined ? new Set() : parent.#given;
    this.files = parent === undefined ? new Set() : parent.files;
    this.shared = parent === undefined ? new Set() : parent.shared;
  }

  inner(isInRecords = this.isInRecords): Scope {
    return new Scope(this.whole, this.code, this.calls, this, isInRecords);
  }

  get isInRecords(): boolean {
    return this.#isInRecords;
  }

  /** From here on names are first those of a record. */
  entersRecord(): void {
    this.#isInRecords = true;
  }

  addLet(name: string): void {
    this.#lets.add(name);
  }

  /** Whether it is a variable that `let` sets, and no parameter of a block. */
  isLet(name: string): boolean {
    return this.#lets.has(name);
  }

  /** Whether the fragment sets it once only. */
  isConstant(name: string): boolean {
    return (
      [
        ...this.code.matchAll(
          new RegExp(`\\$${name}\\b\\s*(?:[.+*/|-]|\\|\\||//)?=(?![=~])|\\$${name}\\b\\s*=~\\s*s\\W`, 'g'),
        ),
      ].length === 1
    );
  }

  /** @param name with its sigil */
  find(name: string): Binding | undefined {
    return this.#bindings.get(name) ?? this.#parent?.find(name);
  }

  bind(name: string, binding: Binding): void {
    this.#bindings.set(name, binding);
  }

  /** Replaces a binding where it was made. */
  rebind(name: string, binding: Binding): void {
    if (this.#bindings.has(name) || this.#parent === undefined) this.#bindings.set(name, binding);
    else this.#parent.rebind(name, binding);
  }

  /** A name for a variable that no other one has. */
  give(name: string): string {
    let given = name;
    for (let n = 2; this.#isTaken(given); n++) given = `${name}${n}`;
    this.#given.add(given);
    return given;
  }

  #isTaken(name: string): boolean {
    return this.#given.has(name) || this.whole.elsewhere.has(name) || RESERVED.has(name);
  }

  /** The path of a record of `configuration`, or of what was handed in under its name. */
  path(name: string, line: number): string {
    if (this.#given.has(name)) throw new NotSure(line, `${name} is a variable of its own and one of the template`);
    if (!/^[A-Za-z_][\w.-]*$/.test(name) || RESERVED.has(name)) throw new NotSure(line, `the name ${name}`);
    return `${this.isInRecords ? '@root.' : ''}${segment(name)}`;
  }
}

const RESERVED = new Set(
  'this true false null undefined config as else root let record templatePath each if unless with key index'.split(' '),
);

export function segment(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `[${name}]`;
}
