import { Failure } from '../../base/errors.ts';
import { isUnsteady } from '../../container/actual/steady.ts';
import { NAME_LABEL, REPLACED_SUFFIX } from '../../container/spec/names.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import type { ContainerSummary, Engine } from '../../engine/engine.ts';
import { Container } from '../../model/container.ts';
import { listAwaiting } from '../../model/links/links.ts';
import { listUrls } from '../../model/urls.ts';
import type { ServiceStatus } from './service-status.ts';

/** How one container stands, or a record without one. */
export interface ContainerStatus {
  readonly name: string;
  /** what its record says; undefined: there is none */
  readonly record: 'enabled' | 'disabled' | undefined;
  /** what its record says that it is there for; undefined: there is none */
  readonly role: string | undefined;
  /** the containers that wait until it has completed, where there are some */
  readonly awaitedBy?: readonly string[];
  /** what the next event refuses of its record, and what files that it names are of no use; in sentences */
  readonly refused: readonly string[];
  /** an old container that a recreate put aside and did not come to remove yet */
  readonly isAside: boolean;
  /** what the engine calls it now, where that is another name: an interrupted recreate, or somebody, has renamed it */
  readonly called: string | undefined;
  /**
   * running, restarting, paused, created, exited, dead or removing, as the engine says, or missing; unknown
   * where no engine answers
   */
  readonly state: string;
  /** starting, healthy or unhealthy, where there is a check */
  readonly health: string | undefined;
  /** it ends again and again soon after the engine has started it */
  readonly isCrashLooping: boolean;
  /** by the engine, since somebody last started it */
  readonly restarts: number;
  /** how it ended last; undefined while it runs, or where it never ran */
  readonly exitCode: number | undefined;
  /** the kernel ended it for want of memory */
  readonly outOfMemory: boolean;
  /** why its run spec, as it is now, is not tried again by events, and since when (ISO 8601) */
  readonly failed: { readonly when: string; readonly why: string } | undefined;
  /** RFC 3339; undefined: it never was */
  readonly started: string | undefined;
  readonly finished: string | undefined;
  /** of a job, the end of what its last run printed */
  readonly output?: readonly string[];
  /** bytes in use, and the limit where there is one */
  readonly memory: { readonly used: number | undefined; readonly limit: number | undefined };
  /** published now */
  readonly ports: ContainerSummary['ports'];
  readonly urls: readonly string[];
  /** the reference that it was made from */
  readonly image: string | undefined;
  /** `sha256:…`: what registries call the image, or else its id */
  readonly digest: string | undefined;
  /** the reference means another image by now */
  readonly isImageOld: boolean;
  /** since when its repository could not be fetched, and why; what it sees is the former revision, or nothing */
  readonly contentFailure?: { readonly when: string; readonly why: string };
  /** secrets stand in the label that says what it was made of */
  readonly hasOpenLabel?: true;
  /** of a service of a swarm, as this manager sees it */
  readonly service?: ServiceStatus;
  /** what is installed and not loaded: vhosts, the engine's rules; sentences with their remedy */
  readonly unloaded?: readonly string[];
}

/** What record and engine say; what is kept of failures comes besides. */
type CachedRenderings = Omit<ContainerStatus, 'failed' | 'refused' | 'hasOpenLabel' | 'contentFailure' | 'unloaded'>;

const OUTPUT_LINES = 10;
/** The engine writes down that a container runs when that has printed something already. */
const EARLIER_MILLISECONDS = 1000;

/** How the engine writes a time that has not come yet. */
const NEVER = '0001-01-01T00:00:00Z';

/** `wiki` of `wiki.docksmith-old` */
export function baseName(name: string): string {
  return name.endsWith(REPLACED_SUFFIX) ? name.slice(0, -REPLACED_SUFFIX.length) : name;
}

/** What the dbs say of it. */
function describeRecord(
  snapshot: Snapshot,
  name: string,
): Pick<ContainerStatus, 'name' | 'record' | 'role' | 'urls' | 'awaitedBy'> {
  const container = new Container(snapshot, name);
  const record = container.isContainer ? (container.isEnabled ? 'enabled' : 'disabled') : undefined;
  const role = record === undefined ? undefined : container.role;
  const awaitedBy = record === 'enabled' ? listAwaiting(container) : [];
  return {
    name,
    record,
    role,
    urls: record === 'enabled' ? listUrls(container) : [],
    ...(awaitedBy.length > 0 && { awaitedBy }),
  };
}

/**
 * How a container stands, as the engine says right now.
 * @param name what it stands under: its record's, or its own
 * @param container undefined: the engine has none
 * @param withOutput whether a job's last lines are read, too
 */
export async function readContainerStatus(
  engine: Engine,
  snapshot: Snapshot,
  name: string,
  container: ContainerSummary | undefined,
  withOutput = false,
): Promise<CachedRenderings> {
  const inspect = container === undefined ? undefined : await engine.findContainer(container.id);
  const isAside =
    container !== undefined && container.labels[NAME_LABEL] !== name && container.labels[NAME_LABEL] === baseName(name);
  const called = container === undefined || container.name === name ? undefined : container.name;
  const record = describeRecord(snapshot, name);
  // it may have gone between the list and now
  if (container === undefined || inspect === undefined) return { ...record, isAside, called, ...NOT_THERE };
  const { Image: reference } = inspect.Config;
  const [used, image, meant] = await Promise.all([
    readMemory(engine, inspect),
    engine.findImage(inspect.Image),
    reference === undefined ? undefined : engine.findImage(reference),
  ]);
  // its log goes on from run to run
  const output =
    record.role === 'job' && withOutput && inspect.State.Status !== 'created'
      ? await engine.readLastLines(
          inspect.Id,
          OUTPUT_LINES,
          new Date(Date.parse(inspect.State.StartedAt) - EARLIER_MILLISECONDS).toISOString(),
        )
      : undefined;
  const digests = image?.RepoDigests ?? [];
  return {
    ...record,
    isAside,
    called,
    ...describeState(inspect, engine.getTime()),
    memory: { used, limit: inspect.HostConfig.Memory || undefined },
    ports: container.ports,
    ...(output && { output }),
    image: reference,
    digest: digests[0]?.split('@')[1] ?? inspect.Image,
    isImageOld: meant !== undefined && meant.Id !== inspect.Image,
  };
}

/**
 * A service of a swarm, whose tasks are no containers of this host's.
 * @param service undefined: the swarm has none of its name
 * @param isKnown whether this host is told: managers are
 */
export function describeServiceStatus(
  snapshot: Snapshot,
  name: string,
  service: ServiceStatus | undefined,
  isKnown: boolean,
): CachedRenderings {
  const none = { ...describeRecord(snapshot, name), isAside: false, called: undefined, ...NOT_THERE };
  if (service === undefined) return isKnown ? none : { ...none, state: 'unknown' };
  return {
    ...none,
    state: service.running > 0 ? 'running' : service.wanted === 0 ? 'exited' : 'created',
    image: service.tasks[0]?.image,
    service,
  };
}

/** Without an engine what the record alone says. */
export function describeUnknown(snapshot: Snapshot, name: string): CachedRenderings {
  return { ...describeRecord(snapshot, name), isAside: false, called: undefined, ...NOT_THERE, state: 'unknown' };
}

const NOT_THERE = {
  state: 'missing',
  health: undefined,
  isCrashLooping: false,
  restarts: 0,
  exitCode: undefined,
  outOfMemory: false,
  started: undefined,
  finished: undefined,
  memory: { used: undefined, limit: undefined },
  ports: [],
  image: undefined,
  digest: undefined,
  isImageOld: false,
} as const;

/**
 * What inspect says of the run that is, or was last. Pure.
 * @param now by the engine's clock, in milliseconds since 1970
 */
export function describeState(
  { State, RestartCount = 0 }: Pick<ContainerInspect, 'State' | 'RestartCount'>,
  now: number | undefined,
): Pick<
  ContainerStatus,
  'state' | 'health' | 'isCrashLooping' | 'restarts' | 'exitCode' | 'outOfMemory' | 'started' | 'finished'
> {
  const health = State.Health?.Status;
  const [started, finished] = [State.StartedAt, State.FinishedAt].map((time) =>
    time === undefined || time === NEVER ? undefined : time,
  );
  return {
    state: State.Status,
    // of what does not run the engine keeps saying what it said last
    health: health === undefined || health === 'none' || State.Status !== 'running' ? undefined : health,
    isCrashLooping: RestartCount >= 2 && isUnsteady({ State, RestartCount }, now),
    restarts: RestartCount,
    exitCode:
      State.Status === 'running' || State.Status === 'paused' || finished === undefined ? undefined : State.ExitCode,
    outOfMemory: State.OOMKilled ?? false,
    started,
    finished,
  };
}

/** Undefined for what does not run, or ends at this very moment. */
async function readMemory(engine: Engine, { Id, State }: ContainerInspect): Promise<number | undefined> {
  if (State.Status !== 'running') return undefined;
  try {
    return await engine.getMemoryUse(Id);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
