import { NotSure } from './not-sure.ts';
import type { Token } from './tokens.ts';

const END: Token = { kind: 'end', text: '', line: 1, isSpaced: true };

/** Where a parser is among the tokens. */
export class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1) ?? END;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** Whether the next token is one of these operators or words. */
  is(...texts: readonly string[]): boolean {
    const { kind, text } = this.peek();
    return (kind === 'op' || kind === 'word') && texts.includes(text);
  }

  /** Takes the next token where it is one of these. */
  take(...texts: readonly string[]): Token | undefined {
    return this.is(...texts) ? this.next() : undefined;
  }

  expect(text: string): Token {
    const token = this.take(text);
    if (token === undefined) throw this.refuse();
    return token;
  }

  refuse(): NotSure {
    const { kind, text, line } = this.peek();
    return new NotSure(line, kind === 'end' ? 'the code ends too early' : `"${text}" is not understood here`);
  }
}
