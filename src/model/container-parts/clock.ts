import { Failure } from '../../base/errors.ts';
import { parseSchedule, type Schedule } from '../../base/schedule.ts';
import { type Container, CONTAINERS } from '../container.ts';

/** By prop, the event that is run for the container. */
export const CLOCK_EVENTS: Readonly<Record<string, string>> = {
  StartAt: 'docker-container-start',
  StopAt: 'docker-container-stop',
  RestartAt: 'docker-container-restart',
  UpdateAt: 'docker-image-update',
  RunAt: 'docker-container-start',
};

export interface ClockEvent {
  readonly container: string;
  readonly prop: string;
  readonly event: string;
  readonly schedule: Schedule;
  /** a run that was missed while the host was down is made up for */
  readonly isPersistent: boolean;
}

/** What is done to a container by the clock. */
export function listClockEvents(container: Container, prop?: string): readonly ClockEvent[] {
  const { key, clock, isPersistent } = container;
  return Object.entries(clock).flatMap(([name, written]) => {
    const schedule = parseSchedule(written);
    // what is wrong is refused by the schema
    return typeof schedule === 'string' || (prop !== undefined && prop !== name)
      ? []
      : [
          {
            container: key,
            prop: name,
            event: CLOCK_EVENTS[name] ?? '',
            schedule,
            isPersistent: name === 'RunAt' && isPersistent,
          },
        ];
  });
}

/** Props of the clock that have no meaning for what the container is there for. */
export function* checkClock(container: Container): Generator<Failure> {
  const { key, role, isJob, isDataOnly } = container;
  for (const { prop } of listClockEvents(container)) {
    const why =
      prop === 'RunAt' && !isJob
        ? `its Role is ${role}, and only a job runs to its end`
        : isJob && (prop === 'StartAt' || prop === 'RestartAt')
          ? 'its Role is job, which is run by RunAt'
          : isDataOnly && prop !== 'UpdateAt'
            ? 'its Role is data, and it never runs'
            : undefined;
    if (why !== undefined)
      yield new Failure(`cannot use ${CONTAINERS} ${key} ${prop}`, {
        why,
        ...(prop === 'RunAt' && !isDataOnly ? { hint: `db ${CONTAINERS} setprop ${key} Role job` } : {}),
      });
  }
}
