import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../../base/errors.ts';
import { unlessInterrupted } from '../../../base/interrupt.ts';
import type { Engine } from '../../../engine/engine.ts';
import type { Task } from '../../../engine/swarm-api.ts';
import { NoQuorum, type SwarmEngine } from '../../../engine/swarm-engine.ts';
import { Unhealthy } from '../../apply/unhealthy.ts';
import { type HealthTimes, readHealthRequest } from '../../spec/health-request.ts';
import type { RunSpec } from '../../spec/run-spec.ts';
import { judgeRollout } from './judge-rollout.ts';

const LOOK_EVERY_MILLISECONDS = 250;
const WAIT_MILLISECONDS = 60_000;
const LOG_LINES = 10;

export interface RolloutWait {
  readonly swarm: SwarmEngine;
  /** of this node, for the logs of its own tasks */
  readonly engine: Pick<Engine, 'readLastLines'>;
  /** for services that do not say it themselves */
  readonly times: HealthTimes;
  readonly signal: AbortSignal;
  readonly onWords: (words: string) => void;
}

/** No step of the rollout was reached in time; the swarm goes on trying. */
export class Stuck extends Unhealthy {}

/**
 * Waits until all tasks of a service run as it says.
 * @param before ids of its tasks from before the change
 * @throws Unhealthy with what the tasks say; Stuck; another Failure for what says nothing of the service
 */
export async function waitForRollout(
  name: string,
  spec: RunSpec,
  before: ReadonlySet<string>,
  { swarm, engine, times, signal, onWords }: RolloutWait,
): Promise<void> {
  const { wait, uptime } = readHealthRequest(spec.ownLabels, times);
  if (wait === 0) return;
  const limit = wait ?? Math.max(WAIT_MILLISECONDS, checkTime(spec));
  const begun = performance.now();
  let [reached, since, doneSince, leaderless] = ['', begun, Number.NaN, Number.NaN];
  for (;;) {
    const looked = await unlessInterrupted(
      signal,
      `cannot wait for service "${name}"`,
      look(swarm, name),
      'the swarm goes on with it',
    );
    const now = performance.now();
    if (looked === undefined) {
      // an election takes some seconds, and is no fault of the service
      if (Number.isNaN(leaderless)) leaderless = now;
      if (now - leaderless > Math.max(limit, WAIT_MILLISECONDS))
        throw new Failure(`cannot wait for service "${name}"`, { why: 'the swarm has no leader' });
    } else {
      const { service, tasks } = looked;
      // the new one has yet to find out which nodes are left
      if (!Number.isNaN(leaderless)) [since, leaderless] = [now, Number.NaN];
      if (service === undefined) throw new Failure(`cannot run service "${name}"`, { why: 'it was removed' });
      const rollout = judgeRollout(service, tasks, before);
      if (rollout.reached !== reached) [reached, since] = [rollout.reached, now];
      doneSince = rollout.state === 'done' ? (Number.isNaN(doneSince) ? now : doneSince) : Number.NaN;
      if (rollout.state === 'done' && now - doneSince >= uptime) return;
      const fail = async (type: typeof Unhealthy, why: string): Promise<never> => {
        const { hasRun, lines } = await readLog(engine, tasks, before);
        const hint = hasRun && lines === undefined ? `docksmith logs -n 20 ${name}` : undefined;
        throw new type(`cannot run service "${name}"`, why, lines, hint);
      };
      if (rollout.state === 'failed') await fail(Unhealthy, rollout.words);
      if (rollout.state === 'waiting' && now - since > limit)
        await fail(Stuck, `nothing more was reached within ${Math.round(limit / 1000)}s: ${rollout.words}`);
      onWords(rollout.words);
    }
    await unlessInterrupted(
      signal,
      `cannot wait for service "${name}"`,
      sleep(LOOK_EVERY_MILLISECONDS),
      'the swarm goes on with it',
    );
  }
}

/** undefined: nobody can tell at the moment */
async function look(
  swarm: SwarmEngine,
  name: string,
): Promise<
  | {
      readonly service: Awaited<ReturnType<SwarmEngine['listServices']>>[number] | undefined;
      readonly tasks: readonly Task[];
    }
  | undefined
> {
  try {
    const service = (await swarm.listServices()).find((one) => one.name === name);
    return { service, tasks: service === undefined ? [] : await swarm.listTasks(service.id) };
  } catch (error) {
    if (error instanceof NoQuorum) return undefined;
    throw error;
  }
}

/** Its own check may take longer than that until it has failed. */
function checkTime({ values: { healthcheck } }: RunSpec): number {
  if (typeof healthcheck !== 'object') return 0;
  const {
    interval = '30000000000',
    timeout = '30000000000',
    retries = '3',
    start_period: start = '0',
  } = healthcheck as Readonly<Record<string, string>>;
  return (Number(start) + (Number(interval) + Number(timeout)) * Number(retries)) / 1e6;
}

/** Of a failed task that ran on this node: of others the log is there. `hasRun`: whether any has one. */
async function readLog(
  engine: RolloutWait['engine'],
  tasks: readonly Task[],
  before: ReadonlySet<string>,
): Promise<{ readonly hasRun: boolean; readonly lines: readonly string[] | undefined }> {
  const failed = tasks.filter(
    ({ id, state, container }) =>
      !before.has(id) && (state === 'failed' || state === 'complete') && container !== undefined,
  );
  let lines: readonly string[] | undefined;
  for (const { container = '' } of failed) {
    try {
      lines = await engine.readLastLines(container, LOG_LINES);
      if (lines.length > 0) break;
    } catch {
      // it is on another node, or removed
    }
  }
  return { hasRun: failed.length > 0, lines };
}
