/** A variable that is not set where that is an error; the message completes `cannot …: `. */
export class NotSet extends Error {}

export interface FillOptions {
  /** told of a variable that nothing sets, and takes an empty text for it; absent: that is an error */
  readonly onUnset?: ((name: string) => void) | undefined;
}

const DOLLAR = /\$(?:(\$)|([A-Za-z_]\w*)|(\{)|(.?))/g;
const BRACED = /^([A-Za-z_]\w*)(?:(:?[-?+])(.*))?$/s;
/** Nobody nests any deeper, and each takes a call. */
const MOST_NESTED = 20;

/**
 * Fills in variables as Compose does (https://docs.docker.com/reference/compose-file/interpolation/):
 * `$X`, `${X}`, `${X:-default}`, `${X-default}`, `${X:?why}`, `${X?why}`, `${X:+other}`, `${X+other}`, each in the
 * word of another one, and `$$` for a dollar sign; with a colon, an empty one counts as not set.
 * @throws NotSet
 */
export function fillVariables(
  text: string,
  variables: ReadonlyMap<string, string>,
  options: FillOptions = {},
  level = 0,
): string {
  let filled = '';
  let rest = 0;
  DOLLAR.lastIndex = 0;
  for (const found of text.matchAll(DOLLAR)) {
    // it stands in the braces of an earlier one
    if (found.index < rest) continue;
    filled += text.slice(rest, found.index);
    rest = found.index + found[0].length;
    const [written, dollar, bare, brace] = found;
    if (dollar !== undefined) filled += '$';
    else if (bare !== undefined) filled += fillOne(bare, '', '', variables, options, level);
    else {
      const end = brace === undefined ? -1 : findEnd(text, rest);
      const [, name, operator = '', word = ''] = BRACED.exec(text.slice(rest, Math.max(end, rest))) ?? [];
      if (name === undefined) throw new NotSet(`"${written}" is no variable; $$ is a dollar sign`);
      if (level > MOST_NESTED) throw new NotSet(`more than ${MOST_NESTED} variables stand in one another`);
      filled += fillOne(name, operator, word, variables, options, level);
      rest = end + 1;
    }
  }
  return filled + text.slice(rest);
}

/** Where the brace is closed that was opened before `from`; -1: nowhere. */
function findEnd(text: string, from: number): number {
  let open = 1;
  for (let n = from; n < text.length; n++) {
    if (text[n] === '{') open++;
    else if (text[n] === '}' && --open === 0) return n;
  }
  return -1;
}

function fillOne(
  name: string,
  operator: string,
  word: string,
  variables: ReadonlyMap<string, string>,
  options: FillOptions,
  level: number,
): string {
  const value = variables.get(name);
  const isSet = operator.startsWith(':') ? Boolean(value) : value !== undefined;
  const fillWord = (): string => fillVariables(word, variables, options, level + 1);
  switch (operator.at(-1)) {
    case '-':
      return isSet ? (value ?? '') : fillWord();
    case '+':
      return isSet ? fillWord() : '';
    case '?':
      if (isSet) return value ?? '';
      throw new NotSet(`variable "${name}" is not set${word === '' ? '' : `: ${fillWord()}`}`);
    default:
      if (value !== undefined) return value;
      if (options.onUnset === undefined)
        throw new NotSet(`variable "${name}" is not set, neither in the environment nor in the file .env beside it`);
      options.onUnset(name);
      return '';
  }
}
