import { toByteString } from '../../db/byte-text.ts';
import type { ReadScope } from '../language/tracked-text.ts';
import { RecordView, textOf, type Value, VariableMap } from '../language/value.ts';
import type { Message } from './messages.ts';

/** The variables of an expansion for Perl: texts, lists and hashes of texts; a record is a hash with its key. */
export function formatParameters(variables: ReadonlyMap<string, Value>, scope: ReadScope): readonly Message[] {
  const plain = (value: Value): string => toByteString(textOf(value, scope) ?? '');
  return [...variables].flatMap(([key, value]): readonly Message[] => {
    const name = toByteString(key);
    if (value instanceof RecordView) return [['hash', name, ...fieldsOf(value, scope).map(toByteString)]];
    if (value instanceof VariableMap)
      return [['hash', name, ...[...value.entries].flatMap(([entry, of]) => [toByteString(entry), plain(of)])]];
    if (Array.isArray(value)) return [['list', name, ...(value as readonly Value[]).map(plain)]];
    return textOf(value, scope) === undefined ? [] : [['text', name, plain(value)]];
  });
}

function fieldsOf(record: RecordView, scope: ReadScope): readonly string[] {
  return [
    ...['key', record.key, 'type', record.type(scope) ?? ''],
    ...record.listProps(scope).flatMap((prop) => [prop, record.prop(prop, scope) ?? '']),
  ];
}
