import { findLastDue } from '../../base/schedule.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import type { Engine } from '../../engine/engine.ts';
import { listClockEvents } from '../../model/container-parts/clock.ts';
import { type Container, listEnabled } from '../../model/container.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import { findOurs } from '../engine-access.ts';

/** Whether a job should have run since it last did, or was made. Pure. */
export function hasMissedRun(
  container: Container,
  { State, Created }: Pick<ContainerInspect, 'State' | 'Created'>,
  now: Date,
): boolean {
  // what the engine says of one that never ran is a time long ago
  const last = Math.max(Date.parse(State.StartedAt) || 0, Date.parse(Created) || 0);
  return (
    !State.Running &&
    listClockEvents(container, 'RunAt').some(
      ({ isPersistent, schedule }) => isPersistent && (findLastDue(schedule, now)?.getTime() ?? 0) > last,
    )
  );
}

/** The jobs whose run was missed while the host was down; none where systemd keeps the time and makes up for them. */
export async function listMissedRuns(snapshot: Snapshot, engine: Engine, now: Date): Promise<readonly string[]> {
  if (new DocksmithRecord(snapshot).serviceManager === 'systemd') return [];
  const missed: string[] = [];
  for (const container of listEnabled(snapshot).filter(({ isJob, isPersistent }) => isJob && isPersistent)) {
    const found = await findOurs(engine, container.key);
    const inspect = found && (await engine.findContainer(found.id));
    if (inspect !== undefined && hasMissedRun(container, inspect, now)) missed.push(container.key);
  }
  return missed;
}
