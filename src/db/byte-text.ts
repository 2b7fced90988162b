const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const ASCII = /^[\0-\x7f]*$/;

/**
 * Text as a byte string: one character per byte of its UTF-8, code 0 to 255. Inside this module
 * everything is one, so that bytes that are not UTF-8 survive, and sorting is by byte.
 */
export function toByteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that a byte string means: UTF-8 where it is valid, else Latin-1 (dbs from before UTF-8). */
export function fromByteString(bytes: string): string {
  if (ASCII.test(bytes)) return bytes;
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return bytes;
  }
}
