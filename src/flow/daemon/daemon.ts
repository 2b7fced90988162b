import { setTimeout as sleep } from 'node:timers/promises';
import { EngineGone } from '../../engine/engine-gone.ts';
import { forgetSilences } from '../../engine/engine-silence.ts';
import type { ServiceToAdjust } from '../../event/steps.ts';
import { type DockerdProcess, findDockerd, hasDockerd, readEnd } from '../../host/dockerd-process.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { NEVER, unlessInterrupted } from '../../base/interrupt.ts';
import { Failure } from '../../base/errors.ts';
import { type ChangeSet, NO_CHANGES } from '../../output/plan/change-set.ts';
import { driverOf, readGiven } from './given-options.ts';
import { type Intent, listIntents } from '../../output/commit/intents.ts';
import type { Paths } from '../../base/paths.ts';
import { adjustServices, type AdjustResult, isAdjustable } from '../services/adjust.ts';
import { forgetFormer, putBackOptions } from './engine-fallback.ts';
import { startAgain, stopAll } from './stop-all.ts';
import { nameEngine } from './engine-name.ts';
import { DOCKER } from './foreign-daemon.ts';
import type { Reporter } from '../reporter.ts';
import { findEngine, getEngine } from '../host-state.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import { DockerRecord } from '../../model/docker-record.ts';

/** A restart of the engine and what it means to containers. */
export interface DaemonRestart {
  readonly causes: readonly string[];
  /**
   * containers that stop with the engine, ours and others'; empty where they outlive it (live-restore) or
   * no engine runs
   */
  readonly stops: readonly string[];
  /** the other storage driver with which it comes back, and without its containers: none may outlive it unseen */
  readonly driver?: string;
}

const ALIVE = ['running', 'paused', 'restarting'];
const ANSWERS_WITHIN_SECONDS = 60;
/** A service manager may start it a moment later. */
const GONE_FOR_SECONDS = 4;

/** The containers that a restart of the engine stops; undefined: no option changed, or docksmith cannot restart it. */
export async function daemonRestart(
  paths: Paths,
  snapshot: Snapshot,
  intents: readonly Intent[],
  changes: ChangeSet = NO_CHANGES,
): Promise<DaemonRestart | undefined> {
  if (!willRestartDaemon(paths, snapshot, intents)) return undefined;
  const causes = listCauses(intents);
  const engine = await findEngine(paths, snapshot);
  if (engine === undefined) return { causes, stops: [] };
  const { liveRestore, storageDriver } = await engine.getTraits();
  const driver = driverOf(readGiven(paths, changes)) ?? storageDriver;
  // both count: how the running engine was started, and how the next one is, which ends what it finds alive
  // unless it has live-restore too
  if (liveRestore && new DockerRecord(snapshot).wantsLiveRestore && driver === storageDriver)
    return { causes, stops: [] };
  const running = (await engine.listContainers()).filter(({ status }) => ALIVE.includes(status));
  return { causes, stops: running.map(({ name }) => name), ...(driver === storageDriver ? {} : { driver }) };
}

/** Whether some of its options changed and somebody here can restart it. */
export function willRestartDaemon(paths: Paths, snapshot: Snapshot, intents: readonly Intent[]): boolean {
  return listCauses(intents).length > 0 && isAdjustable(paths, snapshot, DOCKER);
}

export interface RestartResult extends AdjustResult {
  /** the engine did not start, and its former options are back */
  readonly isPutBack: boolean;
}

/**
 * Restarts the engine if one of its options changed, says what that stops, and waits until it
 * answers again. Where it does not start, its files are put back and it is started with those.
 */
export async function restartDaemon(
  paths: Paths,
  snapshot: Snapshot,
  reporter: Reporter,
  signal: AbortSignal = NEVER,
): Promise<RestartResult> {
  const restart = await daemonRestart(paths, snapshot, listIntents(paths));
  if (restart !== undefined && restart.stops.length > 0)
    reporter.warning(
      restart.driver === undefined
        ? `restarting the engine stops ${restart.stops.join(', ')} meanwhile`
        : `stopping ${restart.stops.join(', ')}: storage driver ${restart.driver} will not have them`,
    );
  const stopped = restart?.driver === undefined ? [] : restart.stops;
  await stopAll(paths, snapshot, stopped, signal);
  const running = restart === undefined ? undefined : findRunning(snapshot);
  const { result, failure } = await restartAndWait(
    paths,
    snapshot,
    running,
    [{ service: DOCKER, verbs: ['restart'], always: false }],
    reporter,
    signal,
  );
  if (failure === undefined) {
    // also where docksmith does not restart it: the admin who does has these files
    if (restart !== undefined) forgetFormer(paths);
    return { ...result, isPutBack: false };
  }
  // it may be about to start: what is pending stays so
  if (signal.aborted) return { ...result, failures: [failure], isPutBack: false };
  const said = await readLastWords(running, snapshot);
  const why = [failure.why, ...said].join('\n');
  const files = await putBackOptions(paths, why);
  if (files.length === 0) return { ...result, failures: [failure], isPutBack: false };
  reporter.progress('starting the engine with its former options');
  const again = await restartAndWait(
    paths,
    snapshot,
    running,
    [{ service: DOCKER, verbs: ['restart'], always: true }],
    reporter,
    signal,
  );
  if (again.failure === undefined) await startAgain(paths, snapshot, stopped, reporter);
  const outcome =
    again.failure === undefined ? 'it runs with them' : `it does not start with them either: ${again.failure.why}`;
  const refused = new Failure('cannot start the engine with its new options', {
    why: `${why}\n${files.join(', ')} ${files.length === 1 ? 'is' : 'are'} as before, and ${outcome}`,
    hint: 'fix the options; the same ones are tried again only with signal-event --retry',
  });
  return { adjusted: [...result.adjusted, ...again.result.adjusted], failures: [refused], isPutBack: true };
}

/** Restarts the engine with the options that it has, and waits until it answers again. @returns why it does not */
export async function restartAsItIs(
  paths: Paths,
  snapshot: Snapshot,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const services = [{ service: DOCKER, verbs: ['restart'], always: true }] as const;
  return (await restartAndWait(paths, snapshot, findRunning(snapshot), services, reporter, signal)).failure;
}

async function restartAndWait(
  paths: Paths,
  snapshot: Snapshot,
  running: DockerdProcess | undefined,
  services: readonly ServiceToAdjust[],
  reporter: Reporter,
  signal: AbortSignal,
): Promise<{ readonly result: AdjustResult; readonly failure: Failure | undefined }> {
  const result = await adjustServices(paths, () => snapshot, services, DOCKER, reporter, signal);
  const [failed] = result.failures;
  if (failed !== undefined) return { result, failure: failed };
  if (!result.adjusted.some(({ outcome }) => outcome === 'done') || !new DockerRecord(snapshot).isEnabled)
    return { result, failure: undefined };
  reporter.progress('waiting for the engine');
  return {
    result,
    failure: await unlessInterrupted(
      signal,
      'cannot wait for the engine',
      waitForEngine(paths, snapshot, running === undefined ? undefined : () => !hasDockerd()),
    ),
  };
}

/** What the engine said last: to the file that it writes to, or to the journal. */
async function readLastWords(running: DockerdProcess | undefined, snapshot: Snapshot): Promise<readonly string[]> {
  const lines = running?.log === undefined ? [] : readEnd(running.log);
  if (lines.length > 0 || new DocksmithRecord(snapshot).serviceManager !== 'systemd') return lines;
  const { runProcess } = await import('../../event/run-process.ts');
  const said: string[] = [];
  await runProcess(
    'journalctl',
    ['--unit=docker.service', '--lines=5', '--output=cat', '--no-pager', '--quiet'],
    process.env,
    (line) => said.push(line),
    10,
  );
  return said;
}

function listCauses(intents: readonly Intent[]): readonly string[] {
  return intents.filter(({ kind, name }) => kind === 'service' && name === DOCKER).flatMap((intent) => intent.causes);
}

/**
 * @param isGone told by the processes that nothing is coming any more
 * @returns why it still does not answer after a minute, or when it is gone or will not answer; undefined once it does
 */
export async function waitForEngine(
  paths: Paths,
  snapshot: Snapshot,
  isGone: () => boolean = () => false,
): Promise<Failure | undefined> {
  // the engine that was silent before is a new process now
  forgetSilences();
  const until = performance.now() + ANSWERS_WITHIN_SECONDS * 1000;
  for (let gone = 0; ; ) {
    try {
      await getEngine(paths, snapshot);
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // one that listens and says nothing, or nothing that makes sense, was given its time
      const mayCome = error instanceof EngineGone && error.mayCome && performance.now() < until;
      gone = isGone() ? gone + 1 : 0;
      if (!mayCome || gone >= GONE_FOR_SECONDS * 5) return error;
      await sleep(200);
    }
  }
}

/** The process of the engine, where it is seen from here. */
export function findRunning(snapshot: Snapshot): DockerdProcess | undefined {
  const engine = nameEngine(snapshot);
  return engine.kind === 'socket' ? findDockerd(engine.socket.replace(/^unix:\/\//, '')) : undefined;
}
