/**
 * What is said to perl/render.pl and by it: a message is the number of its fields on a line, and each field as its
 * length in bytes on a line, then the bytes. All are byte strings, one character per byte.
 */
export type Message = readonly [kind: string, ...fields: readonly string[]];

export function formatMessages(messages: readonly Message[]): Buffer {
  return Buffer.from(
    messages
      .map((message) => `${message.length}\n${message.map((field) => `${field.length}\n${field}`).join('')}`)
      .join(''),
    'latin1',
  );
}

/** What is cut off at the end is left out. */
export function parseMessages(bytes: Buffer): readonly Message[] {
  const text = bytes.toString('latin1');
  const messages: Message[] = [];
  let at = 0;
  const readNumber = (): number | undefined => {
    const end = text.indexOf('\n', at);
    if (end < 0) return undefined;
    const number = Number(text.slice(at, end));
    at = end + 1;
    return number;
  };
  for (;;) {
    const count = readNumber();
    if (count === undefined) return messages;
    const fields: string[] = [];
    for (let n = 0; n < count; n++) {
      const size = readNumber();
      if (size === undefined || at + size > text.length) return messages;
      fields.push(text.slice(at, at + size));
      at += size;
    }
    const [kind, ...rest] = fields;
    if (kind !== undefined) messages.push([kind, ...rest]);
  }
}
