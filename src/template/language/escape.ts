import { isPlainYaml, quoteYaml } from '../document/yaml-text.ts';

/** Why a format cannot hold a value. */
export class CannotHold extends Error {}

/**
 * Writes a value into a text of one format, so that it reads back as the same value and adds
 * no syntax. `before` is what stands on the line already: the rule inside quotes is another
 * than outside. Throws CannotHold where the format has no way to say the value.
 */
export type Escape = (value: string, before: string) => string;

/** The names that metadata `ESCAPE` knows. */
export const ESCAPES: Readonly<Record<string, Escape>> = {
  none: (value) => value,
  text: refuseControls,
  apache: escapeApache,
  shell: escapeShell,
  ini: escapeIni,
  json: escapeJson,
  yaml: escapeYaml,
  iptables: escapeIptables,
  cron: escapeCron,
  hosts: escapeHosts,
  compose: (value, before) => escapeYaml(value, before).replaceAll('$', '$$$$'),
};

/**
 * All the ways in which a value may stand in an output or a message: as it is, as each format spells it, as
 * JSON spells that, in URLs, and in base64.
 */
export function listSpellings(value: string): readonly string[] {
  const spellings = new Set([value, ...listEncoded(value)]);
  for (const escape of Object.values(ESCAPES)) {
    for (const before of ['', '"', "'"]) {
      try {
        spellings.add(escape(value, before));
      } catch (error) {
        if (!(error instanceof CannotHold)) throw error;
      }
    }
  }
  return [...new Set([...spellings].flatMap((spelling) => [spelling, JSON.stringify(spelling).slice(1, -1)]))];
}

/**
 * In a URL; in base64 by itself and in the middle of something (`user:password`), where the first and last
 * characters are made of what stands beside it.
 */
function listEncoded(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const inBase64 =
    bytes.length < 6
      ? []
      : (['base64', 'base64url'] as const).flatMap((encoding) => [
          bytes.toString(encoding),
          ...[0, 1, 2]
            .map((before) =>
              Buffer.concat([Buffer.alloc(before), bytes])
                .toString('base64url')
                .slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)),
            )
            .map((text) => (encoding === 'base64' ? text.replaceAll('-', '+').replaceAll('_', '/') : text)),
        ]);
  // a half of a surrogate pair cannot be in one
  const inUrl = encodeURIComponent(value.replace(/\p{Surrogate}/gu, ''));
  return [
    inUrl,
    inUrl.replaceAll('%20', '+'),
    inUrl.replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase()),
    ...inBase64,
  ];
}

/** Line-based texts hold no newline and no other control character; a tab is no harm. */
function refuseControls(value: string): string {
  const found = /[\u0000-\u0008\u000a-\u001f\u007f]/.exec(value)?.[0];
  if (found === undefined) return value;
  throw new CannotHold(
    found === '\n'
      ? 'it has a newline'
      : `it has the control character 0x${found.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

type Quote = '"' | "'" | undefined;

interface QuoteRules {
  /** a backslash hides a quote inside single quotes too */
  readonly singleHasEscapes?: boolean;
  readonly comments?: boolean;
  /** a quote inside a word (`it's`) is a character like any other */
  readonly startsWord?: RegExp;
}

/** Which quote is open at the end of a line's text. */
function openQuote(
  before: string,
  { singleHasEscapes = false, comments = false, startsWord = /(?:)/ }: QuoteRules = {},
): Quote {
  let open: Quote;
  for (let i = 0; i < before.length; i++) {
    const char = before[i];
    if (char === '\\' && (open !== "'" || singleHasEscapes)) i++;
    else if (open === undefined && comments && char === '#' && (i === 0 || /\s/.test(before[i - 1] ?? '')))
      return undefined;
    else if (open === undefined && (char === '"' || char === "'") && startsWord.test(before.slice(0, i))) open = char;
    else if (char === open) open = undefined;
  }
  return open;
}

/**
 * httpd's configuration: words in quotes may hold spaces; `\` escapes inside them; `${…}` is expanded
 * everywhere and cannot be escaped.
 */
function escapeApache(value: string, before: string): string {
  refuseControls(value);
  if (value.includes('${')) throw new CannotHold('Apache would expand its "${"');
  const quote = openQuote(before, { singleHasEscapes: true, startsWord: /(^|[\s"'])$/ });
  if (quote !== undefined) return value.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
  if (/^[^\s"'\\<>#]+$/.test(value)) return value;
  // a value that continues a word cannot be quoted by itself
  if (/\S$/.test(before))
    throw new CannotHold('it has characters that need quotes around the whole word in the fragment');
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** POSIX sh, 2.2 Quoting; also what systemd's EnvironmentFile reads of it. */
function escapeShell(value: string, before: string): string {
  refuseControls(value);
  switch (openQuote(before, { comments: true })) {
    case '"':
      return value.replace(/[\\"$`]/g, '\\$&');
    case "'":
      return value.replaceAll("'", "'\\''");
    default:
      return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
  }
}

/**
 * A rule for iptables-restore, which splits it at blanks; in double quotes `\` hides a quote or itself
 * (xshared.c, add_param_to_argv).
 */
function escapeIptables(value: string, before: string): string {
  refuseControls(value);
  if (openQuote(before) === '"') return value.replace(/[\\"]/g, '\\$&');
  if (/^[\w./:@%+=,-]+$/.test(value)) return value;
  throw new CannotHold('outside of double quotes a rule holds letters, digits and . / : @ % + = , - only');
}

const CRON_TIME = /^\s*(?:@\w+\s+|(?:\S+\s+){5})/;
const CRON_VARIABLE = /^\s*["']?\w+["']?\s*=/;

/**
 * A crontab (crontab(5)): five fields or `@daily`, then a command for sh in which cron itself takes `%` for a
 * newline; or a variable, whose quotes know no escapes.
 */
function escapeCron(value: string, before: string): string {
  refuseControls(value);
  if (CRON_VARIABLE.test(before)) {
    const quote = openQuote(before.replaceAll('\\', ''));
    if (quote === undefined ? /^[\w@%+:,./-]+$/.test(value) : !value.includes(quote)) return value;
    throw new CannotHold(
      quote === undefined
        ? 'outside of quotes a variable of cron holds letters, digits and . / : @ % + , - only'
        : `cron knows no way to write ${quote} in there`,
    );
  }
  const time = CRON_TIME.exec(before)?.[0];
  if (time === undefined) {
    if (/^[\w*,/-]+$/.test(value) || (before.trim() === '' && /^@\w+$/.test(value))) return value;
    throw new CannotHold('in front of the command there are fields of a time only, as 5 or */10');
  }
  if (value.includes('\\')) throw new CannotHold('cron programs differ in what a backslash means');
  return escapeShell(value, before.slice(time.length)).replaceAll('%', '\\%');
}

/** /etc/hosts (hosts(5)): an address and names, between blanks; a comment may hold anything on its line. */
function escapeHosts(value: string, before: string): string {
  refuseControls(value);
  if (before.includes('#') || /^[\w.:%-]+$/.test(value)) return value;
  throw new CannotHold('it is neither an address nor a name: those are letters, digits and . : % _ -');
}

/** One line, nothing trimmed away by the reader, no comment begun; readers differ in what a backslash means. */
function escapeIni(value: string): string {
  refuseControls(value);
  if (/[\u0085\u2028\u2029]/.test(value)) throw new CannotHold('it has a line separator');
  if (value !== value.trim()) throw new CannotHold('white space at its ends would be lost');
  if (/^["'[]|[;#\\]/.test(value))
    throw new CannotHold('a reader of INI would see a quote, section, comment or escape in it');
  if (value === 'null') throw new CannotHold('a fragment that says null removes the key');
  return value;
}

function escapeJson(value: string, before: string): string {
  if (openQuote(before) === '"') return JSON.stringify(value).slice(1, -1);
  // a number that a reader would print otherwise (`1.0`) is a text
  if (value === 'true' || value === 'false' || (/^-?\d+(\.\d+)?$/.test(value) && String(Number(value)) === value))
    return value;
  throw new CannotHold(
    'outside of quotes JSON holds numbers, true and false only: put quotes around it, or use {{json …}}',
  );
}

function escapeYaml(value: string, before: string): string {
  switch (openQuote(before, { comments: true, startsWord: /(^|[\s[{,:])$/ })) {
    case '"':
      return quoteYaml(value);
    case "'":
      if (quoteYaml(value).includes('\\u'))
        throw new CannotHold('single quotes in YAML hold no control characters: put double quotes around it');
      return refuseControls(value).replaceAll("'", "''");
    default:
      if (isBareYaml(value, /[^\s[\]{},]*$/.exec(before)?.[0] ?? '')) return value;
      throw new CannotHold(
        'outside of quotes it would be read as YAML syntax: put double quotes around it, or use {{yaml …}}',
      );
  }
}

/**
 * Whether a value without quotes, after what the word has already, is read as the same text, number, true or
 * false by every reader.
 */
function isBareYaml(value: string, begun: string): boolean {
  const word = begun + value;
  if (!/^[\w/.@+-][\w/.:@+-]*$/.test(value) || value.endsWith(':')) return false;
  // `0123`, `1.10` or `1_0` would come back as another text
  return (
    isPlainYaml(word) ||
    word === 'true' ||
    word === 'false' ||
    (/^-?\d+(\.\d+)?$/.test(word) && String(Number(word)) === word)
  );
}
