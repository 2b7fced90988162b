import type { LineFilter } from '../metadata.ts';
import { replaceMatches } from '../language/pattern.ts';
import { TrackedText } from '../language/tracked-text.ts';

/** Runs the filters over each line with its newline; what they leave keeps the line's origins. */
export function filterLines(text: TrackedText, filters: readonly LineFilter[]): TrackedText {
  if (filters.length === 0) return text;
  const filtered = new TrackedText();
  for (const line of text.lines()) {
    const before = line.toString();
    const after = filters.reduce(replaceMatches, before);
    const [first, ...others] = line.pieces;
    if (after === before) filtered.appendText(line);
    else if (after !== '' && first !== undefined) {
      for (const piece of others) filtered.append({ ...piece, text: '' });
      filtered.append({ ...first, text: after, literal: false });
    }
  }
  return filtered;
}
