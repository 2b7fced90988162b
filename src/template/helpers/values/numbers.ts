import { formatNumber, parseNumber, textOf } from '../../language/value.ts';
import { type HelperCall, HelperFailure, type HelperTable } from '../../language/helper.ts';
import { textArgument } from '../arguments.ts';

/** @throws HelperFailure */
export function numberArgument(call: HelperCall, n: number): number {
  const text = textArgument(call, n);
  const number = parseNumber(text);
  if (number === undefined) throw new HelperFailure(`argument ${n + 1} is no number: ${JSON.stringify(text)}`);
  return number;
}

/** @throws HelperFailure */
export function wholeArgument(call: HelperCall, n: number): number {
  const number = numberArgument(call, n);
  if (!Number.isSafeInteger(number))
    throw new HelperFailure(`argument ${n + 1} is no whole number: ${formatNumber(number)}`);
  return number;
}

const all = (call: HelperCall): readonly number[] => {
  if (call.args.length === 0) throw new HelperFailure('it takes numbers');
  return call.args.map((_, n) => numberArgument(call, n));
};

function compare(holds: (a: number, b: number) => boolean): (call: HelperCall) => boolean {
  return (call) => holds(numberArgument(call, 0), numberArgument(call, 1));
}

function result(number: number): number {
  if (Number.isFinite(number)) return number;
  throw new HelperFailure('the result is too large');
}

function divisor(call: HelperCall): number {
  const number = numberArgument(call, 1);
  if (number === 0) throw new HelperFailure('nothing can be divided by 0');
  return number;
}

/** Helpers that compare and reckon. Their arguments are numbers, also those that are written as text. */
export const NUMBER_HELPERS: HelperTable = {
  gt: {
    doc: 'whether a number is greater than another',
    example: { fragment: '{{#if (gt "10" 9)}}more{{/if}}', gives: 'more' },
    call: compare((a, b) => a > b),
  },
  ge: {
    doc: 'whether a number is another or greater',
    example: { fragment: '{{#if (ge 10 "10.0")}}enough{{/if}}', gives: 'enough' },
    call: compare((a, b) => a >= b),
  },
  lt: {
    doc: 'whether a number is less than another',
    example: { fragment: '{{#if (lt 9 10)}}less{{/if}}', gives: 'less' },
    call: compare((a, b) => a < b),
  },
  le: {
    doc: 'whether a number is another or less',
    example: { fragment: '{{#if (le 10 9)}}at most{{else}}more{{/if}}', gives: 'more' },
    call: compare((a, b) => a <= b),
  },
  sameNumber: {
    doc: 'whether two numbers are the same, however they are written',
    example: { fragment: '{{#if (sameNumber "08" 8)}}same{{/if}}', gives: 'same' },
    call: compare((a, b) => a === b),
  },
  number: {
    doc: 'the number that a text begins with, 0 where it begins with none or is missing',
    example: { fragment: '{{number "12abc"}} {{number "abc"}} {{number docker.NoSuchProp}}', gives: '12 0 0' },
    takesMissing: true,
    call: ({ args: [value], scope }) =>
      Number(/^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/.exec(textOf(value, scope) ?? '')?.[1] ?? 0),
  },
  add: {
    doc: 'the sum of numbers',
    example: { fragment: '{{add 1 "2" 0.5}}', gives: '3.5' },
    call: (call) => result(all(call).reduce((sum, each) => sum + each, 0)),
  },
  sub: {
    doc: 'a number less another',
    example: { fragment: '{{sub 10 3}}', gives: '7' },
    call: (call) => result(numberArgument(call, 0) - numberArgument(call, 1)),
  },
  mul: {
    doc: 'the product of numbers',
    example: { fragment: '{{mul 512 1024}}', gives: '524288' },
    call: (call) => result(all(call).reduce((product, each) => product * each, 1)),
  },
  div: {
    doc: 'a number divided by another, with 15 digits; int makes a whole number of it',
    example: { fragment: '{{div 10 4}} {{int (div 10 3)}} {{div 10 3}}', gives: '2.5 3 3.33333333333333' },
    call: (call) => result(numberArgument(call, 0) / divisor(call)),
  },
  mod: {
    doc: 'the rest of a division of whole numbers, with the sign of the second',
    example: { fragment: '{{mod 10 3}} {{mod -7 3}}', gives: '1 2' },
    call: (call) => {
      const [number, by] = [Math.trunc(numberArgument(call, 0)), Math.trunc(divisor(call))];
      if (by === 0) throw new HelperFailure('nothing can be divided by 0');
      const rest = number % by;
      return rest !== 0 && rest < 0 !== by < 0 ? rest + by : rest;
    },
  },
  int: {
    doc: 'a number without its fraction',
    example: { fragment: '{{int 3.7}} {{int -3.7}}', gives: '3 -3' },
    call: (call) => Math.trunc(numberArgument(call, 0)),
  },
  min: {
    doc: 'the least of numbers',
    example: { fragment: '{{min 3 "12" 7}}', gives: '3' },
    call: (call) => Math.min(...all(call)),
  },
  max: {
    doc: 'the greatest of numbers',
    example: { fragment: '{{max 3 "12" 7}}', gives: '12' },
    call: (call) => Math.max(...all(call)),
  },
};

/** The whole number of a named argument, or `fallback` where it is not given. @throws HelperFailure */
export function numberOption(call: HelperCall, name: string, fallback: number): number {
  const value = call.hash.get(name);
  if (value === undefined) return fallback;
  const number = parseNumber(textOf(value, call.scope) ?? '');
  if (number === undefined || !Number.isSafeInteger(number)) throw new HelperFailure(`${name} is no whole number`);
  return number;
}
