import { listOperations } from '../../container/plan/told.ts';
import type { Plan } from '../../container/plan/plan.ts';
import { listEnabled } from '../../model/container.ts';
import type { Paths } from '../../base/paths.ts';
import { getEngine, readHostSnapshot } from '../../flow/host-state.ts';
import { type Preview, previewEvent } from '../dry-run/dry-run.ts';
import { type Interruption, listInterruptions } from '../../flow/containers/interruptions.ts';
import type { StepCommands } from '../../flow/step-part.ts';

/** What the next event would do to containers. */
export interface PlanOfEvent {
  /** the event that carries it out, and its arguments */
  readonly event: string;
  readonly args: readonly string[];
  readonly plan: Plan;
  readonly preview: Preview;
  readonly interruptions: readonly Interruption[];
  /** enabled containers that nothing is done to */
  readonly leftAlone: readonly string[];
}

/**
 * Plans what `docker-update`, or for names `docker-container-update`, would do: over the dbs and
 * templates as they are now, and not only over what was installed last.
 * @throws Failure(s) for all that would keep the event from beginning, the engine that does not answer among them
 */
export async function planNextEvent(
  paths: Paths,
  names: readonly string[],
  commands: StepCommands,
): Promise<PlanOfEvent> {
  const event = names.length === 0 ? 'docker-update' : 'docker-container-update';
  const snapshot = readHostSnapshot(paths);
  const engine = await getEngine(paths, snapshot);
  const preview = await previewEvent(paths, { event, args: names, commands });
  // an admin may have taken that step out of the event
  const plan = preview.plan ?? {
    operations: [],
    notes: [`the event ${event} leaves containers alone: none of its steps only calls docksmith reconcile`],
  };
  const touched = new Set(listOperations(plan).map(({ name }) => name));
  const enabled = listEnabled(snapshot);
  return {
    event,
    args: names,
    plan,
    preview,
    interruptions: listInterruptions(snapshot, plan, await engine.listContainers(), preview.restartsDaemon),
    leftAlone: enabled.map(({ key }) => key).filter((key) => !touched.has(key)),
  };
}
