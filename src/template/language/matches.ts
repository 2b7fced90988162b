import type { DbRecord } from '../../db/record.ts';
import { findProp, type Snapshot } from '../../db/snapshot.ts';
import { parseWhere } from './where.ts';

/**
 * Whether every `PROP=VALUE` of a filter holds for a record, defaults of the schema included; `type` and
 * `key` are the record's own.
 */
export function matches(
  snapshot: Snapshot,
  db: string,
  record: DbRecord,
  filter: ReadonlyMap<string, string>,
): boolean {
  return [...filter].every(([prop, wanted]) => {
    if (prop === 'key') return record.key === wanted;
    return (prop === 'type' ? record.type : findProp(snapshot, db, record.key, prop)) === wanted;
  });
}

/** Which records a listing has: those for which every `PROP=VALUE` holds, and the condition, if there is one. */
export interface Filter {
  readonly equal: ReadonlyMap<string, string>;
  /** the text of a condition with the values that it names `$1` and so on */
  readonly where?: readonly [text: string, ...values: string[]] | undefined;
}

/** What a filter says of one record, and the names of props that it asks for. */
export interface RecordTest {
  readonly holds: (snapshot: Snapshot, db: string, record: DbRecord) => boolean;
  readonly names: readonly string[];
}

/** @throws HelperFailure for a condition that cannot be read */
export function makeTest({ equal, where }: Filter): RecordTest {
  const [text, ...values] = where ?? [];
  const condition = text === undefined ? undefined : parseWhere(text, values);
  return {
    holds: (snapshot, db, record) =>
      matches(snapshot, db, record, equal) &&
      condition?.holds((name) =>
        name === 'key' ? record.key : name === 'type' ? record.type : findProp(snapshot, db, record.key, name),
      ) !== false,
    names: [...equal.keys(), ...(condition?.names ?? [])],
  };
}

const WHERE = 'where ';

/** A filter as reads name it: `type=service status=enabled where ["access=$1","public"]`. */
export function formatFilter({ equal, where }: Filter): string {
  return [
    ...[...equal].map(([prop, value]) => `${prop}=${value}`),
    ...(where === undefined ? [] : [WHERE + JSON.stringify(where)]),
  ].join(' ');
}

/** The filter of a read. */
export function parseFilterOfRead(text: string): Filter {
  const [, equal = text, where] = /^(.*?)(?:^| )where (\[".*\])$/s.exec(text) ?? [];
  return {
    equal: new Map(
      equal
        .split(' ')
        .filter(Boolean)
        .map((part) => [part.replace(/=.*/s, ''), part.replace(/^[^=]*=?/s, '')] as const),
    ),
    where: where === undefined ? undefined : (JSON.parse(where) as [string, ...string[]]),
  };
}
