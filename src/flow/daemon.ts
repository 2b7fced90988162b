import { setTimeout as sleep } from 'node:timers/promises';
import { findProp, type Snapshot } from '../db/snapshot.ts';
import { NEVER, unlessInterrupted } from '../interrupt.ts';
import { Failure } from '../errors.ts';
import { type Intent, listIntents } from '../output/intents.ts';
import type { Paths } from '../paths.ts';
import { adjustServices, type AdjustResult, isAdjustable } from './adjust.ts';
import { DOCKER } from './foreign-daemon.ts';
import type { Reporter } from './reporter.ts';
import { findEngine, getEngine } from './world.ts';

/** A restart of the engine and what it means to containers. */
export interface DaemonRestart {
  readonly causes: readonly string[];
  /** containers that stop with the engine, ours and others'; empty where they outlive it (live-restore) or no engine runs */
  readonly stops: readonly string[];
}

const ANSWERS_WITHIN_SECONDS = 60;

/** What restarting the engine would stop; undefined when none of its options changed, or nobody here can restart it. */
export async function daemonRestart(paths: Paths, snapshot: Snapshot, intents: readonly Intent[]): Promise<DaemonRestart | undefined> {
  if (!willRestartDaemon(paths, snapshot, intents)) return undefined;
  const causes = listCauses(intents);
  const engine = await findEngine(paths, snapshot);
  if (engine === undefined) return { causes, stops: [] };
  // both count: how the running engine was started, and how the next one is, which ends what it finds alive unless it has live-restore too
  if ((await engine.getTraits()).liveRestore && findProp(snapshot, 'configuration', DOCKER, 'LiveRestore') !== 'disabled') return { causes, stops: [] };
  const containers = await engine.listContainers();
  return { causes, stops: containers.filter(({ status }) => status === 'running' || status === 'paused').map(({ name }) => name) };
}

/** Whether some of its options changed and somebody here can restart it. */
export function willRestartDaemon(paths: Paths, snapshot: Snapshot, intents: readonly Intent[]): boolean {
  return listCauses(intents).length > 0 && isAdjustable(paths, snapshot, DOCKER);
}

/** Restarts the engine if one of its options changed, says what that stops, and waits until it answers again. */
export async function restartDaemon(paths: Paths, snapshot: Snapshot, reporter: Reporter, signal: AbortSignal = NEVER): Promise<AdjustResult> {
  const restart = await daemonRestart(paths, snapshot, listIntents(paths));
  if (restart !== undefined && restart.stops.length > 0) reporter.warning(`restarting the engine stops ${restart.stops.join(', ')} meanwhile`);
  const result = await adjustServices(paths, snapshot, [{ service: DOCKER, verbs: ['restart'], always: false }], DOCKER, reporter, signal);
  if (!result.adjusted.some(({ outcome }) => outcome === 'done') || findProp(snapshot, 'configuration', DOCKER, 'status') === 'disabled') return result;
  reporter.progress('waiting for the engine');
  const failure = await unlessInterrupted(signal, 'cannot wait for the engine', waitForEngine(paths, snapshot));
  return failure === undefined ? result : { ...result, failures: [...result.failures, failure] };
}

function listCauses(intents: readonly Intent[]): readonly string[] {
  return intents.filter(({ kind, name }) => kind === 'service' && name === DOCKER).flatMap((intent) => intent.causes);
}

/** @returns why it still does not answer after a minute; undefined once it does */
export async function waitForEngine(paths: Paths, snapshot: Snapshot): Promise<Failure | undefined> {
  for (let tries = 0; ; tries++) {
    try {
      await getEngine(paths, snapshot);
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (tries >= ANSWERS_WITHIN_SECONDS * 5) return error;
      await sleep(200);
    }
  }
}
