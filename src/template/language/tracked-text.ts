import type { Read } from '../../db/record.ts';
import type { Origin, RecordRef } from './origin.ts';

interface Mark {
  readonly reads: number;
  readonly individual: number;
}

/**
 * What was read to decide a piece of text: its own expression's reads, and those of the
 * conditions and loops around it.
 */
export class ReadScope {
  readonly own: Read[] = [];
  readonly around: ReadScope | undefined;
  /** shared by all scopes around and inside: what a condition that printed nothing has read counts too */
  readonly #noted: Read[];
  readonly #individual: { count: number };

  constructor(around?: ReadScope) {
    this.around = around;
    this.#noted = around === undefined ? [] : around.#noted;
    this.#individual = around === undefined ? { count: 0 } : around.#individual;
  }

  note(read: Read): void {
    this.own.push(read);
    this.#noted.push(read);
  }

  /**
   * Everything that this scope and all scopes around and inside it have read so far, each once.
   * @param known of other scopes, by `formatRead`: for the same read it is the same object, so that what
   * thousands of them have read takes the space of one
   */
  noted(isWanted: (read: Read) => boolean = () => true, known?: Map<string, Read>): readonly Read[] {
    return uniqueReads(this.#noted.filter(isWanted), known);
  }

  notedAny(isMeant: (read: Read) => boolean): boolean {
    return this.#noted.some(isMeant);
  }

  /**
   * Something was looked at that is no read, and is another thing for each record: its key, which is not stored
   * and cannot change, or a variable of the template.
   */
  noteIndividual(): void {
    this.#individual.count++;
  }

  /** Now, for `since`. */
  mark(): Mark {
    return { reads: this.#noted.length, individual: this.#individual.count };
  }

  /** What was noted, by whatever scope around or inside, since a mark. */
  since({ reads, individual }: Mark): { readonly reads: readonly Read[]; readonly isIndividual: boolean } {
    return { reads: this.#noted.slice(reads), isIndividual: this.#individual.count > individual };
  }

  /**
   * What of it decides one item of a list: what was read of other records of the same db has
   * decided the other items. @param subjects records that the item is about; none: everything counts
   */
  about(subjects: readonly RecordRef[]): ReadScope {
    const scope = new ReadScope(this.around);
    scope.own.push(
      ...this.own.filter(
        (read) =>
          read.key === undefined ||
          !subjects.some(({ db }) => db === read.db) ||
          subjects.some(({ db, key }) => db === read.db && key === read.key),
      ),
    );
    return scope;
  }

  /** Own reads first, then those around, each once. */
  all(): readonly Read[] {
    return uniqueReads([...this.#outwards()].flatMap(({ own }) => own));
  }

  *#outwards(): Generator<ReadScope> {
    yield this;
    if (this.around !== undefined) yield* this.around.#outwards();
  }
}

function uniqueReads(reads: readonly Read[], known = new Map<string, Read>()): readonly Read[] {
  const unique = new Set<Read>();
  for (const read of reads) {
    const name = formatRead(read);
    const same = known.get(name);
    if (same === undefined) known.set(name, read);
    unique.add(same ?? read);
  }
  return [...unique];
}

/** One line for a read, the same for the same read: `docker_containers wiki MaxMemory`. */
export function formatRead({ db, key, prop, filter, index }: Read): string {
  if (key === undefined) return `${db} (${index === undefined ? '' : `${index} `}${filter ?? 'all'})`;
  const of = prop ?? filter;
  return of === undefined ? `${db} ${key}` : `${db} ${key} ${of}`;
}

/** A run of text with the place in a fragment that made it. */
export interface Piece {
  readonly text: string;
  readonly fragment: string;
  /** line of the fragment on which the text starts */
  readonly line: number;
  /** true: every newline of the text is a newline of the fragment; false: all of it was made by one line */
  readonly literal: boolean;
  /** for a merged document: the key that the text belongs to, `services.wiki.ports` */
  readonly documentKey?: string;
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

  /** An empty piece is kept: the line would be another if its value came. */
  append(piece: Piece): void {
    this.pieces.push(piece);
    const newline = piece.text.lastIndexOf('\n');
    this.currentLine = newline < 0 ? this.currentLine + piece.text : piece.text.slice(newline + 1);
  }

  appendText(other: TrackedText): void {
    for (const piece of other.pieces) this.append(piece);
  }

  /** The same text without the newline at its end, if there is one. */
  withoutFinalNewline(): TrackedText {
    const text = new TrackedText();
    const last = this.pieces.findLastIndex((piece) => piece.text !== '');
    for (const [n, piece] of this.pieces.entries())
      text.append(n === last ? { ...piece, text: piece.text.replace(/\n$/, '') } : piece);
    return text;
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
    // what came to nothing after the last newline belongs to the line that it would have continued
    const last = lines.at(-1);
    if (line.toString() === '' && last !== undefined) last.pieces.push(...line.pieces);
    else if (line.pieces.length > 0) lines.push(line);
    return lines;
  }

  /**
   * Where this text (of one line) comes from: each fragment line once, with the reads of all its
   * pieces. Those that gave something to see come first: the fragment before may end in a block
   * that came to nothing on this line, and what expands another template gives no more than indent or newline.
   */
  origins(): readonly Origin[] {
    const origins = new Map<string, { place: Omit<Origin, 'reads'>; scopes: Set<ReadScope>; isSeen: boolean }>();
    for (const { text, fragment, line, documentKey, scope } of this.pieces) {
      const key = `${fragment}:${line}:${documentKey ?? ''}`;
      let origin = origins.get(key);
      if (origin === undefined)
        origins.set(
          key,
          (origin = {
            place: { fragment, line, ...(documentKey === undefined ? {} : { documentKey }) },
            scopes: new Set(),
            isSeen: false,
          }),
        );
      origin.isSeen ||= /\S/.test(text);
      origin.scopes.add(scope);
    }
    return [...origins.values()]
      .sort((a, b) => Number(b.isSeen) - Number(a.isSeen))
      .map(({ place, scopes }) => ({
        ...place,
        // when it is asked for: who compares lines wants their places alone, a thousand times
        get reads() {
          return uniqueReads([...scopes].flatMap((scope) => scope.all()));
        },
      }));
  }

  /**
   * Of each line: origins[n] belongs to line n+1; several fragments may share a line, and the first is the
   * one that a message names.
   */
  lineOrigins(): readonly (readonly Origin[])[] {
    return this.lines().map((line) => line.origins());
  }

  toString(): string {
    return this.pieces.map(({ text }) => text).join('');
  }
}
