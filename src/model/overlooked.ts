import { findProp, type Snapshot } from '../db/snapshot.ts';
import type { DbRecord } from '../db/record.ts';
import { CONTAINERS } from './ports.ts';

/** What a record says that has no effect, or more than its admin may think: no mistake, but worth a word. */
export function listOverlooked(snapshot: Snapshot, records: readonly DbRecord[]): readonly string[] {
  return records.flatMap((record) => findOverlooked(snapshot, record).map((words) => `${CONTAINERS} ${record.key}: ${words}`));
}

function findOverlooked(snapshot: Snapshot, { key, type, props }: DbRecord): readonly string[] {
  if (type !== 'service') return [`the type "${type}" makes no container: it is service`];
  const get = (prop: string): string => findProp(snapshot, CONTAINERS, key, prop) ?? '';
  const unpublished = ['TCPPort', 'UDPPort'].filter((prop) => get(prop) !== '');
  return [
    ...(props.has('status') ? [] : ['status is not set, which counts as disabled']),
    ...(get('PortMapping') === 'custom' && unpublished.length > 0 ? [`${unpublished.join(' and ')} publishes nothing, since PortMapping is custom`] : []),
    ...(get('PortMapping') !== 'custom' && get('PortMappingPorts') !== '' ? ['PortMappingPorts publishes nothing, since PortMapping is native'] : []),
  ];
}
