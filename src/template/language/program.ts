import { listQuoted } from '../perl/scan.ts';

/**
 * What a fragment says, in the shape in which it is evaluated, analysed and kept: what its parser found,
 * without the parts that are not used.
 */
export type Program = readonly Statement[];

/** Where a node begins, both from 1. */
export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** Blocks that are no helpers. */
export const BLOCKS: readonly string[] = ['if', 'unless', 'with', 'each'];

export type Statement = TextNode | PrintNode | BlockNode | RefusedNode | PerlNode;

/** Text as it stands, from that line on. */
export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
  readonly line: number;
}

/** `{{call}}` */
export interface PrintNode {
  readonly kind: 'print';
  readonly call: CallNode;
  readonly isEscaped: boolean;
}

/** `{{#call as |params|}}body{{else}}inverse{{/call}}` */
export interface BlockNode {
  readonly kind: 'block';
  readonly call: CallNode;
  /** all of it stands on one line */
  readonly isInline: boolean;
  readonly params: readonly string[];
  readonly body: Program;
  readonly inverse: Program;
}

/** What Handlebars has and fragments have not. */
export interface RefusedNode extends Spot {
  readonly kind: 'refused';
  readonly what: string;
}

/** A whole fragment in Perl: the one statement of it. */
export interface PerlNode {
  readonly kind: 'perl';
  /** its bytes, one character each */
  readonly source: string;
}

export type Expression = PathNode | CallNode | LiteralNode;

/** `record.Image`, `../x`, `@index` */
export interface PathNode extends Spot {
  readonly kind: 'path';
  /** as its author wrote it */
  readonly source: string;
  readonly parts: readonly string[];
  /** how many times `../` */
  readonly depth: number;
  /** it began with `@` */
  readonly isData: boolean;
}

/** A path with arguments, or alone: then it may be a value. */
export interface CallNode extends Spot {
  readonly kind: 'call';
  readonly path: PathNode;
  readonly params: readonly Expression[];
  readonly hash: readonly (readonly [name: string, value: Expression])[];
}

export interface LiteralNode {
  readonly kind: 'literal';
  readonly value: string | number | boolean | null;
}

/** An expression as its author wrote it, for messages. */
export function sourceOf(node: Expression): string {
  switch (node.kind) {
    case 'path':
      return node.source;
    case 'call':
      return `(${[node.path, ...node.params].map(sourceOf).join(' ')})`;
    case 'literal':
      return String(node.value);
  }
}

/** The one name of a path that is nothing else (no dots, `../` or `@`), or undefined. */
export function findPlainName({ isData, depth, parts, source }: PathNode): string | undefined {
  const [name] = parts;
  return isData || depth > 0 || parts.length !== 1 || source !== name ? undefined : name;
}

/** Whether a path can be a variable or a record; `this.x`, `./x` and `../x` say where to look. */
export function isFreePath({ source }: PathNode): boolean {
  return !/^(\.|this(\W|$))/.test(source);
}

/** Every text that a program writes down as an argument: what values are compared with, among others. */
export function listLiterals(program: Program): readonly string[] {
  return program.flatMap((statement) => {
    if (statement.kind === 'print') return literalsIn(statement.call);
    if (statement.kind === 'perl') return listQuoted(statement.source);
    return statement.kind === 'block'
      ? [...literalsIn(statement.call), ...listLiterals(statement.body), ...listLiterals(statement.inverse)]
      : [];
  });
}

function literalsIn(node: Expression): readonly string[] {
  if (node.kind === 'literal') return typeof node.value === 'string' ? [node.value] : [];
  if (node.kind !== 'call') return [];
  const values = node.hash.flatMap(([name, value]) => {
    const texts = literalsIn(value);
    // a condition writes down the values that it compares with
    return name === 'where' ? texts.flatMap((text) => text.split(/[\s()=<>~!'"]+/).filter(Boolean)) : texts;
  });
  return [...node.params.flatMap(literalsIn), ...values];
}

/** One file of a template. */
export interface Fragment {
  readonly name: string;
  /** without the root */
  readonly file: string;
  readonly program: Program;
}
