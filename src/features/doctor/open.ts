import type { Snapshot } from '../../db/snapshot.ts';
import type { Exposure } from '../exposure/exposure.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { listOpen } from '../firewall/open-places.ts';
import { type Finding, makeFinder } from './finding.ts';

/** Whom foreign hosts reach although no record says so, past the packet filter or without it. */
export function checkOpen(snapshot: Snapshot, exposures: readonly Exposure[]): readonly Finding[] {
  const finder = makeFinder('exposure');
  const advice = new DockerRecord(snapshot).hasFilter
    ? 'docksmith firewall sets the packet filter again; docksmith exposure shows every way'
    : 'Filter of docker is disabled: if no other firewall protects them, db configuration setprop docker Filter enabled';
  const open = listOpen(exposures);
  return open.length === 0
    ? [finder.ok('the packet filter protects all private ports, as far as it can be read')]
    : open.map(({ name, places }) => finder.warn(`foreign hosts can reach ${name}: ${places.join(', ')}`, advice));
}
