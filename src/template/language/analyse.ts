import type { Place } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { findBanner, listFragments, readFragment, withBanner } from './fragment.ts';
import {
  type BlockNode,
  type CallNode,
  type Expression,
  findPlainName,
  type Fragment,
  isFreePath,
  type PathNode,
  type Program,
  type Spot,
} from './program.ts';
import type { HelperTable } from './helper.ts';
import type { ForEach, Metadata } from '../metadata.ts';
import { parseFragment } from './parse-fragment.ts';
import { formatStaticRead, literalOf, recordsIn, type Shape, type Shapes, type StaticRead } from './shape.ts';

export interface PlacedRead extends StaticRead {
  /** where it is read first */
  readonly at: Place;
}

/** What the text of a template says, whatever the dbs hold. */
export interface Analysis {
  /** each once: what its outputs are made of, names and existence included */
  readonly reads: readonly PlacedRead[];
  /** what only its CHECK reads */
  readonly checkReads: readonly PlacedRead[];
  /** templates that its fragments expand, theirs too */
  readonly parts: ReadonlySet<string>;
  /** a fragment computes the path of a template that it expands */
  readonly computesParts: boolean;
  /** files of its fragments, without the root, and of those of its parts */
  readonly files: readonly string[];
}

/**
 * Reads the fragments of a template, and of all that they expand, without rendering them: a
 * condition hides nothing, and no record has to be there.
 * @throws Failure with file, line and column of a syntax error
 */
export function analyseTemplate(paths: Paths, helpers: HelperTable, metadata: Metadata): Analysis {
  const whole = new Collected(paths, helpers);
  const variables = new Map<string, Shapes>([['templatePath', []]]);
  if (metadata.forEach !== undefined) {
    variables.set('record', [
      { kind: 'record', of: whole.listing(metadata.forEach, metadata.file ?? metadata.template) },
    ]);
  }
  const inline = (collected: Collected, text: string | undefined): void => {
    if (text?.includes('{{') === true)
      new Walker(parseFragment(metadata.file ?? metadata.template, text), variables, collected, []).walk();
  };
  inline(whole, metadata.outputFilename);
  inline(whole, metadata.delete);
  whole.template(metadata.template, variables, [], metadata.format !== 'json');
  const check = new Collected(paths, helpers);
  inline(check, metadata.check);
  return {
    reads: whole.reads(),
    checkReads: check.reads(),
    parts: whole.parts,
    computesParts: whole.computesParts,
    files: [...whole.files],
  };
}

/** What was found so far. */
class Collected {
  readonly #paths: Paths;
  readonly helpers: HelperTable;
  readonly #reads = new Map<string, PlacedRead>();
  readonly #fragments = new Map<string, Fragment>();
  readonly parts = new Set<string>();
  readonly files = new Set<string>();
  computesParts = false;

  constructor(paths: Paths, helpers: HelperTable) {
    this.#paths = paths;
    this.helpers = helpers;
  }

  reads(): readonly PlacedRead[] {
    return [...this.#reads.values()];
  }

  note(read: StaticRead, at: Place): void {
    const name = formatStaticRead(read);
    if (!this.#reads.has(name)) this.#reads.set(name, { ...read, at });
  }

  /** Notes a listing, and gives the records that it lists. */
  listing({ db, filter }: ForEach, file: string): Omit<StaticRead, 'prop'> {
    const [key, type] = [filter.get('key'), filter.get('type')];
    const of = { db, ...(key === undefined ? {} : { key }), ...(type === undefined ? {} : { type }) };
    this.note(of, { file });
    for (const prop of filter.keys()) if (prop !== 'key' && prop !== 'type') this.note({ ...of, prop }, { file });
    return of;
  }

  part(template: string, variables: ReadonlyMap<string, Shapes>, stack: readonly string[]): void {
    this.parts.add(template);
    this.template(template, variables, stack);
  }

  /** @param stack templates that are being expanded: one of them again would never end */
  template(template: string, variables: ReadonlyMap<string, Shapes>, stack: readonly string[], banner = false): void {
    if (stack.includes(template)) return;
    const list = listFragments(this.#paths, template);
    for (const { file } of (banner ? withBanner(list, () => findBanner(this.#paths).files) : list)?.files ?? []) {
      let fragment = this.#fragments.get(file);
      if (fragment === undefined) this.#fragments.set(file, (fragment = readFragment(this.#paths, file)));
      this.files.add(fragment.file);
      new Walker(fragment, variables, this, [...stack, template]).walk();
    }
  }
}

/** A `this` with what blocks lay around it; undefined: no block is open. */
interface Frame {
  readonly context: Shapes | undefined;
  readonly blockParams: ReadonlyMap<string, Shapes>;
  readonly parent?: Frame;
}

/** Goes through one fragment as the evaluator does, but into every block. */
class Walker {
  readonly #fragment: Fragment;
  readonly #variables: ReadonlyMap<string, Shapes>;
  readonly #collected: Collected;
  readonly #stack: readonly string[];

  constructor(
    fragment: Fragment,
    variables: ReadonlyMap<string, Shapes>,
    collected: Collected,
    stack: readonly string[],
  ) {
    this.#fragment = fragment;
    this.#variables = variables;
    this.#collected = collected;
    this.#stack = stack;
  }

  walk(): void {
    this.#program(this.#fragment.program, { context: undefined, blockParams: new Map() });
  }

  #program(program: Program, frame: Frame): void {
    for (const statement of program) {
      if (statement.kind === 'print') this.#call(statement.call, frame);
      else if (statement.kind === 'block') this.#block(statement, frame);
    }
  }

  #block({ call, params, body, inverse }: BlockNode, frame: Frame): void {
    const name = findPlainName(call.path) ?? '';
    const [first] = call.params;
    if (['if', 'unless', 'with', 'each'].includes(name) && first !== undefined) {
      const value = this.#expression(first, frame);
      const inside = name === 'with' ? value : name === 'each' ? itemsOf(value) : undefined;
      const [valueName] = params;
      const named: readonly (readonly [string, Shapes])[] = valueName === undefined ? [] : [[valueName, inside ?? []]];
      this.#program(
        body,
        inside === undefined
          ? frame
          : { context: inside, blockParams: new Map([...frame.blockParams, ...named]), parent: frame },
      );
    } else {
      this.#callHelper(name, call, frame);
      this.#program(body, frame);
    }
    this.#program(inverse, frame);
  }

  #call(call: CallNode, frame: Frame): Shapes {
    const { path } = call;
    const name = findPlainName(path);
    const hasArguments = call.params.length > 0 || call.hash.length > 0;
    const isVariable =
      name !== undefined && !hasArguments && (frame.blockParams.has(name) || this.#variables.has(name));
    if (name === undefined || isVariable || !Object.hasOwn(this.#collected.helpers, name))
      return this.#path(path, frame);
    return this.#callHelper(name, call, frame);
  }

  #callHelper(name: string, call: CallNode, frame: Frame): Shapes {
    const args = call.params.map((param) => this.#expression(param, frame));
    const hash = new Map(call.hash.map(([key, value]) => [key, this.#expression(value, frame)]));
    const helper = Object.hasOwn(this.#collected.helpers, name) ? this.#collected.helpers[name] : undefined;
    for (const read of helper?.reads ?? []) this.#note(read, call);
    if (name === 'expand') {
      const template = literalOf(args[0]);
      if (template === undefined) this.#collected.computesParts = true;
      else this.#collected.part(template, new Map([...this.#variables, ...hash]), this.#stack);
    }
    return helper?.shape?.({ args, hash, note: (read) => this.#note(read, call) }) ?? [];
  }

  #expression(node: Expression, frame: Frame): Shapes {
    switch (node.kind) {
      case 'literal':
        return typeof node.value === 'string' ? [{ kind: 'text', text: node.value }] : [];
      case 'call':
        return this.#call(node, frame);
      case 'path':
        return this.#path(node, frame);
    }
  }

  /** As `lookUpPath` does it; see there. */
  #path(node: PathNode, frame: Frame): Shapes {
    const { isData, depth, parts } = node;
    const [first, ...rest] = parts;
    let base: Frame | undefined = frame;
    for (let n = 0; n < depth; n++) base = base?.parent;
    if (base === undefined) return [];
    if (isData)
      return first === 'root' && rest[0] !== undefined
        ? this.#inside(this.#variable(rest[0], node), rest.slice(1), node)
        : [];
    if (first === undefined) return base.context ?? [];
    const isFree = isFreePath(node);
    if (isFree) {
      const param = frame.blockParams.get(first);
      if (param !== undefined) return this.#inside(param, rest, node);
      if (first === 'config')
        return rest[0] === undefined ? [] : this.#inside(this.#configuration(rest[0], node), rest.slice(1), node);
    }
    if (base.context === undefined || (isFree && this.#variables.has(first)))
      return this.#inside(this.#variable(first, node), rest, node);
    return this.#inside(base.context, parts, node);
  }

  #variable(name: string, node: Spot): Shapes {
    return this.#variables.get(name) ?? this.#configuration(name, node);
  }

  #configuration(key: string, node: Spot): Shapes {
    const of = { db: 'configuration', key };
    this.#note(of, node);
    return [{ kind: 'record', of }];
  }

  #inside(start: Shapes, parts: readonly string[], node: Spot): Shapes {
    let shapes = start;
    for (const part of parts) {
      for (const of of recordsIn(shapes))
        if (part !== 'key') this.#note(part === 'type' ? of : { ...of, prop: part }, node);
      shapes = shapes.flatMap((shape): Shapes => (shape.kind === 'map' ? (shape.entries.get(part) ?? []) : []));
    }
    return shapes;
  }

  #note(read: StaticRead, { line }: Spot): void {
    this.#collected.note(read, { file: this.#fragment.file, line });
  }
}

function itemsOf(shapes: Shapes): Shapes {
  return shapes.flatMap((shape): readonly Shape[] =>
    shape.kind === 'list' ? shape.items : shape.kind === 'map' ? [...shape.entries.values()].flat() : [],
  );
}
