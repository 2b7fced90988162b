import type { Expression } from './ast.ts';
import { NotSure } from './not-sure.ts';

const ESCAPED: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  e: '\u001b',
  a: '\u0007',
  f: '\f',
};

/** The text of double quotes: what it says, and the variables in it. @throws NotSure */
export function parseInterpolated(text: string, line: number): readonly (string | Expression)[] {
  const parts: (string | Expression)[] = [];
  let [plain, at, here] = ['', 0, line];
  const end = (): void => {
    if (plain !== '') parts.push(plain);
    plain = '';
  };
  while (at < text.length) {
    const rest = text.slice(at);
    const char = rest[0] ?? '';
    if (char === '\n') here++;
    if (char === '\\') {
      const [whole = '', hex, letter] = /^\\(?:x([\da-fA-F]{2})|([^]))/.exec(rest) ?? [];
      const value = unescape(hex, letter);
      if (value === undefined) throw new NotSure(here, `the escape ${rest.slice(0, 2)}`);
      plain += value;
      at += whole.length;
      continue;
    }
    if ((char !== '$' && char !== '@') || /^[$@](?:[\s"'.,:;!|/\\)<>=+-]|$)/.test(rest)) {
      plain += char;
      at++;
      continue;
    }
    const [length, variable] = parseVariable(rest, here);
    end();
    parts.push(variable);
    at += length;
  }
  end();
  return parts;
}

function unescape(hex: string | undefined, letter = ''): string | undefined {
  if (hex !== undefined) {
    const code = Number.parseInt(hex, 16);
    return code < 128 ? String.fromCharCode(code) : undefined;
  }
  return ESCAPED[letter] ?? (/\W/.test(letter) ? letter : undefined);
}

function parseVariable(rest: string, line: number): readonly [length: number, value: Expression] {
  const [whole, sigil, plain, inBraces, , quoted] =
    /^([$@])(?:([A-Za-z_]\w*|\d+)|\{\s*(\w+)\s*\}|\{\s*(['"])([\w.-]+)\4\s*\})/.exec(rest) ?? [];
  if (whole === undefined) throw new NotSure(line, `${rest.slice(0, 8)} within a text`);
  const name = plain ?? inBraces ?? quoted ?? '';
  const after = rest.slice(whole.length);
  if (/^(?:\[|->[[{]|::\w)/.test(after) && !/^\[[^\w$-]/.test(after))
    throw new NotSure(line, `${whole}${after.slice(0, 4)} within a text`);
  if (sigil === '@') return [whole.length, { kind: 'array', name, line }];
  const [key, word, inSingle, inDouble, of] =
    /^\{\s*(?:([\w-]+)|'([^'\\]*)'|"([^"\\$@]*)"|\$(\w+))\s*\}/.exec(after) ?? [];
  if (key === undefined) {
    if (after.startsWith('{')) throw new NotSure(line, `${whole}${after.slice(0, 6)} within a text`);
    return [whole.length, { kind: 'scalar', name, line }];
  }
  if (/^(?:\[|\{|->[[{])/.test(after.slice(key.length)))
    throw new NotSure(line, `${whole}${key} goes on within a text`);
  const index: Expression =
    of === undefined
      ? { kind: 'text', parts: [word ?? inSingle ?? inDouble ?? ''], line }
      : { kind: 'scalar', name: of, line };
  return [whole.length + key.length, { kind: 'element', name, key: index, line }];
}
