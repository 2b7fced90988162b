import { isScalar, type Node, Scalar } from 'yaml';

export type ScalarValue = string | number | boolean | null;

const INTEGER = /^([-+]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/;
const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const WORDS: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...['', '~', 'null', 'Null', 'NULL'].map((text) => [text, null] as const),
  ...['true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, false] as const),
]);

/**
 * What stands in a place for one value, as Compose reads it: what has no quotes is a number, true, false or nothing
 * where YAML 1.2 says so, and a number may begin with 0, 0o, 0x or 0b and hold `_`. So `yes`, `on`, `22:22` and a
 * date are texts, and `022` is 18. Numbers that no double holds keep their digits, as a text.
 * @returns undefined for what is no text, number, true, false or nothing
 */
export function readScalar(node: Node | null): ScalarValue | undefined {
  if (!isScalar(node)) return node === null ? null : undefined;
  const { value, type, source, tag } = node;
  const isPlain = type === Scalar.PLAIN && source !== undefined;
  if (isPlain && (tag === undefined || tag.startsWith('!') || tag === 'tag:yaml.org,2002:int'))
    return resolvePlain(source);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null
    ? value
    : undefined;
}

export function resolvePlain(source: string): ScalarValue {
  const word = WORDS.get(source);
  if (word !== undefined) return word;
  const plain = source.replaceAll('_', '');
  const [, sign = '', digits] = INTEGER.exec(plain) ?? [];
  if (digits !== undefined && /^[-+\d]/.test(source)) {
    const whole = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
    const number = sign === '-' ? -whole : whole;
    return Number.isSafeInteger(Number(number)) ? Number(number) : String(number);
  }
  if (FLOAT.test(plain) && /^[-+.\d]/.test(source)) return formatFloat(Number(plain));
  return source;
}

/** Compose writes one beyond six digits with an exponent, which is a text here. */
function formatFloat(number: number): number | string {
  const [, power = '0'] = /e([-+]\d+)$/.exec(number.toExponential()) ?? [];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return number;
  return number.toExponential().replace(/e([-+])(\d)$/, 'e$10$2');
}
