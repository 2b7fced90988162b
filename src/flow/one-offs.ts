import { Failure } from '../base/errors.ts';
import { isCopy } from '../container/actual/whose.ts';
import { discard } from '../container/apply/any-state.ts';
import { isOurs } from '../container/spec/names.ts';
import { isAnonymousName } from '../container/spec/mounted.ts';
import { RUN_BY_LABEL, RUN_LABEL } from '../container/spec/names.ts';
import type { ContainerInspect } from '../engine/engine-api.ts';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { EngineGone } from '../engine/engine-gone.ts';
import { isMarkAlive } from '../host/process-mark.ts';
import type { Reporter } from './reporter.ts';

/** One-offs of `docksmith run` whose process was killed, so that nothing waits for them any more. */
export async function listLeftRuns(engine: Engine): Promise<readonly ContainerSummary[]> {
  const left = (await engine.listContainers()).filter(
    (one) => one.labels[RUN_LABEL] !== undefined && !isOurs(one) && !isWaitedFor(one),
  );
  const copies = await Promise.all(left.map((one) => isCopy(engine, one)));
  return left.filter((_, n) => copies[n] === false);
}

/** Where it is not known which process waits for it, one may. */
function isWaitedFor({ labels }: ContainerSummary): boolean {
  const mark = labels[RUN_BY_LABEL] ?? '';
  return mark === '' || isMarkAlive(mark);
}

/** Stops and removes them, each with its anonymous volumes. What cannot be removed is said, and left. */
export async function removeLeftRuns(engine: Engine, reporter: Pick<Reporter, 'warning'>): Promise<void> {
  for (const one of await listLeftRuns(engine)) {
    try {
      await removeOneOff(engine, one);
      reporter.warning(`removed ${one.name}: the docksmith run that made it was killed`);
    } catch (error) {
      if (!(error instanceof Failure) || error instanceof EngineGone) throw error;
      reporter.warning(`${one.name} is left of a docksmith run that was killed: ${error.message}`);
    }
  }
}

/** Ends it where it still runs, and removes it with those volumes that were made for it alone. */
export async function removeOneOff(engine: Engine, { id, name }: Pick<ContainerSummary, 'id' | 'name'>): Promise<void> {
  const inspect = await engine.findContainer(id);
  if (inspect === undefined) return;
  const volumes = await listOwnVolumes(engine, inspect);
  const failure = await discard(engine, id, name, {});
  if (failure !== undefined) throw failure;
  for (const volume of volumes) await engine.removeVolume(volume);
}

/** Anonymous ones that it neither was given nor has from another container. */
async function listOwnVolumes(
  engine: Engine,
  { HostConfig: { Mounts, VolumesFrom }, Mounts: mounts }: ContainerInspect,
): Promise<readonly string[]> {
  const anonymous = mounts.flatMap(({ Type, Name = '' }) => (Type === 'volume' && isAnonymousName(Name) ? [Name] : []));
  if (anonymous.length === 0) return [];
  const others = await Promise.all((VolumesFrom ?? []).map((words) => engine.findContainer(words.split(':')[0] ?? '')));
  // which of them were those of a container that is gone cannot be told: they may hold its data
  if (others.includes(undefined)) return [];
  const given = new Set([
    ...(Mounts ?? []).map(({ Source = '' }) => Source),
    ...others.flatMap((other) => (other?.Mounts ?? []).map(({ Name = '' }) => Name)),
  ]);
  return anonymous.filter((name) => !given.has(name));
}
