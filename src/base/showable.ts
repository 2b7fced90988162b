/**
 * What comes from outside, shown: control characters are spelled out, so that no value or log line
 * can move the cursor, and so are those that turn the direction of text, so that none looks like
 * another. Tabs and newlines stay.
 */
export function showable(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => `\\x${hex(char, 2)}`)
    .replace(/[\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (char) => `\\u${hex(char, 4)}`);
}

/** The same for what has to stay on its line, so that none can forge another. */
export function showableLine(text: string): string {
  return showable(text).replaceAll('\n', '\\n');
}

/** Lines as they are printed, each with its newline. */
export function showableLines(lines: readonly string[]): string {
  return lines.map((line) => `${showable(line)}\n`).join('');
}

function hex(char: string, digits: number): string {
  return char.charCodeAt(0).toString(16).padStart(digits, '0');
}
