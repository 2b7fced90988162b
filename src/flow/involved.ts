import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findProp, getDb, listRecords, type Snapshot } from '../db/snapshot.ts';
import { listNames } from '../layers.ts';
import { groupNetwork, listNeeds, parseContainerNetwork } from '../model/links.ts';
import { CONTAINERS, splitList } from '../model/ports.ts';
import { withNeeded } from '../model/start-order.ts';
import type { Paths } from '../paths.ts';

/** Where run specs are installed. */
export const RUN_SPECS = '/etc/docksmith/containers';

/**
 * The containers that an update of some has to look at: those, enabled ones that they need,
 * those that are bound to them (they have the network or the mounts of one), and those that
 * are on the network of a group which they may not be in any more.
 */
export function listInvolved(paths: Paths, snapshot: Snapshot, names: readonly string[]): readonly string[] {
  const records = getDb(snapshot, CONTAINERS);
  const isEnabled = (key: string): boolean => records.get(key)?.type === 'service' && findProp(snapshot, CONTAINERS, key, 'status') === 'enabled';
  const needed = withNeeded(names, (name) => (isEnabled(name) ? listNeeds(records.get(name)?.props ?? new Map<string, string>()).filter(isEnabled) : []));
  const bound = withNeeded(needed, (name) => listRecords(snapshot, CONTAINERS).filter(({ key, props }) => isEnabled(key) && isBound(props, name)).map(({ key }) => key));
  return [...new Set([...bound, ...listGroupMembers(paths, names).filter(isEnabled)])];
}

function isBound(props: ReadonlyMap<string, string>, name: string): boolean {
  return parseContainerNetwork(props.get('network') ?? '') === name
    || splitList(props.get('VolumesFrom') ?? '').some((item) => item.split(':')[0] === name);
}

/** By the installed run specs, since the records may say otherwise by now. */
function listGroupMembers(paths: Paths, names: readonly string[]): readonly string[] {
  const folder = paths.file(RUN_SPECS);
  return listNames(folder).filter((file) => file.endsWith('.yaml')).filter((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    return names.some((name) => text.split('\n').some((line) => line.trim() === `name: ${groupNetwork(name)}`));
  }).map((file) => path.basename(file, '.yaml'));
}
