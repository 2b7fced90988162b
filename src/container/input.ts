import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { Failure, type Place } from '../errors.ts';

/** A node of the YAML file, with its place, for those who make something of it. */
export interface Input {
  /** `services.wiki.ports[0]` */
  readonly path: string;
  readonly place: Place;
  /** what a scalar holds; `$$` already read as `$`. Undefined for lists and maps */
  readonly scalar: string | number | boolean | null | undefined;
  readonly items: readonly Input[] | undefined;
  readonly entries: readonly (readonly [name: string, value: Input])[] | undefined;
  /** Notes a mistake; undefined, so that a reader can return it. */
  refuse(why: string, hint?: string): undefined;
}

/** Reads YAML text; every mistake goes to `mistakes`. @returns undefined when the text is no YAML at all */
export function parseInput(file: string, text: string, mistakes: Failure[]): Input | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0 || document.contents === null) {
    for (const error of document.errors) {
      const at = { file, line: error.linePos?.[0].line ?? 1, column: error.linePos?.[0].col ?? 1 };
      mistakes.push(new Failure('cannot read the run spec', { why: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.message, at }));
    }
    if (document.errors.length === 0) mistakes.push(new Failure('cannot read the run spec', { why: 'it is empty', at: { file } }));
    return undefined;
  }
  return makeInput(document.contents, '', { file, lines, document, mistakes });
}

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document;
  readonly mistakes: Failure[];
}

function makeInput(written: Node | null, path: string, source: Source, parent?: Place): Input {
  const node = isAlias(written) ? written.resolve(source.document) : written;
  const place = findPlace(written, source) ?? parent ?? { file: source.file };
  const refuse = (why: string, hint?: string): undefined => {
    const what = path === '' ? 'cannot read the run spec' : `cannot use "${path}"`;
    source.mistakes.push(new Failure(what, hint === undefined ? { why, at: place } : { why, at: place, hint }));
  };
  const input = { path, place, scalar: undefined, items: undefined, entries: undefined, refuse };
  if (isSeq<Node>(node)) return { ...input, items: node.items.map((item, index) => makeInput(item, `${path}[${index}]`, source, place)) };
  if (isMap<Node, Node | null>(node)) {
    return { ...input, entries: node.items.map(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : String(key);
      // a mistake about a key with nothing behind it is shown at the key
      const keyPlace = findPlace(key, source) ?? place;
      return [name, makeInput(value, path === '' ? name : `${path}.${name}`, source, keyPlace)] as const;
    }) };
  }
  const scalar = isScalar(node) ? node.value : null;
  if (typeof scalar === 'string') return { ...input, scalar: readDollars(scalar, refuse) };
  if (typeof scalar === 'number' || typeof scalar === 'boolean' || scalar === null) return { ...input, scalar };
  refuse('is no text, number or true/false');
  return { ...input, scalar: null };
}

function findPlace(node: Node | null, { file, lines }: Source): Place | undefined {
  if (!node?.range) return undefined;
  const { line, col } = lines.linePos(node.range[0]);
  return { file, line, column: col };
}

/** Compose would put a variable of its environment there; docksmith has none to put. */
function readDollars(text: string, refuse: Input['refuse']): string {
  const single = /^(?:[^$]|\$\$)*\$(?!\$)(\{[^}]*\}|\w*)/.exec(text)?.[1];
  if (single !== undefined) refuse(`"$${single}" would be a variable, and docksmith fills in none`, 'write $$ for a dollar sign');
  return text.replaceAll('$$', '$');
}
