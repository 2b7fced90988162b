import { hasOwnProp, type Snapshot } from '../db/snapshot.ts';
import type { DbRecord } from '../db/record.ts';
import { listIdleProps } from './content.ts';
import { containerOf, CONTAINERS } from './container.ts';

/** What a record says that has no effect, or more than its admin may think: no mistake, but worth a word. */
export function listOverlooked(snapshot: Snapshot, records: readonly DbRecord[]): readonly string[] {
  return records.flatMap((record) =>
    findOverlooked(snapshot, record).map((words) => `${CONTAINERS} ${record.key}: ${words}`),
  );
}

function findOverlooked(snapshot: Snapshot, record: DbRecord): readonly string[] {
  const container = containerOf(snapshot, record);
  if (!container.isContainer) return [`the type "${record.type}" makes no container: it is service`];
  const unpublished = [
    ['TCPPort', container.tcpPort],
    ['UDPPort', container.udpPort],
  ].flatMap(([prop = '', value]) => (value === '' ? [] : [prop]));
  return [
    ...(hasOwnProp(record, 'status') ? [] : ['status is not set, which counts as disabled']),
    ...(container.hasPortMapping && unpublished.length > 0
      ? [`${unpublished.join(' and ')} publishes nothing, since PortMapping is custom`]
      : []),
    ...(!container.hasPortMapping && container.portMappings !== ''
      ? ['PortMappingPorts publishes nothing, since PortMapping is native']
      : []),
    ...listIdleProps(record).map((prop) => `${prop} does nothing without Content.git`),
  ];
}
