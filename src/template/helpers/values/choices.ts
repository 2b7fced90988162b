import { type HelperCall, HelperFailure, type HelperTable } from '../../language/helper.ts';
import { isTrue, textOf, type Value } from '../../language/value.ts';
import { TrackedText } from '../../language/tracked-text.ts';
import { sameValue, textArgument } from '../arguments.ts';

/** Helpers that name values, tell what counts as said, and choose between values. */
export const CHOICE_HELPERS: HelperTable = {
  let: {
    doc: 'names a value, or as {{#let "name"}}…{{/let}} a text, for all that comes after it in the fragments of this template; alone on its line it leaves none',
    example: {
      fragment: '{{let "port" 8080}}{{#let "where"}}port {{port}}{{/let}}at {{where}}',
      gives: 'at port 8080',
    },
    call: (call) => {
      const name = textArgument(call, 0);
      const text = call.block?.();
      if (call.args.length !== (text === undefined ? 2 : 1) || call.hash.size > 0)
        throw new HelperFailure('it takes a name and a value, or a name and a block');
      for (const piece of text?.pieces ?? []) for (const read of piece.scope.all()) call.scope.note(read);
      call.assign(name, text ?? call.args[1]);
      return new TrackedText();
    },
  },
  truthy: {
    doc: 'whether a value is neither missing nor empty nor 0, also where 0 is a text, which {{#if}} takes as true',
    example: { fragment: '{{#if (truthy "0")}}yes{{else}}no{{/if}} {{#if (truthy "no")}}yes{{/if}}', gives: 'no yes' },
    takesMissing: true,
    call: ({ args: [value], scope }) => isTruthy(value, scope),
  },
  isSet: {
    doc: 'whether a record, prop or variable is there, also an empty one',
    example: { fragment: '{{#if (isSet docker.NoSuchProp)}}yes{{else}}no{{/if}}', gives: 'no' },
    takesMissing: true,
    call: ({ args: [value] }) => value !== undefined && value !== null,
  },
  firstTrue: {
    doc: 'the first argument that is neither missing nor empty nor 0, else the last; later ones are not evaluated',
    example: { fragment: '{{firstTrue docker.NoSuchProp "0" 8730}}', gives: '8730' },
    shape: ({ args }) => args.flat(),
    takesMissing: true,
    lazy: true,
    call: (call) => firstThat(call, (value) => isTruthy(value, call.scope)),
  },
  firstSet: {
    doc: 'the first argument that is there, also an empty one or 0, else the last; later ones are not evaluated',
    example: { fragment: '{{firstSet docker.NoSuchProp "0" "64"}}', gives: '0' },
    shape: ({ args }) => args.flat(),
    takesMissing: true,
    lazy: true,
    call: (call) => firstThat(call, (value) => value !== undefined && value !== null),
  },
  cond: {
    doc: 'the second argument where the first is true as {{#if}} has it, else the third; the other is not evaluated',
    example: { fragment: '{{cond (enabled docker) "on" "off"}}', gives: 'on' },
    shape: ({ args: [, ...either] }) => either.flat(),
    lazy: true,
    call: ({ lazyArgs: [test, yes, no] }) => {
      if (test === undefined || yes === undefined || no === undefined)
        throw new HelperFailure('it takes a condition and two values');
      return isTrue(test()) ? yes() : no();
    },
  },
  choose: {
    doc: 'the argument behind the one that a value prints as, of NAME RESULT NAME RESULT …; a last one by itself is for all else, and without it there is no value',
    example: {
      fragment: '{{choose docker.status "enabled" "on" "disabled" "off" "?"}} {{default (choose "c" "a" "1") "none"}}',
      gives: 'on none',
    },
    shape: ({ args: [, ...pairs] }) => pairs.filter((_, n) => n % 2 === 1 || n === pairs.length - 1).flat(),
    call: (call) => {
      const [value, ...pairs] = call.args;
      if (pairs.length === 0) throw new HelperFailure('it takes a value and names with their results');
      for (let n = 0; n + 1 < pairs.length; n += 2) if (sameValue(value, pairs[n], call)) return pairs[n + 1];
      return pairs.length % 2 === 1 ? pairs.at(-1) : undefined;
    },
  },
};

export function isTruthy(value: Value, scope: HelperCall['scope']): boolean {
  if (!isTrue(value)) return false;
  const text = textOf(value, scope);
  return text !== '' && text !== '0';
}

function firstThat({ lazyArgs }: HelperCall, isWanted: (value: Value) => boolean): Value {
  let value: Value;
  for (const argument of lazyArgs) {
    value = argument();
    if (isWanted(value)) break;
  }
  return value;
}
