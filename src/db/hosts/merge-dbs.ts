import { compareBytes } from '../../base/layers.ts';
import { type Db, type DbRecord, isSameRecord } from '../record.ts';

/** What two sides made of one prop, and neither may be chosen; undefined: not set. */
export interface DbConflict {
  readonly key: string;
  /** undefined: the record itself, which one side deleted and the other one changed; `type`: its type */
  readonly prop: string | undefined;
  readonly base: string | undefined;
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

export interface MergedDb {
  /** in byte order of the keys; where there is a conflict, as ours has it */
  readonly merged: Db;
  readonly conflicts: readonly DbConflict[];
}

/**
 * What both sides made of a db, by record and prop: what one side changed and the other one did not is taken. Both
 * may have changed one prop to the same value. Pure.
 */
export function mergeDbs(base: Db, ours: Db, theirs: Db): MergedDb {
  const merged = new Map<string, DbRecord>();
  const conflicts: DbConflict[] = [];
  for (const key of [...new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])].sort(compareBytes)) {
    const found = mergeRecord(base.get(key), ours.get(key), theirs.get(key));
    if (found.record !== undefined) merged.set(key, found.record);
    conflicts.push(...found.conflicts.map((conflict) => ({ key, ...conflict })));
  }
  return { merged, conflicts };
}

interface MergedRecord {
  readonly record: DbRecord | undefined;
  readonly conflicts: readonly Omit<DbConflict, 'key'>[];
}

function mergeRecord(
  base: DbRecord | undefined,
  ours: DbRecord | undefined,
  theirs: DbRecord | undefined,
): MergedRecord {
  if (ours === undefined || theirs === undefined) {
    const left = ours ?? theirs;
    // added on one side, or deleted on one side and left alone on the other
    if (base === undefined) return { record: left, conflicts: [] };
    if (left === undefined || isSameRecord(base, left)) return { record: undefined, conflicts: [] };
    return {
      record: ours,
      conflicts: [{ prop: undefined, base: base.type, ours: ours?.type, theirs: theirs?.type }],
    };
  }
  const conflicts: Omit<DbConflict, 'key'>[] = [];
  const choose = (prop: string, find: (record: DbRecord | undefined) => string | undefined): string | undefined => {
    const [before, mine, other] = [find(base), find(ours), find(theirs)];
    if (mine === other || other === before) return mine;
    if (mine !== before) conflicts.push({ prop, base: before, ours: mine, theirs: other });
    return mine === before ? other : mine;
  };
  const type = choose('type', (record) => record?.type) ?? ours.type;
  const names = [...new Set([...(base?.props.keys() ?? []), ...ours.props.keys(), ...theirs.props.keys()])];
  const props = names.sort(compareBytes).flatMap((prop) => {
    const value = choose(prop, (record) => record?.props.get(prop));
    return value === undefined ? [] : [[prop, value] as const];
  });
  return { record: { key: ours.key, type, props: new Map(props) }, conflicts };
}
