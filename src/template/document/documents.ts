import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type Scalar } from 'yaml';
import { Failure } from '../../base/errors.ts';
import type { Format } from '../metadata.ts';
import { findJsonMistake } from './json-mistake.ts';
import { type Piece, ReadScope, TrackedText } from '../language/tracked-text.ts';

/** A value of a merged document, each part with the line that it comes from. */
export type Part = { readonly line: TrackedText } & (
  | { readonly kind: 'map'; readonly entries: Map<string, Part> }
  | { readonly kind: 'list'; readonly items: readonly Part[] }
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
);

/**
 * Reads the text of one fragment as a document whose top is a map (JSON is read by the YAML
 * reader too, once it is known to be JSON, for the positions).
 * @returns undefined for a text without a document: nothing, or comments alone
 */
export function parsePart(
  text: TrackedText,
  format: Exclude<Format, 'text' | 'ini'>,
  fragment: string,
): Part | undefined {
  const source = text.toString();
  if (source.trim() === '') return undefined;
  const lines = text.lines();
  const failure = (why: string, line: number): Failure => {
    // what is missing at the end is missing after the last line
    const origin = (lines[line - 1] ?? lines.at(-1))?.origins()[0];
    return new Failure(`cannot read the ${format} that the fragment gives`, {
      why,
      at: origin === undefined ? { file: fragment } : { file: origin.fragment, line: origin.line },
    });
  };
  const mistake = format === 'json' ? findJsonMistake(source) : undefined;
  if (mistake !== undefined) throw failure(mistake.why, source.slice(0, mistake.position).split('\n').length);
  const counter = new LineCounter();
  const documents = parseAllDocuments(source, { lineCounter: counter, uniqueKeys: true });
  if (!Array.isArray(documents)) return undefined;
  const [document, second] = documents;
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined)
    throw failure(error.message.split(' at line ')[0] ?? error.message, error.linePos?.[0].line ?? 1);
  if (second !== undefined) throw failure('it is more than one document', counter.linePos(second.range[0]).line);
  const top = document?.contents ?? null;
  if (top === null || (isScalar(top) && top.value === null)) return undefined;
  if (!isMap(top)) throw failure('its top is not a map', 1);
  return new PartReader(lines, counter, failure).read(top);
}

class PartReader {
  readonly #lines: readonly TrackedText[];
  readonly #counter: LineCounter;
  readonly #failure: (why: string, line: number) => Failure;

  constructor(lines: readonly TrackedText[], counter: LineCounter, failure: (why: string, line: number) => Failure) {
    this.#lines = lines;
    this.#counter = counter;
    this.#failure = failure;
  }

  /** @param key the key in front of it, which is part of its line */
  read(node: Node, key?: Scalar): Part {
    const first = this.#lineOf(node, 0);
    if (isMap(node)) {
      const entries = node.items.map(({ key: name, value }): [string, Part] => {
        if (!isScalar(name)) throw this.#failure('a key is a list or a map', first);
        return [
          String(name.value),
          value === null ? { kind: 'scalar', value: null, line: this.#join(name) } : this.read(value as Node, name),
        ];
      });
      return { kind: 'map', entries: new Map(entries), line: this.#join(key, node) };
    }
    if (isSeq(node))
      return { kind: 'list', items: node.items.map((item) => this.read(item as Node)), line: this.#join(key, node) };
    if (!isScalar(node)) throw this.#failure('anchors and aliases are not carried over', first);
    const { value, source } = node;
    if (typeof value === 'number' && /^[-+]?0\d/.test(source ?? ''))
      throw this.#failure(`${source ?? ''} is one number to YAML 1.1 and another to 1.2: put quotes around it`, first);
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return { kind: 'scalar', value, line: this.#join(key, node) };
    throw this.#failure('a value is neither text, number, true, false nor null', first);
  }

  #lineOf({ range }: Node, end: 0 | 1): number {
    const [start = 0, after = start] = range ?? [];
    // the end of a block of text is the start of the next line
    return this.#counter.linePos(end === 0 ? start : Math.max(start, after - 1)).line;
  }

  /** The lines of a key and of its value as one; what is inside a list or map has lines of its own. */
  #join(...nodes: readonly (Node | undefined)[]): TrackedText {
    const numbers = new Set<number>();
    for (const node of nodes) {
      if (node === undefined || (numbers.size > 0 && !isScalar(node))) continue;
      for (let line = this.#lineOf(node, 0); line <= this.#lineOf(node, isScalar(node) ? 1 : 0); line++)
        numbers.add(line);
    }
    const joined = new TrackedText();
    for (const number of numbers) joined.appendText(this.#lines[number - 1] ?? new TrackedText());
    return joined;
  }
}

/**
 * Lays `above` over `below`: maps merge by key, null removes, lists and scalars replace, and
 * a key written `ports+` appends its list to the one below (nothing, where a loop gave no item).
 */
export function mergeParts(below: Part | undefined, above: Part): Part {
  if (above.kind !== 'map') return above;
  const entries = new Map(below?.kind === 'map' ? below.entries : []);
  for (const [key, part] of above.entries) {
    const name = key.endsWith('+') ? key.slice(0, -1) : key;
    const existing = entries.get(name);
    if (part.kind === 'scalar' && part.value === null) {
      if (key === name) entries.delete(name);
    } else if (key === name) entries.set(name, mergeParts(existing, part));
    else entries.set(name, appendItems(existing, part, key));
  }
  return { kind: 'map', entries, line: below?.line ?? above.line };
}

function appendItems(existing: Part | undefined, added: Part, key: string): Part {
  const [origin] = added.line.origins();
  if (added.kind !== 'list' || (existing !== undefined && existing.kind !== 'list')) {
    throw new Failure(`cannot append to "${key}"`, {
      why: added.kind === 'list' ? 'what it appends to is not a list' : 'it is not a list',
      ...(origin === undefined ? {} : { at: { file: origin.fragment, line: origin.line } }),
    });
  }
  return { kind: 'list', items: [...(existing?.items ?? []), ...added.items], line: existing?.line ?? added.line };
}

/** A part of a document as one line of its output: its text, its key in the document, and where it comes from. */
export function lineFrom(text: string, part: Part, documentKey: string): TrackedText {
  const line = new TrackedText();
  const anywhere: Piece = { text: '', fragment: '', line: 1, literal: false, scope: new ReadScope() };
  const [first = anywhere, ...others] = part.line.pieces.map((piece) => ({
    ...piece,
    text: '',
    literal: false,
    ...(documentKey === '' ? {} : { documentKey }),
  }));
  // the text is formatted again: what else made the source line is kept as pieces of no width, in front, since
  // a newline ends the text
  for (const piece of others) line.append(piece);
  line.append({ ...first, text });
  return line;
}
