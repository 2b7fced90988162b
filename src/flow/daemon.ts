import { setTimeout as sleep } from 'node:timers/promises';
import { findProp, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../errors.ts';
import { type Intent, listIntents } from '../output/intents.ts';
import type { Paths } from '../paths.ts';
import { adjustServices, type AdjustResult } from './adjust.ts';
import type { Reporter } from './reporter.ts';
import { findEngine, getEngine } from './world.ts';

/** A restart of the engine and what it means to containers. */
export interface DaemonRestart {
  readonly causes: readonly string[];
  /** containers that stop with the engine, ours and others'; empty where they outlive it (live-restore) or no engine runs */
  readonly stops: readonly string[];
}

const ANSWERS_WITHIN_SECONDS = 60;

/** What restarting the engine would stop; undefined when none of its options changed. */
export async function daemonRestart(snapshot: Snapshot, intents: readonly Intent[]): Promise<DaemonRestart | undefined> {
  const causes = intents.filter(({ kind, name }) => kind === 'service' && name === 'docker').flatMap((intent) => intent.causes);
  if (causes.length === 0) return undefined;
  const engine = await findEngine(snapshot);
  // what counts is how the running engine was started, not what its options will be
  if (engine === undefined || engine.liveRestore) return { causes, stops: [] };
  const containers = await engine.listContainers();
  return { causes, stops: containers.filter(({ status }) => status === 'running' || status === 'paused').map(({ name }) => name) };
}

/** Restarts the engine if one of its options changed, says what that stops, and waits until it answers again. */
export async function restartDaemon(paths: Paths, snapshot: Snapshot, reporter: Reporter): Promise<AdjustResult> {
  const restart = await daemonRestart(snapshot, listIntents(paths));
  if (restart === undefined) return { adjusted: [], failures: [] };
  if (restart.stops.length > 0) reporter.warning(`restarting the engine stops ${restart.stops.join(', ')} meanwhile`);
  const result = await adjustServices(paths, snapshot, [{ service: 'docker', verbs: ['restart'], always: false }], 'docker', reporter);
  if (!result.adjusted.some(({ outcome }) => outcome === 'done') || findProp(snapshot, 'configuration', 'docker', 'status') === 'disabled') return result;
  reporter.progress('waiting for the engine');
  const failure = await waitForEngine(snapshot);
  return failure === undefined ? result : { ...result, failures: [...result.failures, failure] };
}

async function waitForEngine(snapshot: Snapshot): Promise<Failure | undefined> {
  for (let tries = 0; ; tries++) {
    try {
      await getEngine(snapshot);
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (tries >= ANSWERS_WITHIN_SECONDS * 5) return error;
      await sleep(200);
    }
  }
}
