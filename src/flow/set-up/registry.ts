import { toByteString } from '../../db/byte-text.ts';
import type { DbRecord } from '../../db/record.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { changeDb } from '../../db/store.ts';
import type { Paths } from '../../base/paths.ts';
import { CONTAINERS } from '../../model/container.ts';
import { planRegistry } from '../../model/registry/plan-registry.ts';
import { readHostSnapshot } from '../host-state.ts';
import type { DbPlan } from '../step-part.ts';

/** What `makeRegistry` would change. */
export function planMadeRegistry(snapshot: Snapshot): DbPlan {
  const record = planRegistry(snapshot);
  if (record === undefined) return { values: [] };
  return { overlay: [{ db: CONTAINERS, key: record.key, record }], values: listChanges(snapshot, record) };
}

/** Writes the record of the registry's container. @returns what changed, in words */
export function makeRegistry(paths: Paths): readonly string[] {
  const snapshot = readHostSnapshot(paths);
  const record = planRegistry(snapshot);
  if (record === undefined) return [];
  const key = toByteString(record.key);
  changeDb(paths, CONTAINERS, (draft) => {
    const old = getDb(snapshot, CONTAINERS).get(record.key);
    draft.setType(key, record.type);
    for (const prop of old?.props.keys() ?? []) if (!record.props.has(prop)) draft.deleteProp(key, toByteString(prop));
    for (const [prop, value] of record.props)
      if (old?.props.get(prop) !== value) draft.setProp(key, toByteString(prop), toByteString(value));
  });
  return listChanges(snapshot, record);
}

function listChanges(snapshot: Snapshot, { key, props }: DbRecord): readonly string[] {
  const old = getDb(snapshot, CONTAINERS).get(key)?.props ?? new Map<string, string>();
  return [
    ...[...props]
      .filter(([prop, value]) => old.get(prop) !== value)
      .map(([prop, value]) => `${CONTAINERS} ${key} ${prop} ${value}`),
    ...[...old.keys()].filter((prop) => !props.has(prop)).map((prop) => `${CONTAINERS} ${key} ${prop} (not set)`),
  ];
}
