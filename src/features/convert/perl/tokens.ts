import { NotSure } from './not-sure.ts';

export interface Token {
  readonly kind: 'variable' | 'number' | 'text' | 'pattern' | 'replace' | 'words' | 'word' | 'op' | 'end';
  /** of a variable the sigil and the name, of a word or operator itself */
  readonly text: string;
  readonly line: number;
  /** of a text: whether variables in it are read; of a pattern: its flags */
  readonly interpolates?: boolean;
  readonly flags?: string;
  /** of `s///` */
  readonly by?: string;
  /** white space in front */
  readonly isSpaced: boolean;
}

const OPERATORS = [
  ...['<=>', '**=', '||=', '&&=', '//=', '...'],
  ...['->', '++', '--', '**', '=~', '!~', '==', '!=', '<=', '>=', '&&', '||', '//', '..', '::'],
  ...['+=', '-=', '*=', '/=', '.=', '%=', 'x=', '=>', '<<'],
  ...'+-*/%=<>!~\\?:.,;(){}[]&|^'.split(''),
];
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' };
/** Words behind which a term comes, so that a slash begins a pattern. */
const BEFORE_TERM =
  /^(?:my|if|unless|elsif|and|or|not|return|split|grep|map|join|push|x|eq|ne|lt|gt|le|ge|cmp|foreach|for|keys|values|scalar|defined|exists|sort|reverse|lc|uc|length|int)$/;

/** @param line where the code begins. @throws NotSure */
export function tokenize(code: string, line: number): readonly Token[] {
  return new Lexer(code, line).all();
}

class Lexer {
  readonly #code: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line: number;
  /** here-documents whose text begins on the next line */
  #waiting: { readonly end: string; readonly set: (text: string) => void }[] = [];

  constructor(code: string, line: number) {
    this.#code = code;
    this.#line = line;
  }

  all(): readonly Token[] {
    for (;;) {
      const isSpaced = this.#skipSpace();
      if (this.#at >= this.#code.length) break;
      this.#next(isSpaced);
    }
    if (this.#waiting.length > 0) throw new NotSure(this.#line, 'a here-document has no end');
    return [...this.#tokens, { kind: 'end', text: '', line: this.#line, isSpaced: true }];
  }

  #skipSpace(): boolean {
    const before = this.#at;
    for (;;) {
      const space = /^(?:[^\S\n]+|#[^\n]*)/.exec(this.#rest())?.[0];
      if (space !== undefined) this.#at += space.length;
      else if (this.#code[this.#at] === '\n') this.#newline();
      else return this.#at > before;
    }
  }

  #newline(): void {
    this.#at++;
    this.#line++;
    for (const { end, set } of this.#waiting.splice(0)) {
      const from = this.#at;
      for (;;) {
        const to = this.#code.indexOf('\n', this.#at);
        const line = this.#code.slice(this.#at, to < 0 ? undefined : to);
        if (line === end) {
          set(this.#code.slice(from, this.#at));
          this.#at += line.length + 1;
          this.#line++;
          break;
        }
        if (to < 0) throw new NotSure(this.#line, `a here-document has no line "${end}"`);
        this.#at = to + 1;
        this.#line++;
      }
    }
  }

  #rest(): string {
    return this.#code.slice(this.#at);
  }

  #push(token: Omit<Token, 'line' | 'isSpaced'>, isSpaced: boolean, length: number, line = this.#line): void {
    this.#tokens.push({ ...token, line, isSpaced });
    this.#at += length;
  }

  #expectsTerm(): boolean {
    const last = this.#tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === 'word') return BEFORE_TERM.test(last.text);
    return last.kind === 'op' && ![')', ']', '}'].includes(last.text);
  }

  #next(isSpaced: boolean): void {
    const rest = this.#rest();
    const term = this.#expectsTerm();
    const variable =
      /^([$@%])(?:([A-Za-z_]\w*(?:::\w+)*|\d+|_\b)|\{\s*(\w+)\s*\}|\{\s*(['"])([\w.-]+)\4\s*\})/.exec(rest) ??
      undefined;
    if (variable !== undefined && (variable[1] !== '%' || term)) {
      const [whole, sigil = '', plain, inBraces, , quoted] = variable;
      return this.#push(
        { kind: 'variable', text: sigil + (plain ?? inBraces ?? quoted ?? '') },
        isSpaced,
        whole.length,
      );
    }
    const number = /^(?:\d[\d_]*(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?|\.\d+)/.exec(rest)?.[0];
    if (number !== undefined && (term || /^\d/.test(rest))) {
      if (/^0\d|_|^\d+[bx]/.test(number) || /^0[xb]/.test(rest)) throw new NotSure(this.#line, `the number ${number}`);
      return this.#push({ kind: 'number', text: number }, isSpaced, number.length);
    }
    const heredoc = /^<<(?:(["'])([^"'\n]*)\1|([A-Za-z_]\w*))/.exec(rest);
    if (heredoc !== null && term) return this.#heredoc(heredoc, isSpaced);
    if (rest[0] === '"' || rest[0] === "'") return this.#quoted(0, rest[0] === '"', isSpaced);
    const quote = /^(qq|q|qw|m|s|tr|y|qr)(?=\s*[^\w\s,;=)])(?!\s*=>)/.exec(rest)?.[1];
    if (quote !== undefined && !(this.#tokens.at(-1)?.text === '{' && /^\w+\s*\}/.test(rest)))
      return this.#quoteLike(quote, isSpaced);
    if (rest[0] === '/' && term) return this.#pattern(0, isSpaced);
    const word = /^[A-Za-z_]\w*(?:::\w+)*/.exec(rest)?.[0];
    if (word !== undefined) return this.#push({ kind: 'word', text: word }, isSpaced, word.length);
    const test = /^-[a-zA-Z](?=\s+["'$(]|\s*["'$(])/.exec(rest)?.[0];
    if (test !== undefined && term) return this.#push({ kind: 'word', text: test }, isSpaced, 2);
    const operator = OPERATORS.find((op) => rest.startsWith(op));
    if (operator === undefined) throw new NotSure(this.#line, `"${rest.slice(0, 1)}" is not understood here`);
    this.#push({ kind: 'op', text: operator }, isSpaced, operator.length);
  }

  #heredoc([whole, quote, quoted, bare]: RegExpExecArray, isSpaced: boolean): void {
    const index = this.#tokens.length;
    this.#push({ kind: 'text', text: '', interpolates: quote !== "'" }, isSpaced, whole.length);
    this.#waiting.push({
      end: quoted ?? bare ?? '',
      set: (text) => {
        const token = this.#tokens[index];
        if (token !== undefined) this.#tokens[index] = { ...token, text };
      },
    });
  }

  /** @param offset of the opening delimiter. @returns what is between, and what it is long with them */
  #delimited(offset: number): readonly [text: string, length: number] {
    const open = this.#code[this.#at + offset] ?? '';
    const close = CLOSING[open] ?? open;
    let depth = 1;
    for (let n = this.#at + offset + 1; n < this.#code.length; n++) {
      const char = this.#code[n];
      if (char === '\\') n++;
      else if (char === close && --depth === 0) return [this.#code.slice(this.#at + offset + 1, n), n - this.#at + 1];
      else if (char === open && open !== close) depth++;
    }
    throw new NotSure(this.#line, 'a quote has no end');
  }

  #quoted(offset: number, interpolates: boolean, isSpaced: boolean): void {
    const [text, length] = this.#delimited(offset);
    const delimiter = this.#code[this.#at + offset] ?? '';
    if (/[^"'({[]/.test(delimiter)) throw new NotSure(this.#line, `quotes with ${delimiter}`);
    const line = this.#line;
    this.#push(
      { kind: 'text', text: interpolates ? text : text.replace(/\\([\\'])/g, '$1'), interpolates },
      isSpaced,
      length,
    );
    this.#line = line + (text.match(/\n/g)?.length ?? 0);
  }

  #quoteLike(quote: string, isSpaced: boolean): void {
    const offset = quote.length + (/^\s*/.exec(this.#rest().slice(quote.length))?.[0].length ?? 0);
    if (quote === 'q' || quote === 'qq') return this.#quoted(offset, quote === 'qq', isSpaced);
    if (quote === 'm') return this.#pattern(offset, isSpaced);
    const [text, length] = this.#delimited(offset);
    if (quote === 'qw') return this.#push({ kind: 'words', text }, isSpaced, length);
    if (quote !== 's') throw new NotSure(this.#line, `${quote} is not converted`);
    const open = this.#code[this.#at + offset] ?? '';
    if (CLOSING[open] !== undefined) throw new NotSure(this.#line, 's in brackets is not converted');
    const [by, all] = this.#delimited(length - 1);
    const flags = /^\w*/.exec(this.#rest().slice(all))?.[0] ?? '';
    this.#push({ kind: 'replace', text, by, flags }, isSpaced, all + flags.length);
  }

  #pattern(offset: number, isSpaced: boolean): void {
    const [text, length] = this.#delimited(offset);
    const delimiter = this.#code[this.#at + offset] ?? '';
    const flags = /^\w*/.exec(this.#rest().slice(length))?.[0] ?? '';
    if (text.includes('\n')) throw new NotSure(this.#line, 'a pattern over several lines');
    const pattern = delimiter === '/' ? text.replaceAll('\\/', '/') : text;
    this.#push({ kind: 'pattern', text: pattern, flags }, isSpaced, length + flags.length);
  }
}
