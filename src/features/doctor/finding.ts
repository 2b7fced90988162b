/** One thing that was looked at. */
export interface Finding {
  /** what was looked at, in a word: `disk` */
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'bad';
  readonly words: string;
  /** what to do about it */
  readonly advice?: string;
}

/** Findings of one check. */
export interface Finder {
  ok(words: string): Finding;
  warn(words: string, advice?: string): Finding;
  bad(words: string, advice?: string): Finding;
}

export function makeFinder(check: string): Finder {
  const find =
    (level: Finding['level']) =>
    (words: string, advice?: string): Finding => ({ check, level, words, ...(advice === undefined ? {} : { advice }) });
  return { ok: find('ok'), warn: find('warn'), bad: find('bad') };
}

/** `a, b and 3 more` */
export function formatSome(names: readonly string[], most = 5): string {
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
