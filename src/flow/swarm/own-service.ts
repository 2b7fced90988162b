import { isOurs } from '../../container/spec/names.ts';
import { findRecord, type Snapshot } from '../../db/snapshot.ts';
import type { Service } from '../../engine/swarm-api.ts';
import { STACK_LABEL } from '../../model/container-parts/deployment.ts';
import { Container, CONTAINERS } from '../../model/container.ts';

/** Whether docksmith has made it, or a record has adopted it from a stack: the next update gives it its labels. */
export function isOwnService(snapshot: Snapshot, { name, body: { Labels: labels } }: Service): boolean {
  const stack = labels[STACK_LABEL];
  return (
    isOurs({ labels }) ||
    (stack !== undefined &&
      findRecord(snapshot, CONTAINERS, name) !== undefined &&
      new Container(snapshot, name).stack === stack)
  );
}
