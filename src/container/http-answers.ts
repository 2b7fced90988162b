/** One answer of an HTTP server. */
export interface Answer {
  readonly status: number;
  /** by their names in lower case */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What comes next of an answer; `rest` is a body that ends with the connection. */
type Awaited = 'status' | 'headers' | 'body' | 'chunk size' | 'chunk' | 'end of chunk' | 'trailers' | 'rest';

/**
 * Takes apart what a server sends over one connection, for requests that were sent one after the
 * other and all ask for a body: no HEAD, and none that turns the connection into something else.
 * As RFC 9112 has it, https://www.rfc-editor.org/rfc/rfc9112#name-message-body-length
 */
export class AnswerReader {
  #awaited: Awaited = 'status';
  /** the beginning of a line whose end has not come yet */
  #line = '';
  #status = 0;
  #headers = new Map<string, string>();
  #parts: Buffer[] = [];
  /** bytes of the body, or of its chunk, that are still to come */
  #left = 0;

  /** Whether an answer has begun and not ended. */
  get isWithin(): boolean {
    return this.#awaited !== 'status' || this.#line !== '';
  }

  /** @returns the answers that end in these bytes; throws an `Error` for what is no HTTP */
  read(bytes: Buffer): readonly Answer[] {
    const answers: Answer[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const part = bytes.subarray(at, at + this.#left);
        this.#parts.push(part);
        this.#left -= part.length;
        at += part.length;
        if (this.#left === 0) this.#awaited = this.#awaited === 'chunk' ? 'end of chunk' : 'status';
      } else {
        const end = bytes.indexOf('\n', at);
        this.#line += bytes.toString('latin1', at, end === -1 ? bytes.length : end);
        at = end === -1 ? bytes.length : end + 1;
        if (end !== -1) this.#readLine(this.#line.replace(/\r$/, ''));
      }
      if (this.#awaited === 'status' && this.#status !== 0) answers.push(this.#take());
    }
    return answers;
  }

  /** The connection has ended. @returns the answer that ends with it */
  end(): Answer | undefined {
    return this.#awaited === 'rest' ? this.#take() : undefined;
  }

  #take(): Answer {
    const answer = { status: this.#status, headers: this.#headers, body: Buffer.concat(this.#parts) };
    this.#reset();
    return answer;
  }

  #reset(): void {
    this.#awaited = 'status';
    this.#status = 0;
    this.#headers = new Map();
    this.#parts = [];
    this.#left = 0;
  }

  #readLine(line: string): void {
    this.#line = '';
    if (this.#awaited === 'status') {
      this.#status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1] ?? refuse(line));
      this.#awaited = 'headers';
    } else if (this.#awaited === 'headers') {
      if (line === '') return this.#beginBody();
      const [, name = '', value = ''] = /^([^\s:]+):\s*(.*?)\s*$/.exec(line) ?? refuse(line);
      this.#headers.set(name.toLowerCase(), value);
    } else if (this.#awaited === 'chunk size') {
      this.#left = Number.parseInt(/^[0-9a-f]+/i.exec(line)?.[0] ?? refuse(line), 16);
      this.#awaited = this.#left === 0 ? 'trailers' : 'chunk';
    } else if (this.#awaited === 'end of chunk') {
      this.#awaited = line === '' ? 'chunk size' : refuse(line);
    } else if (line === '') {
      this.#awaited = 'status';
    }
  }

  #beginBody(): void {
    // one that says that another will come
    if (this.#status < 200) return this.#reset();
    const length = this.#headers.get('content-length');
    if (this.#status === 204 || this.#status === 304) this.#awaited = 'status';
    else if (this.#headers.get('transfer-encoding')?.toLowerCase() === 'chunked') this.#awaited = 'chunk size';
    else if (length === undefined) [this.#awaited, this.#left] = ['rest', Number.POSITIVE_INFINITY];
    else if (/^\d+$/.test(length)) [this.#awaited, this.#left] = [length === '0' ? 'status' : 'body', Number(length)];
    else refuse(length);
  }
}

function refuse(line: string): never {
  throw new Error(`what answers is no HTTP server: "${line.slice(0, 40)}"`);
}
