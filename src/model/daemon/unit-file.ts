import type { FileText } from '../../host/facts.ts';

/** A setting and the file that it stands in. */
export interface UnitSetting {
  readonly value: string;
  readonly from: string;
}

/**
 * What the section `Service` says, all texts in their order laid over each other; an empty value takes back
 * what was said before (systemd.service(5)).
 */
export interface UnitService {
  readonly execStart: readonly UnitSetting[];
  /** as written: `-/etc/sysconfig/docker` */
  readonly environmentFiles: readonly UnitSetting[];
  /** whole lines: `"A=b c" D=e` */
  readonly environment: readonly UnitSetting[];
}

export function parseUnit(texts: readonly FileText[]): UnitService {
  const settings = {
    ExecStart: [] as UnitSetting[],
    EnvironmentFile: [] as UnitSetting[],
    Environment: [] as UnitSetting[],
  };
  for (const { path, text } of texts) {
    let section = '';
    for (const line of joinLines(text)) {
      section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
      const [, name, value = ''] = /^(ExecStart|EnvironmentFile|Environment)\s*=\s*(.*)$/.exec(line) ?? [];
      if (section !== 'Service' || (name !== 'ExecStart' && name !== 'EnvironmentFile' && name !== 'Environment'))
        continue;
      if (value === '') settings[name] = [];
      else settings[name].push({ value, from: path });
    }
  }
  return {
    execStart: settings.ExecStart,
    environmentFiles: settings.EnvironmentFile,
    environment: settings.Environment,
  };
}

/** Logical lines: a backslash at the end goes on in the next line, over comments (systemd.syntax(7)). */
function joinLines(text: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !/^[#;]/.test(line));
  return lines
    .join('\n')
    .replace(/\s*\\\n/g, ' ')
    .split('\n');
}

/** One word of a command or of a value. */
export interface Word {
  /** as it is written, with its quotes: what is to be written again */
  readonly raw: string;
  /** what it says: without quotes, with `%%` as `%`; variables still stand in it */
  readonly text: string;
}

/** Splits as systemd does: at white space, but for what is in quotes; `\x` is one character, and so is `%%`. */
export function splitUnitWords(command: string): readonly Word[] {
  return [...command.matchAll(/(?:"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\\.|[^\s"'\\])+/gs)].map(([raw]) => ({
    raw,
    text: unquote(raw).replaceAll('%%', '%'),
  }));
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  s: ' ',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};

function unquote(raw: string): string {
  return raw.replace(
    /\\(x[0-9a-fA-F]{2}|.)|(["'])((?:\\.|(?!\2).)*)\2?/gs,
    (_, escaped: string | undefined, __, quoted: string | undefined) =>
      escaped === undefined
        ? (quoted ?? '').replace(/\\(x[0-9a-fA-F]{2}|.)/gs, (___, inner: string) => unescapeOne(inner))
        : unescapeOne(escaped),
  );
}

function unescapeOne(escaped: string): string {
  return escaped.length > 1
    ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    : (ESCAPES[escaped] ?? escaped);
}

/**
 * `NAME=VALUE` of an environment file, as systemd.exec(5) has it: lines, quotes as in sh, comments, a
 * backslash at the end of a line.
 */
export function parseEnvironmentFile(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const assignment =
    /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*((?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\n"'\\])*)/gms;
  for (const [, name = '', raw = ''] of text.replace(/^[ \t]*[#;].*$/gm, '').matchAll(assignment)) {
    variables.set(
      name,
      raw
        .trim()
        .replace(
          /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs,
          (_, double: string | undefined, single: string | undefined, escaped: string | undefined) =>
            double === undefined
              ? (single ?? (escaped === '\n' ? '' : (escaped ?? '')))
              : double.replace(/\\\n/g, '').replace(/\\(["\\$`])/g, '$1'),
        ),
    );
  }
  return variables;
}

/** A word that a program is started with, and where it comes from. */
export interface StartWord {
  readonly text: string;
  readonly from: string;
}

/** name -> its value and the file that gives it */
export type Environment = ReadonlyMap<string, UnitSetting>;

/** @param readFiles the contents of what an EnvironmentFile names: none, one, or of a pattern all of them */
export function readEnvironment(
  { environment, environmentFiles }: UnitService,
  readFiles: (pattern: string) => readonly FileText[],
): Environment {
  const variables = new Map<string, UnitSetting>();
  for (const { value, from } of environment) {
    for (const { text } of splitUnitWords(value)) {
      const [, name, content] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
      if (name !== undefined && content !== undefined) variables.set(name, { value: content, from });
    }
  }
  // files win over Environment=, wherever that stands
  for (const { value } of environmentFiles) {
    for (const { path, text } of readFiles(value.replace(/^-/, '')))
      for (const [name, content] of parseEnvironmentFile(text)) variables.set(name, { value: content, from: path });
  }
  return variables;
}

/**
 * The words that systemd starts the program with: `$NAME` as a word of its own is split into several,
 * `${NAME}` is put into its word, `$$` is a dollar sign.
 */
export function expandWords({ value, from }: UnitSetting, environment: Environment): readonly StartWord[] {
  return splitUnitWords(value).flatMap(({ raw, text }): readonly StartWord[] => {
    const [, whole] = /^\$([A-Za-z_]\w*)$/.exec(raw) ?? [];
    if (whole !== undefined) {
      const variable = environment.get(whole);
      return variable === undefined
        ? []
        : splitUnitWords(variable.value).map((word) => ({ text: word.text, from: `${whole} of ${variable.from}` }));
    }
    let place = from;
    const expanded = text.replace(/\$\$|\$\{([A-Za-z_]\w*)\}/g, (found, name: string | undefined) => {
      if (name === undefined) return found === '$$' ? '$' : found;
      const variable = environment.get(name);
      if (variable !== undefined) place = `${from}, with ${name} of ${variable.from}`;
      return variable?.value ?? '';
    });
    return [{ text: expanded, from: place }];
  });
}
