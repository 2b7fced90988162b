import { Failure, Failures } from '../../../base/errors.ts';
import { fromByteString } from '../../../db/byte-text.ts';
import type { Draft } from '../../../db/draft.ts';
import { toRecord } from '../../../db/flat-file.ts';
import type { Schema } from '../../../db/schema.ts';
import type { DbRecord } from '../../../db/record.ts';
import { checkOneRecord } from '../../../model/check-one-record.ts';

/** Of a batch with many mistakes the first ones will do. */
const MOST = 20;

/**
 * What the next event will say of the records that were changed, as far as each tells by itself. The db holds
 * them whatever it is: values are checked when they are used.
 * @param readSchema of the db: who calls has read it already
 */
export function checkChanged(db: string, { touched, lines }: Draft, readSchema: () => Schema): readonly string[] {
  const records = new Map<string, DbRecord>();
  for (const bytes of touched) {
    const [key, line] = [fromByteString(bytes), lines.get(bytes)];
    if (line !== undefined) records.set(key, toRecord(key, line));
  }
  const said = listSaid(db, records, readSchema);
  return said.length <= MOST
    ? said
    : [...said.slice(0, MOST), `${said.length - MOST} more of db ${db}: docksmith lint`];
}

function listSaid(db: string, records: ReadonlyMap<string, DbRecord>, readSchema: () => Schema): readonly string[] {
  try {
    const snapshot = { dbs: new Map([[db, records]]), schema: readSchema() };
    return [...records.keys()].flatMap((key) => {
      const { mistakes, warnings } = checkOneRecord(snapshot, db, key);
      return [...mistakes.map(({ message }) => `${message} (refused by the next event that uses it)`), ...warnings];
    });
  } catch (error) {
    if (error instanceof Failures) return error.failures.map(({ message }) => message);
    if (error instanceof Failure) return [error.message];
    throw error;
  }
}
