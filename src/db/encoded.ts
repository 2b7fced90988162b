/** What stands in front of a value that a db file could not keep as it is. */
const MARK = '%:';

/**
 * What a value means: behind `%:` each `%XX` is a byte of UTF-8, as in a URL. The format has no word for a backslash
 * before `n`, `|` or the end of a value, nor for blanks at the end of a record, and the original reads the encoded
 * text as any other one.
 */
export function decodeValue(value: string): string {
  if (!value.startsWith(MARK)) return value;
  try {
    return decodeURIComponent(value.slice(MARK.length));
  } catch {
    // one that somebody typed
    return value;
  }
}

/** The text that a db keeps and `decodeValue` reads back: the value itself wherever that is possible. */
export function encodeValue(value: string): string {
  const isKept =
    value.trim() === value && !/\\(?:[n|]|$)/.test(value) && !value.startsWith(MARK) && !CONTROL.test(value);
  if (isKept) return value;
  const escaped = value.replace(/[%\\]|[\p{Cc}]/gu, escape);
  return `${MARK}${escaped.replace(/^\s+|\s+$/g, (blanks) => Array.from(blanks, escape).join(''))}`;
}

/** But for newlines and tabs, which the format keeps. */
const CONTROL = /[^\P{Cc}\n\t]/u;

function escape(character: string): string {
  return Array.from(
    Buffer.from(character, 'utf8'),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}
