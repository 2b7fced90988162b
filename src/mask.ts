/** Text with every secret in it replaced by `********`. */
export type Mask = (text: string) => string;

/** What stands for a secret wherever values are shown. */
export const MASK = '********';

/** Shorter ones are parts of too many words: they are masked where they stand alone. */
const SHORT = 4;

/** @param values secrets as they may be written; of one with several lines each line counts */
export function maskerOf(values: Iterable<string>): Mask {
  const parts = new Set([...values].flatMap((value) => value.split('\n')).filter((part) => part.trim() !== ''));
  if (parts.size === 0) return (text) => text;
  // the longer first: one secret may begin with another
  const sources = [...parts].sort((a, b) => b.length - a.length).map((part) => {
    const source = part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    return part.length < SHORT ? `(?<![\\w*])${source}(?![\\w*])` : source;
  });
  const all = new RegExp(sources.join('|'), 'g');
  return (text) => text.replace(all, MASK);
}
