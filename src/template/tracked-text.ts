import type { Origin, Read } from './rendered.ts';

/**
 * What was read to decide a piece of text: its own expression's reads, and those of the
 * conditions and loops around it.
 */
export class ReadScope {
  readonly own: Read[] = [];
  readonly around: ReadScope | undefined;

  constructor(around?: ReadScope) {
    this.around = around;
  }

  /** Own reads first, then those around, each once. */
  all(): readonly Read[] {
    const reads = new Map<string, Read>();
    for (const scope of this.#outwards()) {
      for (const read of scope.own) reads.set(formatRead(read), read);
    }
    return [...reads.values()];
  }

  *#outwards(): Generator<ReadScope> {
    yield this;
    if (this.around !== undefined) yield* this.around.#outwards();
  }
}

/** One line for a read, the same for the same read: `docker_containers wiki MaxMemory`. */
export function formatRead({ db, key, prop, filter }: Read): string {
  return [db, key ?? `(${filter ?? 'all'})`, prop].filter((part) => part !== undefined).join(' ');
}

/** A run of text with the place in a fragment that made it. */
export interface Piece {
  readonly text: string;
  readonly fragment: string;
  /** line of the fragment on which the text starts */
  readonly line: number;
  /** true: every newline of the text is a newline of the fragment; false: all of it was made by one line */
  readonly literal: boolean;
  readonly scope: ReadScope;
}

/** Text that remembers where each part of it comes from. */
export class TrackedText {
  readonly pieces: Piece[] = [];
  /** the text since the last newline: what an escaper looks at to tell whether a value stands in quotes */
  currentLine: string;

  constructor(currentLine = '') {
    this.currentLine = currentLine;
  }

  append(piece: Piece): void {
    if (piece.text === '') return;
    this.pieces.push(piece);
    const newline = piece.text.lastIndexOf('\n');
    this.currentLine = newline < 0 ? this.currentLine + piece.text : piece.text.slice(newline + 1);
  }

  appendText(other: TrackedText): void {
    for (const piece of other.pieces) this.append(piece);
  }

  /** One TrackedText per line, each with its newline if it has one. */
  lines(): TrackedText[] {
    const lines: TrackedText[] = [];
    let line = new TrackedText();
    for (const piece of this.pieces) {
      for (const [n, part] of piece.text.split(/(?<=\n)/).entries()) {
        line.append({ ...piece, text: part, line: piece.literal ? piece.line + n : piece.line });
        if (part.endsWith('\n')) {
          lines.push(line);
          line = new TrackedText();
        }
      }
    }
    if (line.pieces.length > 0) lines.push(line);
    return lines;
  }

  /** Where this text (of one line) comes from: each fragment line once, with the reads of all its pieces. */
  origins(): readonly Origin[] {
    const origins = new Map<string, { fragment: string; line: number; reads: Map<string, Read> }>();
    for (const { fragment, line, scope } of this.pieces) {
      const key = `${fragment}:${line}`;
      let origin = origins.get(key);
      if (origin === undefined) origins.set(key, (origin = { fragment, line, reads: new Map() }));
      for (const read of scope.all()) origin.reads.set(formatRead(read), read);
    }
    return [...origins.values()].map(({ fragment, line, reads }) => ({ fragment, line, reads: [...reads.values()] }));
  }

  toString(): string {
    return this.pieces.map(({ text }) => text).join('');
  }
}
