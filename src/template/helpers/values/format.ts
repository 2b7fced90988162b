import { HelperFailure } from '../../language/helper.ts';
import { parseNumber } from '../../language/value.ts';

/** The values of a format, by their places from 0. */
export interface FormatValues {
  readonly text: (n: number) => string;
  /** in letters or bytes */
  readonly widthOf: (text: string) => number;
}

const PLACE = /%([-+ 0#]*)(\d{0,4})(?:\.(\d{0,3}))?([a-zA-Z%])|%/g;
const MOST_DIGITS = 100;

interface Place {
  readonly flags: string;
  readonly precision: number | undefined;
  readonly kind: string;
}

/**
 * Text with values in its places, as C's printf lays them out.
 * @throws HelperFailure for a place that is none, a value too much or too few, and what is no number where one is meant
 */
export function formatText(format: string, count: number, { text, widthOf }: FormatValues): string {
  let next = 0;
  const take = (): string => {
    if (next >= count) throw new HelperFailure(`the format has more places than the ${count} values behind it`);
    return text(next++);
  };
  const formatted = format.replace(
    PLACE,
    (all: string, flags?: string, width?: string, digits?: string, letter?: string) => {
      if (flags === undefined) throw new HelperFailure('the format has a % that begins no place: %% prints one');
      const kind = letter ?? '';
      if (kind === '%') return '%';
      const place: Place = { flags, precision: all.includes('.') ? Number(digits ?? '') : undefined, kind };
      if ((place.precision ?? 0) > MOST_DIGITS) throw new HelperFailure(`${all} has more than ${MOST_DIGITS} digits`);
      const { sign, body, isNumber } = formatOne(place, take(), all);
      const missing = Math.max(0, Number(width ?? '') - widthOf(sign + body));
      if (flags.includes('-')) return sign + body + ' '.repeat(missing);
      const isFilled = flags.includes('0') && isNumber && !(place.precision !== undefined && /[diuxXob]/.test(kind));
      return isFilled ? sign + '0'.repeat(missing) + body : ' '.repeat(missing) + sign + body;
    },
  );
  if (next < count) throw new HelperFailure(`the format has ${next} places for the ${count} values behind it`);
  return formatted;
}

function formatOne(
  { flags, precision, kind }: Place,
  value: string,
  written: string,
): { readonly sign: string; readonly body: string; readonly isNumber: boolean } {
  if (kind === 's')
    return {
      sign: '',
      body: precision === undefined ? value : Array.from(value).slice(0, precision).join(''),
      isNumber: false,
    };
  const given = parseNumber(value);
  if (given === undefined) throw new HelperFailure(`${written} takes a number, not ${JSON.stringify(value)}`);
  const number = BASES[kind] === undefined ? given : Math.trunc(given) + 0;
  if (number < 0 && /[uxXob]/.test(kind)) throw new HelperFailure(`${written} takes no number below 0, as ${value}`);
  if (kind === 'c') return { sign: '', body: String.fromCodePoint(Math.trunc(number)), isNumber: false };
  const sign = number < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  return { sign, body: formatDigits({ flags, precision, kind }, Math.abs(number), written), isNumber: true };
}

const BASES: Readonly<Record<string, number>> = { d: 10, i: 10, u: 10, x: 16, X: 16, o: 8, b: 2 };
const PREFIXES: Readonly<Record<string, string>> = { x: '0x', X: '0X', o: '0', b: '0b' };

function formatDigits({ flags, precision, kind }: Place, number: number, written: string): string {
  const base = BASES[kind];
  if (base !== undefined) {
    const digits = Math.trunc(number)
      .toString(base)
      .padStart(precision ?? 1, '0');
    const body = flags.includes('#') && Math.trunc(number) > 0 ? (PREFIXES[kind] ?? '') + digits : digits;
    return kind === 'X' ? body.toUpperCase() : body;
  }
  switch (kind) {
    case 'f':
      return roundEven(number, precision ?? 6);
    case 'e':
      return withTwoDigits(number.toExponential(precision ?? 6));
    case 'g':
      return formatGeneral(number, precision ?? 6);
    default:
      throw new HelperFailure(`${written} is no place of a format: %s %d %i %u %f %e %g %x %X %o %b %c %%`);
  }
}

/** As C rounds: what lies just between two goes to the even one. JavaScript takes the greater. */
function roundEven(number: number, digits: number): string {
  const rounded = number.toFixed(digits);
  // a number that lies just between two ends within so many digits, or it would not be one of binary fractions
  const [, fraction = ''] = number.toFixed(Math.min(100, digits + 60)).split('.');
  if (number >= 1e21 || !/^50*$/.test(fraction.slice(digits)) || /[02468]$/.test(rounded)) return rounded;
  return (Number(rounded) - 10 ** -digits).toFixed(digits);
}

function withTwoDigits(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function formatGeneral(number: number, precision: number): string {
  const digits = Math.max(1, precision);
  const power = number === 0 ? 0 : Number(number.toExponential(digits - 1).split('e')[1]);
  const text = power < -4 || power >= digits ? number.toExponential(digits - 1) : number.toFixed(digits - 1 - power);
  const [mantissa = '', exponent] = text.split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return exponent === undefined ? short : withTwoDigits(`${short}e${exponent}`);
}
