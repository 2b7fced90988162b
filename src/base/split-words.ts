/**
 * A command written as one text, split into words the way Compose does it (Python's
 * shlex, POSIX mode): blanks separate, quotes and backslashes hold together, nothing is expanded.
 * @returns undefined when a quote is left open
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    // a word is a run of bare characters, escaped ones, and quoted pieces
    const match = /^(?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/.exec(rest)?.[0];
    if (match === undefined || !/^(\s|$)/.test(rest.slice(match.length))) return undefined;
    words.push(unquote(match));
    rest = rest.slice(match.length).trimStart();
  }
  return words;
}

function unquote(word: string): string {
  return word.replace(
    /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/g,
    (_all, escaped?: string, single?: string, double?: string) =>
      // in double quotes a backslash stands for itself except before a quote or another backslash
      escaped ?? single ?? (double ?? '').replace(/\\(["\\])/g, '$1'),
  );
}
