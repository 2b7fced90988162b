import { Failure, throwAll } from '../../../base/errors.ts';
import { type FillOptions, fillVariables, NotSet } from './interpolate.ts';

export interface EnvFileContext {
  /** what `$NAME` is and a name alone stands for, beside what earlier lines set; it wins over those */
  readonly variables?: ReadonlyMap<string, string>;
  /** a name without a value is none where it is not set; otherwise it is a mistake */
  readonly mayNameAlone?: boolean;
  /** told of a `$NAME` that nothing sets, which is empty then; absent: it is a mistake */
  readonly onUnset?: ((name: string, line: number) => void) | undefined;
}

const STATEMENT = /^(?:export[ \t]+)?([\p{L}\p{N}_.[\]-]+)[ \t]*(?:([=:])[ \t]*|$)/u;

/**
 * A file of variables as Compose reads it (compose-go's package dotenv, and
 * https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax): comments
 * behind a blank, quotes that may hold newlines, escapes in double ones, `$NAME` but in single ones, `export`, blanks
 * around `=`. In a file that a record names, a variable that nothing sets is a mistake: nobody sees what became
 * of it, and a password may hold a dollar sign.
 * @param file for messages, which show no value: it may be half a secret
 * @throws Failures with every line that cannot be read
 */
export function parseEnvFile(
  file: string,
  text: string,
  { variables = new Map(), mayNameAlone = false, onUnset }: EnvFileContext = {},
): readonly (readonly [string, string])[] {
  const set = new Map<string, string>();
  const mistakes: Failure[] = [];
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  for (let n = 0; n < lines.length; n++) {
    const written = (lines[n] ?? '').trim();
    if (written === '' || written.startsWith('#')) continue;
    const refuse = (why: string, hint?: string): void =>
      void mistakes.push(
        new Failure('cannot read the environment file', {
          why,
          at: { file, line: n + 1 },
          ...(hint === undefined ? {} : { hint }),
        }),
      );
    const [begun = '', name = '', sign] = STATEMENT.exec(written) ?? [];
    if (name === '' || (sign === undefined && !mayNameAlone)) refuse('the line is not NAME=VALUE');
    else if (sign === undefined) {
      const value = variables.get(name);
      if (value !== undefined) set.set(name, value);
    } else {
      const rest = written.slice(begun.length);
      const quoted = /^["']/.test(rest) ? readQuoted([rest, ...lines.slice(n + 1)].join('\n')) : undefined;
      if (/^["']/.test(rest) && quoted === undefined) {
        refuse('a quote is left open');
        // what it would hold is no line
        break;
      }
      const line = n + 1;
      const options = onUnset === undefined ? {} : { onUnset: (unset: string) => onUnset(unset, line) };
      try {
        const known = new Map([...set, ...variables]);
        set.set(name, quoted === undefined ? readBare(rest, known, options) : fillQuoted(quoted, known, options));
        const behind = quoted === undefined ? '' : (quoted.rest.split('\n', 1)[0] ?? '').trim();
        if (behind !== '' && !behind.startsWith('#')) refuse('something stands behind the closing quote');
      } catch (error) {
        if (!(error instanceof NotSet)) throw error;
        refuse(
          'a $ begins a variable that no earlier line sets',
          "$$ is a dollar sign, and so is a $ between single quotes: '…'",
        );
      }
      n += (quoted?.written.split('\n').length ?? 1) - 1;
    }
  }
  throwAll(mistakes);
  return [...set];
}

interface Quoted {
  readonly isDouble: boolean;
  /** between the quotes, a backslash before a quote taken away */
  readonly held: string;
  /** with both quotes */
  readonly written: string;
  readonly rest: string;
}

/** @returns undefined where it does not end */
function readQuoted(text: string): Quoted | undefined {
  const quote = text.charAt(0);
  let held = '';
  for (let n = 1; n < text.length; n++) {
    const character = text.charAt(n);
    if (character === quote)
      return { isDouble: quote === '"', held, written: text.slice(0, n + 1), rest: text.slice(n + 1) };
    if (character === '\\' && text.charAt(n + 1) === quote) held += text.charAt(++n);
    // both stay: the second one may not hide a quote
    else if (character === '\\') held += character + text.charAt(++n);
    else held += character;
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  // filled in below, where two are one
  $: '$$',
};

function fillQuoted({ isDouble, held }: Quoted, variables: ReadonlyMap<string, string>, options: FillOptions): string {
  if (!isDouble) return held;
  const plain = held.replace(/\\([abcfnrtv$"\\])/g, (written, letter: string) => ESCAPES[letter] ?? written);
  return fillVariables(plain, variables, options);
}

function readBare(rest: string, variables: ReadonlyMap<string, string>, options: FillOptions): string {
  const [value = ''] = rest.split(/[ \t]#/, 1);
  return fillVariables(rest.startsWith('#') ? '' : value.trimEnd(), variables, options);
}

/**
 * A file of variables as `format: raw` means it: everything behind `=` is the value, as it stands.
 * @throws Failures with every line that has no name
 */
export function parseRawEnvFile(
  file: string,
  text: string,
  { variables = new Map() }: EnvFileContext = {},
): readonly (readonly [string, string])[] {
  const set = new Map<string, string>();
  const mistakes: Failure[] = [];
  for (const [n, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const written = line.trimStart();
    if (written === '' || written.startsWith('#')) continue;
    const [, name, sign, value = ''] = /^([^\s=]+)(?:(=)(.*)|\s*$)/s.exec(written) ?? [];
    const taken = name === undefined || sign !== undefined ? value : variables.get(name);
    if (name === undefined)
      mistakes.push(
        new Failure('cannot read the environment file', {
          why: 'the line is not NAME=VALUE',
          at: { file, line: n + 1 },
        }),
      );
    else if (taken !== undefined) set.set(name, taken);
  }
  throwAll(mistakes);
  return [...set];
}
