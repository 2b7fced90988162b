import { compareBytes } from '../../../base/layers.ts';
import { type HelperCall, HelperFailure, type HelperTable } from '../../language/helper.ts';
import { itemsIn, literalOf, recordsIn, type Shapes, type StaticCall } from '../../language/shape.ts';
import { isTrue, RecordView, textOf, type Value, VariableMap } from '../../language/value.ts';
import { listArgument, textArgument, textOption } from '../arguments.ts';
import { isTruthy } from './choices.ts';
import { parseNumber } from '../../language/value.ts';
import { parseWhere } from '../../language/where.ts';

/** Helpers that look at the items of a list. */
export const ITEM_HELPERS: HelperTable = {
  sort: {
    doc: 'a list in byte order of what its items print, records by their keys; by="PROP" for a prop of theirs, numeric=true as numbers, reverse=true the other way round, default= for items without the prop; items that are the same stay in their order',
    example: {
      fragment:
        '{{join (sort (split "b,10,9,a"))}} {{join (sort (split "10,9") numeric=true)}} {{join (sort (split "a,b") reverse=true)}}',
      gives: '10, 9, a, b 9, 10 b, a',
    },
    shape: sameList,
    call: (call) => sortList(call),
  },
  unique: {
    doc: 'a list with each item once, where it is first, by what it prints, records by their keys',
    example: { fragment: '{{join (unique (split "b,a,b"))}}', gives: 'b, a' },
    shape: sameList,
    call: (call) => {
      const items = new Map<string, Value>();
      for (const item of listArgument(call, 0)) {
        const name = nameOf(item, call);
        if (!items.has(name)) items.set(name, item);
      }
      return [...items.values()];
    },
  },
  filter: {
    doc: 'the items of a list for which where= holds, as of records; $1 there is the first argument behind the list; without where= those that are not empty or 0',
    example: {
      fragment: `{{join (pluck (filter (records "docker_containers") "public" where="access=$1") "key")}} {{join (filter (list "a" "" "0" "b"))}} {{join (filter (split "a1,b2") where="this~^a")}}`,
      gives: 'git a, b a1',
    },
    shape: whereList,
    call: (call) => listArgument(call, 0).filter(testOf(call)),
  },
  reject: {
    doc: 'the items of a list for which where= does not hold',
    example: {
      fragment: `{{join (pluck (reject (records "docker_containers") where="access=public or status=disabled") "key")}}`,
      gives: 'wiki',
    },
    shape: whereList,
    call: (call) => {
      const test = testOf(call);
      return listArgument(call, 0).filter((item) => !test(item));
    },
  },
  pluck: {
    doc: 'of each item of a list a prop, its key or its type; default= where it is not set',
    example: {
      fragment:
        '{{join (pluck (records "docker_containers") "Image")}} {{join (pluck (records "docker_containers") "MaxMemory" default="none")}}',
      gives: 'gitea:1, wiki none, none',
    },
    shape: ({ args: [list, prop], note }) => {
      for (const of of recordsIn(itemsIn(list))) noteProp(of, literalOf(prop), note);
      return [];
    },
    call: (call) => {
      const prop = textArgument(call, 1);
      return listArgument(call, 0).map((item) => propOf(item, prop, call));
    },
  },
  map: {
    doc: 'a list with another helper called for each item, which is its first argument',
    example: {
      fragment:
        '{{join (map (split "www.a.test,ftp.b.test") "replace" "[.].*" "")}} {{join (map (split "a,b") "upper")}}',
      gives: 'www, ftp A, B',
    },
    call: (call) => {
      const [list, name, rest] = [listArgument(call, 0), textArgument(call, 1), call.args.slice(2)];
      const helper = Object.hasOwn(call.helpers, name) ? call.helpers[name] : undefined;
      if (helper === undefined) throw new HelperFailure(`there is no helper "${name}"`);
      if (helper.lazy === true || helper.reads !== undefined || helper.shape !== undefined)
        throw new HelperFailure(`"${name}" cannot be called for each item: {{#each}} can`);
      return list.map((item) => helper.call({ ...call, args: [item, ...rest], lazyArgs: [] }));
    },
  },
  groupBy: {
    doc: 'the items of a list by what a prop of theirs says: named lists in byte order; default= where it is not set',
    example: {
      fragment:
        '{{#each (groupBy (records "docker_containers") "access" default="none")}}{{@key}}: {{join (pluck this "key")}} {{/each}}',
      gives: 'private: wiki public: git ',
    },
    shape: ({ args: [list, prop], note }) => {
      for (const of of recordsIn(itemsIn(list))) noteProp(of, literalOf(prop), note);
      return [{ kind: 'list', items: list ?? [] }];
    },
    call: (call) => {
      const prop = textArgument(call, 1);
      const groups = new Map<string, Value[]>();
      for (const item of listArgument(call, 0)) {
        const name = textOf(propOf(item, prop, call), call.scope) ?? '';
        const group = groups.get(name);
        if (group === undefined) groups.set(name, [item]);
        else group.push(item);
      }
      return new VariableMap([...groups].sort(([a], [b]) => compareBytes(a, b)));
    },
  },
};

function sortList(call: HelperCall): readonly Value[] {
  const by = textOption(call, 'by', '');
  const isNumeric = isTrue(call.hash.get('numeric'));
  const direction = isTrue(call.hash.get('reverse')) ? -1 : 1;
  const keys = listArgument(call, 0).map((item) => {
    const text = by === '' ? nameOf(item, call) : (textOf(propOf(item, by, call), call.scope) ?? '');
    const number = isNumeric ? parseNumber(text) : 0;
    if (number === undefined) throw new HelperFailure(`an item is no number: ${JSON.stringify(text)}`);
    return { item, text, number };
  });
  return keys
    .sort((a, b) => direction * (isNumeric ? a.number - b.number : compareBytes(a.text, b.text)))
    .map(({ item }) => item);
}

/** What an item is sorted and compared by. @throws HelperFailure for a list or map, which have none */
function nameOf(item: Value, { scope }: HelperCall): string {
  const name = item instanceof RecordView ? item.key : textOf(item, scope);
  if (name === undefined) throw new HelperFailure('an item is a list or a set of values: by="PROP" names what counts');
  return name;
}

/** @throws HelperFailure where an item has no such prop, and there is no default= */
function propOf(item: Value, prop: string, call: HelperCall): Value {
  const value = findOf(item, prop, call) ?? call.hash.get('default');
  if (value === undefined)
    throw new HelperFailure(
      `${item instanceof RecordView ? `record "${item.key}" of ${item.db}` : 'an item'} has no "${prop}": default= says what counts then`,
    );
  return value;
}

export function findOf(item: Value, prop: string, { scope }: HelperCall): Value {
  if (item instanceof RecordView) return item.lookUp(prop, scope);
  return item instanceof VariableMap ? item.entries.get(prop) : undefined;
}

function testOf(call: HelperCall): (item: Value) => boolean {
  const text = textOption(call, 'where', '');
  if (text === '' && call.args.length > 1) throw new HelperFailure('it takes a list, and more only with where=');
  if (text === '') return (item) => isTruthy(item, call.scope);
  const where = parseWhere(
    text,
    call.args.slice(1).map((_, n) => textArgument(call, n + 1)),
  );
  return (item) => where.holds((name) => textOf(name === 'this' ? item : findOf(item, name, call), call.scope));
}

/** A computed name may be any. */
function noteProp(of: ReturnType<typeof recordsIn>[number], prop: string | undefined, note: StaticCall['note']): void {
  if (prop !== 'key') note(prop === 'type' ? of : { ...of, prop: prop ?? '*' });
}

function sameList({ args: [list], hash, note }: StaticCall): Shapes {
  const by = hash.get('by');
  if (by !== undefined) for (const of of recordsIn(itemsIn(list))) noteProp(of, literalOf(by), note);
  return list ?? [];
}

function whereList({ args: [list], hash, note }: StaticCall): Shapes {
  for (const of of recordsIn(itemsIn(list))) noteWhere(of, literalOf(hash.get('where')), note);
  return list ?? [];
}

/** What a condition reads of records; one that is computed may read all. */
export function noteWhere(
  of: ReturnType<typeof recordsIn>[number],
  where: string | undefined,
  note: StaticCall['note'],
): void {
  for (const name of where === undefined ? ['*'] : namesIn(where)) noteProp(of, name, note);
}

function namesIn(where: string): readonly string[] {
  const most = (where.match(/\$\d+/g) ?? []).map((written) => Number(written.slice(1)));
  try {
    return parseWhere(
      where,
      Array.from({ length: Math.max(0, ...most) }, () => '0'),
    ).names;
  } catch {
    // what cannot be read is told where it is called
    return [];
  }
}
