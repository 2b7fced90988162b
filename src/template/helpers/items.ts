import { FURTHER_KEYS, type FurtherKey } from '../../model/container-parts/further-keys.ts';
import { splitList } from '../../model/network/parse-ports.ts';
import { HelperFailure } from '../language/helper.ts';
import { literalOf, recordsIn, type Shapes, type StaticCall } from '../language/shape.ts';
import type { ReadScope } from '../language/tracked-text.ts';
import { type RecordView, VariableMap, Verbatim } from '../language/value.ts';

/** What a helper reads that takes a record and the name of a list. */
export function noteItems({ args: [record, prop], note }: StaticCall): Shapes {
  const name = literalOf(prop) ?? '*';
  for (const of of recordsIn(record)) {
    note({ ...of, prop: name });
    note({ ...of, prop: `${name}.*` });
  }
  return [];
}

/** The items of a list, and behind them each PROP.NAME. */
export function listItems(record: RecordView, prop: string, scope: ReadScope): readonly string[] {
  return [
    ...splitList(record.prop(prop, scope) ?? ''),
    ...record.listProps(scope, `${prop}.`).map((name) => record.prop(name, scope) ?? ''),
  ].filter((item) => item !== '');
}

/** NAME=VALUE,… and over it each PROP.NAME. */
export function listNamed(record: RecordView, prop: string, scope: ReadScope): readonly (readonly [string, string])[] {
  return [
    ...assignments(record.prop(prop, scope) ?? ''),
    ...record
      .listProps(scope, `${prop}.`)
      .map((name): [string, string] => [name.slice(prop.length + 1), record.prop(name, scope) ?? '']),
  ];
}

export function hasItems(form: FurtherKey['form']): boolean {
  return form === 'list' || form === 'map';
}

/** The keys that the record says something of, each with its value as YAML, which JSON is. */
export function listFurther(record: RecordView, scope: ReadScope): readonly VariableMap[] {
  return FURTHER_KEYS.flatMap(({ key, prop, form }) => {
    const value = readFurther(record, prop, form, scope);
    return value === undefined
      ? []
      : [
          new VariableMap([
            ['key', key],
            ['value', new Verbatim(value.replaceAll('$', '$$$$'))],
          ]),
        ];
  });
}

function readFurther(record: RecordView, prop: string, form: FurtherKey['form'], scope: ReadScope): string | undefined {
  if (form === 'list') {
    const items = listItems(record, prop, scope);
    return items.length === 0 ? undefined : JSON.stringify(items);
  }
  if (form === 'map') {
    const entries = listNamed(record, prop, scope);
    return entries.length === 0 ? undefined : JSON.stringify(Object.fromEntries(entries));
  }
  const value = record.prop(prop, scope) ?? '';
  if (value === '') return undefined;
  return form === 'json' ? value : form === 'flag' ? String(value === 'yes') : JSON.stringify(value);
}

export function assignments(text: string): readonly (readonly [string, string])[] {
  return splitList(text).map((item) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(item) ?? [];
    if (name === undefined || value === undefined)
      throw new HelperFailure(`"${item}" is not NAME=VALUE; a value with a comma needs a prop of its own: Env.NAME`);
    return [name, value];
  });
}
