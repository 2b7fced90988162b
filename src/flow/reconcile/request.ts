import type { Inventory } from '../../container/actual/inventory.ts';
import type { Asked } from '../../container/plan/asked/plan-asked.ts';
import type { FailedSpecs } from '../../container/plan/skip-failed-specs.ts';
import type { Outputs } from '../containers/mounted-files.ts';
import type { Coming } from '../swarm/host-files.ts';

export interface ReconcileRequest {
  /** only these containers; absent: all */
  readonly names?: readonly string[] | undefined;
  readonly removeOrphans?: boolean | undefined;
  /** start, stop or restart these instead of bringing all to what the records say */
  readonly asked?: Asked | undefined;
  /** copy data to where the records want it */
  readonly moveData?: boolean | undefined;
  /** what docksmith wrote: containers that mount some of it follow when it changes */
  readonly outputs?: Outputs | undefined;
  /** run specs that are not tried again; absent: everything is tried */
  readonly failed?: FailedSpecs | undefined;
  /** what the engine was asked before; absent: it is asked now */
  readonly inventory?: Inventory | undefined;
  /** the engine has just come up: by container, the start that was in order */
  readonly boot?: ReadonlyMap<string, string> | undefined;
  /** services get the images that this node knows by their names now, and not those that they were made with */
  readonly newImages?: boolean | undefined;
  /** files that are about to be installed: services are given what is in them */
  readonly coming?: readonly Coming[] | undefined;
}
