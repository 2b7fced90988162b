import { type HelperCall, HelperFailure, type HelperTable, ITEM, refuseLarge } from '../../language/helper.ts';
import { itemsIn, type Shapes, type StaticCall } from '../../language/shape.ts';
import type { Value } from '../../language/value.ts';
import { listArgument } from '../arguments.ts';
import { wholeArgument } from './numbers.ts';

/** Helpers that make lists, and take them apart by place. */
export const LIST_HELPERS: HelperTable = {
  list: {
    doc: 'its arguments as a list',
    example: { fragment: '{{join (list "a" docker.status)}}', gives: 'a, enabled' },
    shape: ({ args }) => [{ kind: 'list', items: args.flat() }],
    call: ({ args }) => args,
  },
  append: {
    doc: 'a list with further items behind; a list among them adds its own items',
    example: { fragment: '{{join (append (list "a") "b" (split "c,d"))}}', gives: 'a, b, c, d' },
    shape: ({ args }) => [
      { kind: 'list', items: args.flat().flatMap((shape) => (shape.kind === 'list' ? shape.items : [shape])) },
    ],
    call: (call) => [
      ...listArgument(call, 0),
      ...call.args
        .slice(1)
        .flatMap((item): readonly Value[] => (Array.isArray(item) ? (item as readonly Value[]) : [item])),
    ],
  },
  range: {
    doc: 'whole numbers from one to another, both among them; a third is the step',
    example: { fragment: '{{join (range 1 3)}} {{join (range 10 0 -5)}}', gives: '1, 2, 3 10, 5, 0' },
    call: (call) => {
      const [from, to] = [wholeArgument(call, 0), wholeArgument(call, 1)];
      const step = call.args.length > 2 ? wholeArgument(call, 2) : 1;
      if (step === 0) throw new HelperFailure('a step is not 0');
      const count = Math.max(0, Math.floor((to - from) / step) + 1);
      refuseLarge(count * ITEM);
      return Array.from({ length: count }, (_, n) => from + n * step);
    },
  },
  reversed: {
    doc: 'a list from its end to its beginning',
    example: { fragment: '{{join (reversed (split "a,b,c"))}}', gives: 'c, b, a' },
    shape: sameList,
    call: (call) => listArgument(call, 0).toReversed(),
  },
  first: {
    doc: 'the first item of a list; with a number so many of them as a list',
    example: { fragment: '{{first (split "a,b,c")}} {{join (first (split "a,b,c") 2)}}', gives: 'a a, b' },
    shape: itemOrList,
    call: (call) =>
      call.args.length > 1 ? listArgument(call, 0).slice(0, countArgument(call, 1)) : listArgument(call, 0)[0],
  },
  last: {
    doc: 'the last item of a list; with a number so many of them as a list',
    example: { fragment: '{{last (split "a,b,c")}} {{join (last (split "a,b,c") 2)}}', gives: 'c b, c' },
    shape: itemOrList,
    call: (call) => {
      const list = listArgument(call, 0);
      return call.args.length > 1 ? list.slice(Math.max(0, list.length - countArgument(call, 1))) : list.at(-1);
    },
  },
  at: {
    doc: 'an item of a list by its number from 0; negative: from the end',
    example: { fragment: '{{at (split "a,b,c") 1}} {{at (split "a,b,c") -1}}', gives: 'b c' },
    shape: ({ args: [list] }) => itemsIn(list),
    call: (call) => listArgument(call, 0).at(wholeArgument(call, 1)),
  },
  slice: {
    doc: 'the items of a list from a number on, from 0; a second number says how many',
    example: { fragment: '{{join (slice (split "a,b,c,d") 1 2)}}', gives: 'b, c' },
    shape: sameList,
    call: (call) => {
      const [list, from] = [listArgument(call, 0), wholeArgument(call, 1)];
      const rest = list.slice(from);
      return call.args.length > 2 ? rest.slice(0, countArgument(call, 2)) : rest;
    },
  },
};

function countArgument(call: HelperCall, n: number): number {
  const count = wholeArgument(call, n);
  if (count < 0) throw new HelperFailure(`argument ${n + 1} is a number of items, not ${count}`);
  return count;
}

function itemOrList({ args: [list, count] }: StaticCall): Shapes {
  return count === undefined ? itemsIn(list) : (list ?? []);
}

function sameList({ args: [list] }: StaticCall): Shapes {
  return list ?? [];
}
