import type { Index, IndexTable } from '../db/snapshot.ts';
import { compareBytes } from '../base/layers.ts';
import { escapePart, formatLines, listLines, unescapePart } from './cache-lines.ts';
import type { DbDiff } from './db-diff.ts';

/** From this number of questions on, lines are looked up in a table, which costs as much as some dozens of searches. */
const MANY = 50;

/**
 * An index as it was remembered, with the records that moved since in their new places. None of the others
 * is looked at.
 */
export class CachedIndex implements IndexTable {
  readonly #text: Buffer;
  /** value -> keys, where these are others than in the text */
  readonly #changed = new Map<string, readonly string[]>();
  #searched: string | undefined;
  #table: ReadonlyMap<string, string> | undefined;
  #questions = 0;

  constructor(text: Buffer, { db, listValues }: Index, diff: DbDiff) {
    this.#text = text;
    for (const [key, { before, after }] of diff.records(db)) {
      const [former, now] = [
        before === undefined ? [] : listValues(diff.before, before),
        after === undefined ? [] : listValues(diff.after, after),
      ];
      for (const value of former)
        if (!now.includes(value))
          this.#changed.set(
            value,
            this.get(value).filter((other) => other !== key),
          );
      // a record may say the same twice, and stands under it once
      for (const value of new Set(now))
        if (!former.includes(value)) this.#changed.set(value, [...this.get(value), key].sort(compareBytes));
    }
  }

  get(value: string): readonly string[] {
    return this.#changed.get(value) ?? this.#find(escapePart(value));
  }

  #find(value: string): readonly string[] {
    const line = this.#questions++ < MANY ? this.#search(value) : (this.#table ??= tableOf(this.#text)).get(value);
    return line === undefined
      ? []
      : line
          .split('\t')
          .slice(1)
          .map((key) => unescapePart(key) ?? '');
  }

  #search(value: string): string | undefined {
    const text = (this.#searched ??= `\n${this.#text.toString()}`);
    const at = text.indexOf(`\n${value}\t`);
    return at < 0 ? undefined : text.slice(at + 1, text.indexOf('\n', at + 1));
  }

  *[Symbol.iterator](): Generator<readonly [string, readonly string[]]> {
    for (const line of listLines(this.#text)) {
      const [value = '', ...keys] = line.split('\t').map((part) => unescapePart(part) ?? '');
      if (!this.#changed.has(value)) yield [value, keys];
    }
    yield* this.#changed;
  }

  /** The text where it is as it was remembered. */
  get unchangedText(): Buffer | undefined {
    return this.#changed.size === 0 ? this.#text : undefined;
  }
}

/** A line for each value that an index has records under. */
export function formatIndex(table: Iterable<readonly [value: string, keys: readonly string[]]>): Buffer {
  const cached = table instanceof CachedIndex ? table.unchangedText : undefined;
  return (
    cached ??
    formatLines(
      [...table]
        .filter(([, keys]) => keys.length > 0)
        .map(([value, keys]) => [value, ...keys].map(escapePart).join('\t')),
    )
  );
}

function tableOf(text: Buffer): ReadonlyMap<string, string> {
  return new Map(listLines(text).map((line) => [valueOf(line), line]));
}

function valueOf(line: string): string {
  return line.slice(0, line.indexOf('\t'));
}
