import type { Snapshot } from '../../db/snapshot.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import { DockerRecord } from '../../model/docker-record.ts';

/** Key of the engine's record in `configuration`, and its name among services. */
export const DOCKER = 'docker';

/**
 * The engine's files stay where they are when it becomes foreign, and only the ledger forgets
 * them: without them its next start would be one with another data root, and without its containers.
 */
export function releaseForeign(snapshot: Snapshot, changes: ChangeSet): ChangeSet {
  if (!new DockerRecord(snapshot).isForeign) return changes;
  const remove = changes.remove.map((removal) =>
    removal.old === undefined || !removal.owned.services.includes(DOCKER)
      ? removal
      : { owned: removal.owned, old: undefined, edited: false, left: 'its admin manages it from now on' },
  );
  return { ...changes, remove };
}
