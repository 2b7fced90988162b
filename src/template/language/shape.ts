/** What a fragment reads whatever the dbs hold: a db, and of it what is known from the text alone. */
export interface StaticRead {
  readonly db: string;
  /** undefined: any record of the db */
  readonly key?: string;
  /** undefined: records of any type */
  readonly type?: string;
  /** undefined: the record's type, or whether it is there; `Env.*`: every prop that begins so */
  readonly prop?: string;
}

/** What an expression may be, as far as its text tells. */
export type Shape =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'record'; readonly of: Omit<StaticRead, 'prop'> }
  | { readonly kind: 'list'; readonly items: Shapes }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Shapes> };

/** Any of these; none: something that no way leads on from to a record. */
export type Shapes = readonly Shape[];

/** A call of a helper as its fragment writes it. */
export interface StaticCall {
  readonly args: readonly Shapes[];
  readonly hash: ReadonlyMap<string, Shapes>;
  readonly note: (read: StaticRead) => void;
}

/** The text where an expression is one that the fragment itself says. */
export function literalOf(shapes: Shapes | undefined): string | undefined {
  const [only, ...others] = shapes ?? [];
  return only?.kind === 'text' && others.length === 0 ? only.text : undefined;
}

/** The records that an expression may be. */
export function recordsIn(shapes: Shapes | undefined): readonly Omit<StaticRead, 'prop'>[] {
  return (shapes ?? []).flatMap((shape) => (shape.kind === 'record' ? [shape.of] : []));
}

/** What the items of a list may be. */
export function itemsIn(list: Shapes | undefined): Shapes {
  return (list ?? []).flatMap((shape): readonly Shape[] => (shape.kind === 'list' ? shape.items : []));
}

/** Reads of these props, of any record of a db, or of one. */
export function readsOf(of: Omit<StaticRead, 'prop'>, ...props: readonly string[]): readonly StaticRead[] {
  return props.map((prop) => ({ ...of, prop }));
}

/** One line for a read, the same for the same: `docker_containers (service) MaxMemory`, `configuration docker`. */
export function formatStaticRead({ db, key, type, prop }: StaticRead): string {
  return [db, key ?? (type === undefined ? '(all)' : `(${type})`), prop].filter((part) => part !== undefined).join(' ');
}

/** Whether both can be about one record. */
export function isOfSameRecord(a: StaticRead, b: StaticRead): boolean {
  const agree = (one: string | undefined, other: string | undefined): boolean =>
    one === undefined || other === undefined || one === other;
  return a.db === b.db && agree(a.key, b.key) && agree(a.type, b.type);
}

/** Whether a read takes in a prop: by its name, or by a pattern with a final `*`. */
export function takesProp({ prop }: StaticRead, name: string): boolean {
  return prop === name || (prop?.endsWith('*') === true && name.startsWith(prop.slice(0, -1)));
}
