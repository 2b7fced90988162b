import { listPublishedPorts } from '../../container/actual/engine-facts.ts';
import type { Failure } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { isNetworkOf, type KernelRules, readKernelRules } from '../../firewall/kernel.ts';
import type { PublishedPort } from '../../host/facts.ts';
import { hasDockerd } from '../../host/dockerd-process.ts';
import { restartAsItIs } from '../daemon/daemon.ts';
import { findEngine, readHostSnapshot } from '../host-state.ts';
import { findLostRules, forgetTried, formatLost, rememberTried, warningOf } from '../loaded/engine-rules.ts';
import type { Reporter } from '../reporter.ts';
import type { Prepared } from '../step-part.ts';

/** What became of the engine's own rules. */
export interface EngineRestored {
  /** what was done, or would be */
  readonly said: readonly string[];
  readonly warnings: readonly string[];
  readonly failures: readonly Failure[];
  /** as they are now */
  readonly kernelRules: Promise<KernelRules>;
}

/**
 * The engine's own rules of the packet filter, where a flush has taken them: nothing but the start of the engine
 * puts them back, so it is restarted if no container stops with it, and else a warning says what to do.
 */
export async function restoreEngine(
  paths: Paths,
  prepared: Pick<Prepared, 'kernelRules' | 'published'> | undefined,
  { dryRun, reporter, signal }: { readonly dryRun: boolean; readonly reporter: Reporter; readonly signal: AbortSignal },
): Promise<EngineRestored> {
  const kernelRules = prepared?.kernelRules ?? readKernelRules(paths);
  const as = { said: [], warnings: [], failures: [], kernelRules };
  let read: Snapshot | undefined;
  const readSnapshot = (): Snapshot => (read ??= readHostSnapshot(paths));
  const published = prepared?.published ?? (await listPublished(paths, readSnapshot));
  const lost = await findLostRules(paths, readSnapshot, await kernelRules, published);
  if (lost === undefined) {
    if (!dryRun) forgetTried(paths);
    return as;
  }
  if (lost.obstacle !== undefined) return { ...as, warnings: [warningOf(lost)] };
  if (dryRun) return { ...as, said: [`engine would be restarted: ${formatLost(lost.rules)}`] };
  // what is still missing then is not tried again by every event
  rememberTried(paths, lost);
  const failure = await restartAsItIs(paths, readSnapshot(), reporter, signal);
  const after = { ...as, kernelRules: readKernelRules(paths) };
  if (failure !== undefined) return { ...after, failures: [failure] };
  const left = await findLostRules(paths, readSnapshot, await after.kernelRules, published);
  if (left === undefined) forgetTried(paths);
  return {
    ...after,
    said: [`engine restarted, no container stopped: ${formatLost(lost.rules)}`],
    warnings: left === undefined ? [] : [warningOf(left)],
  };
}

async function listPublished(paths: Paths, readSnapshot: () => Snapshot): Promise<readonly PublishedPort[]> {
  // before the engine starts systemd listens on its socket, and whoever asks there waits
  const engine = isNetworkOf(paths) && hasDockerd() ? await findEngine(paths, readSnapshot()) : undefined;
  return engine === undefined ? [] : listPublishedPorts(engine);
}
