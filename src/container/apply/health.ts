import type { Engine } from '../../engine/engine.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import type { HealthRequest } from '../spec/health-request.ts';
import { formatTimes, steadyTime } from '../actual/steady.ts';
import { type Probed, probeHttp, probeTcp, type Target } from './probe.ts';

/** What one look at a container tells. */
export type Health =
  | { readonly state: 'healthy' }
  /** not yet; `words` say what is missing, `isEngine` that the engine did not tell */
  | { readonly state: 'waiting'; readonly words: string; readonly isEngine?: boolean }
  /** there is nothing to wait for */
  | { readonly state: 'failed'; readonly words: string }
  /** somebody else did something to it: that says nothing of how it does */
  | { readonly state: 'disturbed'; readonly words: string };

/** So many times the engine may start again what ends at once. */
const MOST_RESTARTS = 5;

/** What was seen of the container before this look. */
export interface Seen {
  /** milliseconds since its last start */
  readonly ranFor: number;
  /** how often the engine started it again since somebody began to look */
  readonly restarts: number;
  /** its own check has not run since it was unpaused */
  readonly isStale?: boolean;
}

/**
 * Looks once: by the container's own check and by the port that the run spec names; without
 * these by a published TCP port that answers; without one by the time that it runs.
 */
export async function checkHealth(
  engine: Engine,
  inspect: ContainerInspect,
  request: HealthRequest,
  { ranFor, restarts, isStale = false }: Seen,
): Promise<Health> {
  const { State } = inspect;
  if (restarts >= MOST_RESTARTS)
    return { state: 'failed', words: `it ended ${MOST_RESTARTS} times, the last time ${describeEnd(inspect)}` };
  if (State.Status === 'restarting') return { state: 'waiting', words: `it ended ${describeEnd(inspect)}` };
  if (!State.Running) return judgeEnded(inspect);
  if (State.Status === 'paused') return { state: 'disturbed', words: 'it is paused' };
  // what it says of itself, it may have said before each of its ends
  const { RestartCount: ended = 0 } = inspect;
  if (ranFor < steadyTime(ended))
    return {
      state: 'waiting',
      words: `it ended ${formatTimes(ended)} by itself, and has not run for ${steadyTime(ended) / 1000}s since`,
    };

  const own = State.Health?.Status ?? 'none';
  if (own === 'unhealthy' && (isStale || !hasFailedChecks(inspect)))
    return { state: 'waiting', words: 'its own check has not run since it was paused' };
  if (own === 'unhealthy') return { state: 'failed', words: `its own check failed${describeCheck(inspect)}` };
  if (own === 'starting')
    return { state: 'waiting', words: `its own check has not succeeded yet${describeCheck(inspect)}` };
  if (request.port !== undefined || request.path !== undefined) return checkNamedPort(engine, inspect, request);
  if (own === 'healthy') return { state: 'healthy' };

  const probed = await Promise.all(
    listPublishedPorts(inspect).map(async (port) => ({ port, ...(await probePort(engine, inspect, port)) })),
  );
  if (probed.some(({ outcome }) => outcome === 'answers')) return { state: 'healthy' };
  const silent = probed.filter(({ outcome }) => outcome === 'silent');
  if (silent.length > 0) return { state: 'waiting', words: silent.map(describePort).join(', ') };
  return ranFor >= request.uptime
    ? { state: 'healthy' }
    : { state: 'waiting', words: `it has not run for ${request.uptime / 1000}s yet` };
}

/**
 * The engine calls what it pauses unhealthy, and says so until a check succeeds, or as many as it takes have
 * failed (moby, health.go).
 */
function hasFailedChecks({ State: { Health }, Config: { Healthcheck } }: ContainerInspect): boolean {
  return (Health?.FailingStreak ?? Infinity) >= (Healthcheck?.Retries || 3);
}

/** Tells one run of the container's own check from another. */
export function findLastCheck({ State: { Health } }: ContainerInspect): string | undefined {
  return Health?.Log?.at(-1)?.Start;
}

/** Milliseconds that the engine takes to call a container unhealthy by its own check; 0 where it has none. */
export function ownCheckTime({ Config: { Healthcheck: check } }: ContainerInspect): number {
  const [kind] = check?.Test ?? [];
  if (!check || kind === undefined || kind === 'NONE') return 0;
  // what is not said or 0 is the engine's default: https://docs.docker.com/reference/dockerfile/#healthcheck
  const seconds = (nanoseconds: number | null | undefined, plain: number): number =>
    nanoseconds ? nanoseconds / 1e9 : plain;
  return (
    1000 *
    (seconds(check.StartPeriod, 0) + (check.Retries || 3) * (seconds(check.Interval, 30) + seconds(check.Timeout, 30)))
  );
}

function judgeEnded({ State, HostConfig, RestartCount }: ContainerInspect): Health {
  if (State.Status === 'created') return { state: 'failed', words: 'it was never started' };
  const policy = HostConfig.RestartPolicy?.Name ?? '';
  // it has done what it was there for
  if (State.Status === 'exited' && State.ExitCode === 0 && ['', 'no', 'on-failure'].includes(policy))
    return { state: 'healthy' };
  const again = (RestartCount ?? 0) === 0 ? '' : ` for the ${(RestartCount ?? 0) + 1}. time`;
  return { state: 'failed', words: `it ended${again} ${describeEnd({ State })}` };
}

function describeEnd({ State: { ExitCode, OOMKilled = false } }: Pick<ContainerInspect, 'State'>): string {
  return `with exit code ${ExitCode}${OOMKilled ? ', as its memory limit was reached' : ''}`;
}

function describeCheck({ State: { Health } }: ContainerInspect): string {
  const last = Health?.Log?.at(-1);
  const said = last?.Output.trim() ?? '';
  if (last === undefined || last.ExitCode === 0) return '';
  return ` (exit code ${last.ExitCode}${said === '' ? '' : `: ${said.split('\n').at(-1) ?? ''}`})`;
}

async function checkNamedPort(
  engine: Engine,
  inspect: ContainerInspect,
  { port, path }: HealthRequest,
): Promise<Health> {
  const ports = port === undefined ? listPublishedPorts(inspect) : [port];
  if (ports.length === 0) return { state: 'failed', words: 'it has a HealthPath, and no port to ask there' };
  const probed = await Promise.all(
    ports.map(async (port) => ({ port, ...(await probePort(engine, inspect, port, path)) })),
  );
  if (probed.some(({ outcome }) => outcome === 'answers')) return { state: 'healthy' };
  return { state: 'waiting', words: probed.map(describePort).join(', ') };
}

function describePort({ port, words }: { readonly port: number; readonly words: string }): string {
  return `port ${port} does not answer (${words})`;
}

/** By the container's own address first: behind a published port stands a proxy that answers for it. */
async function probePort(engine: Engine, inspect: ContainerInspect, port: number, path?: string): Promise<Probed> {
  const probe = (target: Target): Promise<Probed> => (path === undefined ? probeTcp(target) : probeHttp(target, path));
  let last: Probed = { outcome: 'unreachable', words: 'its address cannot be reached from this host' };
  for (const targets of await listTargets(engine, inspect, port)) {
    const probed = await Promise.all(targets.map(probe));
    const [telling = last] = [
      ...probed.filter(({ outcome }) => outcome === 'answers'),
      ...probed.filter(({ outcome }) => outcome === 'silent'),
      ...probed,
    ];
    if (telling.outcome !== 'unreachable') return telling;
    last = telling;
  }
  return last;
}

/** Ways to a port of a container, the better ones first. */
async function listTargets(
  engine: Engine,
  { HostConfig: { NetworkMode }, NetworkSettings }: ContainerInspect,
  port: number,
): Promise<readonly (readonly Target[])[]> {
  if (NetworkMode === 'host') return [[{ address: '127.0.0.1', port, proxied: false }]];
  const other = /^container:(.+)$/.exec(NetworkMode ?? '')?.[1];
  if (other !== undefined) {
    const inspect = await engine.findContainer(other);
    return inspect === undefined ? [] : listTargets(engine, inspect, port);
  }
  const own = Object.values(NetworkSettings?.Networks ?? {}).flatMap((network) =>
    network?.IPAddress ? [{ address: network.IPAddress, port, proxied: false }] : [],
  );
  const published = (NetworkSettings?.Ports?.[`${port}/tcp`] ?? []).map(({ HostIp, HostPort }) => ({
    address: toReachable(HostIp),
    port: Number(HostPort),
    proxied: true,
  }));
  return [own, published];
}

function toReachable(address: string): string {
  if (address === '' || address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

function listPublishedPorts({ NetworkSettings }: ContainerInspect): readonly number[] {
  return Object.entries(NetworkSettings?.Ports ?? {}).flatMap(([port, bindings]) =>
    port.endsWith('/tcp') && (bindings ?? []).length > 0 ? [Number.parseInt(port)] : [],
  );
}
