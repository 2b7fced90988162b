import { compareBytes } from '../../../base/layers.ts';
import { type HelperCall, HelperFailure, type HelperTable } from '../../language/helper.ts';
import { literalOf, recordsIn } from '../../language/shape.ts';
import { RecordView, type Value, VariableMap } from '../../language/value.ts';
import { textArgument } from '../arguments.ts';
import { findOf } from './items.ts';

/** Helpers for named values. */
export const MAP_HELPERS: HelperTable = {
  dict: {
    doc: 'named values of NAME VALUE NAME VALUE …',
    example: { fragment: '{{#each (dict "a" 1 "b" 2)}}{{@key}}={{this}} {{/each}}', gives: 'a=1 b=2 ' },
    call: (call) => new VariableMap(pairsOf(call, 0)),
  },
  put: {
    doc: 'named values with others over them: put MAP NAME VALUE …',
    example: {
      fragment: '{{#each (put (dict "a" 1 "b" 2) "a" 3 "c" 4)}}{{@key}}={{this}} {{/each}}',
      gives: 'a=3 b=2 c=4 ',
    },
    call: (call) => new VariableMap([...mapArgument(call).entries, ...pairsOf(call, 1)]),
  },
  get: {
    doc: 'what a map, a record or a list has under a name or number that is computed; default= where it has none',
    example: {
      fragment:
        '{{get (dict "private" "077") "private"}} {{get (dict "a" 1) "b" default="none"}} {{get (record "docker_containers" "wiki") "access"}}',
      gives: '077 none private',
    },
    shape: ({ args: [from, name], hash, note }) => {
      for (const of of recordsIn(from)) note({ ...of, prop: literalOf(name) ?? '*' });
      return (from ?? [])
        .flatMap((shape) =>
          shape.kind === 'map' ? [...shape.entries.values()].flat() : shape.kind === 'list' ? shape.items : [],
        )
        .concat(hash.get('default') ?? []);
    },
    call: (call) => {
      const [from] = call.args;
      const name = textArgument(call, 1);
      if (!Array.isArray(from) && !(from instanceof VariableMap) && !(from instanceof RecordView))
        throw new HelperFailure('argument 1 is no map, record or list');
      const found = Array.isArray(from)
        ? /^-?\d+$/.test(name)
          ? (from as readonly Value[]).at(Number(name))
          : undefined
        : findOf(from, name, call);
      return found ?? call.hash.get('default');
    },
  },
  keys: {
    doc: 'the names of a map, or of the props of a record, in byte order; a second argument is how they begin',
    example: {
      fragment: '{{join (keys (dict "b" 1 "a" 2))}} {{join (keys (record "docker_containers" "git") "Label")}}',
      gives: 'a, b Labels, Labels.rule',
    },
    shape: ({ args: [from], note }) => {
      for (const of of recordsIn(from)) note({ ...of, prop: '*' });
      return [];
    },
    call: (call) => {
      const [from] = call.args;
      const begin = call.args.length > 1 ? textArgument(call, 1) : '';
      if (from instanceof RecordView) return [...from.listProps(call.scope, begin)];
      return [...mapArgument(call).entries.keys()].filter((name) => name.startsWith(begin)).sort(compareBytes);
    },
  },
  values: {
    doc: 'the values of a map, in the order of their names',
    example: { fragment: '{{join (values (dict "b" 1 "a" 2))}}', gives: '2, 1' },
    shape: ({ args: [from] }) => [
      {
        kind: 'list',
        items: (from ?? []).flatMap((shape) => (shape.kind === 'map' ? [...shape.entries.values()].flat() : [])),
      },
    ],
    call: (call) => [...mapArgument(call).entries].sort(([a], [b]) => compareBytes(a, b)).map(([, value]) => value),
  },
};

function mapArgument({ args: [map] }: HelperCall): VariableMap {
  if (!(map instanceof VariableMap)) throw new HelperFailure('argument 1 is no map: {{dict}} makes one');
  return map;
}

function pairsOf(call: HelperCall, from: number): readonly (readonly [string, Value])[] {
  if ((call.args.length - from) % 2 !== 0) throw new HelperFailure('a name has no value: NAME VALUE NAME VALUE …');
  const pairs: [string, Value][] = [];
  for (let n = from; n < call.args.length; n += 2) pairs.push([textArgument(call, n), call.args[n + 1]]);
  return pairs;
}
