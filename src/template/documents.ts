import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { Failure } from '../errors.ts';
import type { Format } from './metadata.ts';
import { type Piece, ReadScope, TrackedText } from './tracked-text.ts';

/** A value of a merged document, each part with the line that it comes from. */
export type Part = { readonly line: TrackedText } & (
  | { readonly kind: 'map'; readonly entries: Map<string, Part> }
  | { readonly kind: 'list'; readonly items: readonly Part[] }
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
);

/**
 * Reads the text of one fragment as a document whose top is a map (JSON is read by the YAML
 * reader too, after JSON.parse has found it good, for the positions).
 * @returns undefined for a text without a document: nothing, or comments alone
 */
export function parsePart(text: TrackedText, format: Exclude<Format, 'text' | 'ini'>, fragment: string): Part | undefined {
  const source = text.toString();
  if (source.trim() === '') return undefined;
  const lines = text.lines();
  const failure = (why: string, line: number): Failure => {
    const origin = lines[line - 1]?.origins()[0];
    return new Failure(`cannot read the ${format} that the fragment gives`, { why, at: origin === undefined ? { file: fragment } : { file: origin.fragment, line: origin.line } });
  };
  if (format === 'json') {
    try {
      JSON.parse(source);
    } catch (error) {
      const { message } = error as Error;
      const position = Number(/at position (\d+)/.exec(message)?.[1] ?? source.length);
      throw failure(message.replace(/ in JSON at position.*/s, ''), source.slice(0, position).split('\n').length);
    }
  }
  const counter = new LineCounter();
  const documents = parseAllDocuments(source, { lineCounter: counter, uniqueKeys: true });
  if (!Array.isArray(documents)) return undefined;
  const [document, second] = documents;
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined) throw failure(error.message.split(' at line ')[0] ?? error.message, error.linePos?.[0].line ?? 1);
  if (second !== undefined) throw failure('it is more than one document', counter.linePos(second.range[0]).line);
  const top = document?.contents ?? null;
  if (top === null || (isScalar(top) && top.value === null)) return undefined;
  if (!isMap(top)) throw failure('its top is not a map', 1);
  return toPart(top, lines, counter, failure);
}

function toPart(node: Node, lines: readonly TrackedText[], counter: LineCounter, failure: (why: string, line: number) => Failure): Part {
  const lineNumber = counter.linePos(node.range?.[0] ?? 0).line;
  const line = lines[lineNumber - 1] ?? new TrackedText();
  const convert = (child: unknown): Part => (child === null ? { kind: 'scalar', value: null, line } : toPart(child as Node, lines, counter, failure));
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }): [string, Part] => {
      if (!isScalar(key)) throw failure('a key is a list or a map', lineNumber);
      return [String(key.value), value === null && isScalar(key) ? { kind: 'scalar', value: null, line: lines[counter.linePos(key.range?.[0] ?? 0).line - 1] ?? line } : convert(value)];
    });
    return { kind: 'map', entries: new Map(entries), line };
  }
  if (isSeq(node)) return { kind: 'list', items: node.items.map(convert), line };
  if (!isScalar(node)) throw failure('anchors and aliases are not carried over', lineNumber);
  const { value } = node;
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return { kind: 'scalar', value, line };
  throw failure('a value is neither text, number, true, false nor null', lineNumber);
}

/**
 * Lays `above` over `below`: maps merge by key, null removes, lists and scalars replace, and
 * a key written `ports+` appends its list to the one below.
 */
export function mergeParts(below: Part | undefined, above: Part): Part {
  if (above.kind !== 'map') return above;
  const entries = new Map(below?.kind === 'map' ? below.entries : []);
  for (const [key, part] of above.entries) {
    const name = key.endsWith('+') ? key.slice(0, -1) : key;
    const existing = entries.get(name);
    if (part.kind === 'scalar' && part.value === null) entries.delete(name);
    else if (key === name) entries.set(name, mergeParts(existing, part));
    else entries.set(name, appendItems(existing, part, key));
  }
  return { kind: 'map', entries, line: below?.line ?? above.line };
}

function appendItems(existing: Part | undefined, added: Part, key: string): Part {
  const [origin] = added.line.origins();
  if (added.kind !== 'list' || (existing !== undefined && existing.kind !== 'list')) {
    throw new Failure(`cannot append to "${key}"`, { why: added.kind === 'list' ? 'what it appends to is not a list' : 'it is not a list', ...(origin === undefined ? {} : { at: { file: origin.fragment, line: origin.line } }) });
  }
  return { kind: 'list', items: [...(existing?.items ?? []), ...added.items], line: existing?.line ?? added.line };
}

/** A part of a document as one line of its output: its text, and where it comes from. */
export function lineFrom(text: string, part: Part): TrackedText {
  const line = new TrackedText();
  const [first, ...others] = part.line.pieces;
  const anywhere: Piece = { text: '', fragment: '', line: 1, literal: false, scope: new ReadScope() };
  line.append({ ...(first ?? anywhere), text, literal: false });
  // the text is laid out anew: what else made the source line is kept as pieces of no width
  line.pieces.push(...others.map((piece) => ({ ...piece, text: '', literal: false })));
  return line;
}
