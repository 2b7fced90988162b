import { styleText } from 'node:util';
import type { Readable, Writable } from 'node:stream';

type Style = Parameters<typeof styleText>[0];

/** Whether a stream is a terminal that wants colours (https://no-color.org). */
export function hasColour(stream: Writable): boolean {
  return isTerminal(stream) && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

export function isTerminal(stream: Readable | Writable): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}

/** Columns of a terminal; 80 for what is none. */
export function widthOf(stream: Writable): number {
  return isTerminal(stream) && 'columns' in stream && typeof stream.columns === 'number' && stream.columns > 0
    ? stream.columns
    : 80;
}

/** Puts a style on text that is for a terminal, and leaves it as it is for a pipe. */
export function painter(stream: Writable): (style: Style, text: string) => string {
  return hasColour(stream) ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

/** Text columns, two blanks apart; no line ends in blanks. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, n) => Math.max(cell.length, widest[n] ?? 0)),
    [],
  );
  return rows
    .map((row) => row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Two columns, the second one wrapped; a longer name in the first has a line of its own. */
export function formatTerms(
  rows: readonly (readonly [term: string, words: string])[],
  width: number,
  longest = 24,
): string {
  const column = Math.min(Math.max(0, ...rows.map(([term]) => term.length)), longest) + 2;
  return rows
    .flatMap(([term, words]) => {
      const [first = '', ...more] = wrapWords(words, width - column);
      const head =
        term.length + 2 > column ? [term, `${' '.repeat(column)}${first}`] : [`${term.padEnd(column)}${first}`];
      return [...head, ...more.map((line) => ' '.repeat(column) + line)];
    })
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Lines of at most so many characters; a longer word has one of its own. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/[ \n]+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
