/**
 * What a reader of YAML 1.1 sees as something else than text (1.2 only true, false and null); some read `e0`
 * as a number.
 */
const RESERVED = /^(y|n|yes|no|on|off|true|false|null|e[+-]?\d+)$/i;

/**
 * Whether a text can stand without quotes: no reader of YAML 1.1 or 1.2 sees anything but that
 * text in it (1.1 reads `no` as false and `22:22` as a number).
 */
export function isPlainYaml(value: string): boolean {
  return /^[A-Za-z_/][\w./:@+-]*$/.test(value) && !value.endsWith(':') && !RESERVED.test(value);
}

/**
 * The inside of a YAML string in double quotes. JSON's escapes are YAML's too (YAML 1.2.2, 5.7);
 * besides, YAML 1.1 takes U+0085, U+2028 and U+2029 for line breaks and refuses other controls.
 */
export function quoteYaml(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, escapeCode);
}

function escapeCode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
