import type { Place } from '../../base/errors.ts';
import type { HelperTable } from './helper.ts';
import {
  type BlockNode,
  BLOCKS,
  type CallNode,
  type Expression,
  findPlainName,
  type Fragment,
  isFreePath,
  type PathNode,
  type PerlNode,
  type Program,
  type Spot,
} from './program.ts';
import { findLet } from './lets.ts';
import { listNamedReads, listNested } from '../perl/scan.ts';
import { itemsIn, literalOf, recordsIn, type Shapes, type StaticRead } from './shape.ts';

/** What is told of a fragment while it is walked through, and the helpers that it may call. */
export interface Findings {
  readonly helpers: HelperTable;
  readonly note: (read: StaticRead, at: Place) => void;
  /** whether a name in a block, whose item may be these, may as well be a record of `configuration` */
  readonly mayBeRecord: (item: Shapes, name: string, at: Place) => boolean;
  /** it calls a helper that is none */
  readonly lacks: (helper: string, at: Place) => void;
  /** it expands another template; undefined: one whose path it computes */
  readonly expand: (template: string | undefined, variables: ReadonlyMap<string, Shapes>) => void;
}

/**
 * Goes through one fragment as the evaluator does, but into every block, and tells all that it may read.
 * @param variables what each may be; those that the fragment sets are added
 */
export function walkFragment({ file, program }: Fragment, variables: Map<string, Shapes>, findings: Findings): void {
  new Walker(file, variables, findings).program(program, { context: undefined, blockParams: new Map() });
}

/** A `this` with what blocks lay around it; undefined: no block is open. */
interface Frame {
  readonly context: Shapes | undefined;
  readonly blockParams: ReadonlyMap<string, Shapes>;
  readonly parent?: Frame;
}

class Walker {
  readonly #file: string;
  readonly #variables: Map<string, Shapes>;
  readonly #findings: Findings;

  constructor(file: string, variables: Map<string, Shapes>, findings: Findings) {
    this.#file = file;
    this.#variables = variables;
    this.#findings = findings;
  }

  program(program: Program, frame: Frame): void {
    for (const statement of program) {
      if (statement.kind === 'print') this.#call(statement.call, frame);
      else if (statement.kind === 'block') this.#block(statement, frame);
      else if (statement.kind === 'perl') this.#perl(statement);
    }
  }

  #perl({ source }: PerlNode): void {
    for (const read of listNamedReads(source)) this.#findings.note(read, { file: this.#file });
    for (const template of listNested(source)) this.#findings.expand(template, this.#variables);
  }

  #block({ call, params, body, inverse }: BlockNode, frame: Frame): void {
    const name = findPlainName(call.path) ?? '';
    const [first] = call.params;
    if (BLOCKS.includes(name) && first !== undefined) {
      const value = this.#expression(first, frame);
      const inside = name === 'with' ? value : name === 'each' ? itemsOf(value) : undefined;
      const [valueName] = params;
      const named: readonly (readonly [string, Shapes])[] = valueName === undefined ? [] : [[valueName, inside ?? []]];
      this.program(
        body,
        inside === undefined
          ? frame
          : { context: inside, blockParams: new Map([...frame.blockParams, ...named]), parent: frame },
      );
    } else {
      if (!BLOCKS.includes(name)) this.#callable(call.path.source, call);
      this.#callHelper(name, call, frame);
      this.program(body, frame);
    }
    this.program(inverse, frame);
  }

  #call(call: CallNode, frame: Frame): Shapes {
    const { path } = call;
    const name = findPlainName(path);
    const hasArguments = call.params.length > 0 || call.hash.length > 0;
    if (hasArguments) this.#callable(path.source, call);
    const isVariable =
      name !== undefined && !hasArguments && (frame.blockParams.has(name) || this.#variables.has(name));
    if (name === undefined || isVariable || !Object.hasOwn(this.#findings.helpers, name))
      return this.#path(path, frame);
    // the item's own, where it has it
    const own = hasArguments || frame.context === undefined ? [] : this.#inside(frame.context, [name], call);
    return [...own, ...this.#callHelper(name, call, frame)];
  }

  #callHelper(name: string, call: CallNode, frame: Frame): Shapes {
    const args = call.params.map((param) => this.#expression(param, frame));
    const hash = new Map(call.hash.map(([key, value]) => [key, this.#expression(value, frame)]));
    const helper = Object.hasOwn(this.#findings.helpers, name) ? this.#findings.helpers[name] : undefined;
    for (const read of helper?.reads ?? []) this.#note(read, call);
    const set = findLet(call);
    // one that is set under a condition may be what it was before
    if (set !== undefined) this.#variables.set(set, [...(this.#variables.get(set) ?? []), ...(args[1] ?? [])]);
    const mapped = name === 'map' ? literalOf(args[1]) : undefined;
    if (mapped !== undefined) this.#callable(mapped, call);
    if (name === 'expand') this.#findings.expand(literalOf(args[0]), new Map([...this.#variables, ...hash]));
    return helper?.shape?.({ args, hash, note: (read) => this.#note(read, call) }) ?? [];
  }

  #callable(name: string, spot: Spot): void {
    if (!Object.hasOwn(this.#findings.helpers, name))
      this.#findings.lacks(name, { ...this.#at(spot), column: spot.column });
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
    const own = this.#inside(base.context, parts, node);
    return isFree && this.#findings.mayBeRecord(base.context, first, this.#at(node))
      ? [...own, ...this.#inside(this.#configuration(first, node), rest, node)]
      : own;
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

  #note(read: StaticRead, spot: Spot): void {
    this.#findings.note(read, this.#at(spot));
  }

  #at({ line }: Spot): Place {
    return { file: this.#file, line };
  }
}

function itemsOf(shapes: Shapes): Shapes {
  const inMaps = shapes.flatMap((shape) => (shape.kind === 'map' ? [...shape.entries.values()].flat() : []));
  return [...itemsIn(shapes), ...inMaps];
}
