/** Tokens of JSON (RFC 8259); what is none is a single character. */
const TOKEN =
  /[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)|[^ \t\r\n]/g;

interface Mistake {
  readonly why: string;
  /** index of the character */
  readonly position: number;
}

/** What is wrong with a JSON text and where: JSON.parse of Node 20 tells no position. */
export function findJsonMistake(source: string): Mistake | undefined {
  try {
    JSON.parse(source);
    return undefined;
  } catch {
    const tokens = [...source.matchAll(TOKEN)];
    const open: string[] = [];
    let wanted: readonly Kind[] = VALUE;
    for (const { 0: token, index } of tokens) {
      const kind = kindOf(token);
      const last = open.at(-1);
      const fits = wanted.includes(kind) && (!/[}\]]/.test(kind) || kind === (last === '{' ? '}' : ']'));
      if (!fits)
        return {
          why: `${kind === 'other' ? token : `"${token.replace(/^"|"$/g, '')}"`} is not expected here`,
          position: index,
        };
      if (kind === '{' || kind === '[') open.push(kind);
      if (kind === '}' || kind === ']') open.pop();
      wanted = whatFollows(kind, open.at(-1), wanted);
    }
    return { why: 'it ends before all is closed', position: source.trimEnd().length };
  }
}

type Kind = '{' | '}' | '[' | ']' | ',' | ':' | 'text' | 'value' | 'other';

const VALUE: readonly Kind[] = ['{', '[', 'text', 'value'];

function kindOf(token: string): Kind {
  switch (token) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ',':
    case ':':
      return token;
    default:
      if (/^"./s.test(token)) return 'text';
      return /^(-?\d|true$|false$|null$)/.test(token) ? 'value' : 'other';
  }
}

function whatFollows(kind: Kind, around: string | undefined, wanted: readonly Kind[]): readonly Kind[] {
  if (kind === '{') return ['text', '}'];
  if (kind === '[') return [...VALUE, ']'];
  if (kind === ',') return around === '{' ? ['text'] : VALUE;
  if (kind === ':') return VALUE;
  // a text in a map is a key where no value is
  if (kind === 'text' && around === '{' && !wanted.includes('value')) return [':'];
  if (around === undefined) return [];
  return around === '{' ? [',', '}'] : [',', ']'];
}
