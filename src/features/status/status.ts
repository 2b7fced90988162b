import type { ContainerSummary, Engine } from '../../engine/engine.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import { MANAGED_LABEL, NAME_LABEL, REPLACED_SUFFIX } from '../../container/spec/names.ts';
import { isUnsteady } from '../../container/actual/steady.ts';
import { findOwner, findServing } from '../../container/actual/whose.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { holdsOpenSecrets } from '../../container/spec/spec-hash.ts';
import { type FailedSpecs, getSpecDigest } from '../../container/plan/skip-failed-specs.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure, Failures, throwAll } from '../../base/errors.ts';
import { findEventHolder } from '../../event/event-lock.ts';
import { compareBytes } from '../../base/layers.ts';
import { holdsSecret } from '../../base/mask.ts';
import { Container, listContainers } from '../../model/container.ts';
import { listUrls } from '../../model/urls.ts';
import { findNearest } from '../../base/nearest.ts';
import { type Intent, listIntents } from '../../output/commit/intents.ts';
import { readJournal } from '../../output/commit/journal.ts';
import type { Paths } from '../../base/paths.ts';
import { hasJournal } from '../../files/unfinished.ts';
import { readHostSnapshot } from '../../flow/engine-access.ts';
import { readFailedOptions } from '../../flow/daemon/engine-fallback.ts';
import { findDeferred } from '../../flow/set-up/pending-set-up.ts';
import { readFailedSpecs } from '../../flow/containers/failed-specs.ts';
import { readRunSpecs } from '../../flow/containers/run-specs.ts';
import { readSecrets } from '../../flow/secrets.ts';
import { getEngine } from '../../flow/host-state.ts';

export interface ContainerStatus {
  readonly name: string;
  /** what its record says; undefined: there is none */
  readonly record: 'enabled' | 'disabled' | undefined;
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
  /** secrets stand in the label that says what it was made of */
  readonly hasOpenLabel?: true;
}

export interface Status {
  readonly containers: readonly ContainerStatus[];
  /** adjustments that are still to be done */
  readonly pending: readonly Intent[];
  /** a commit that was killed and is not put right yet, in words; undefined: there is none */
  readonly unfinished: string | undefined;
  /** where the dbs were laid out, while what is of this host alone is still to be found out; undefined: it is found */
  readonly deferred: string | undefined;
  /** options with which the engine did not start, which no event tries again by itself; undefined: there are none */
  readonly failedOptions: { readonly when: string; readonly why: string } | undefined;
  /** why nothing is known of the containers; undefined: the engine answers */
  readonly engineFailure: Failure | undefined;
}

const NEVER = '0001-01-01T00:00:00Z';

/**
 * How things stand: every record of a container and every container of ours, by name. Without an
 * engine what only the host knows. @throws Failure(s) for names that are neither
 */
export async function readStatus(paths: Paths, names: readonly string[]): Promise<Status> {
  const snapshot = readHostSnapshot(paths);
  const ofHost = {
    pending: listIntents(paths),
    unfinished: findUnfinished(paths),
    failedOptions: readFailedOptions(paths),
    deferred: findDeferred(paths),
  };
  const records = listContainers(snapshot).map(({ key }) => key);
  const failed = readFailed(paths);
  const isAsked = (name: string): boolean =>
    names.length === 0 || names.includes(name) || names.includes(baseName(name));
  const found = await findContainers(paths, snapshot);
  if (found instanceof Failure) {
    // a container without a record may be there for all we know
    const all = names.length === 0 ? records : names;
    const containers = all.toSorted(compareBytes).map((name) => ({
      ...describeRecord(snapshot, name),
      failed: failed.get(name),
      isAside: false,
      called: undefined,
      ...NOT_THERE,
      state: 'unknown',
    }));
    return { containers, ...ofHost, engineFailure: found };
  }
  const { engine, ours } = found;
  // the one that serves under a name stands under it, whatever it is called now; others of the same owner
  // under their own
  const rows = new Map(
    ours.map((container) => {
      const owner = findOwner(container) ?? container.name;
      return [findServing(ours, owner) === container ? owner : container.name, container] as const;
    }),
  );
  const all = [...new Set([...records, ...rows.keys()])].sort(compareBytes);
  refuseUnknown(names, [...all, ...ours.map(({ name }) => name)]);
  const { mask } = readSecrets(paths);
  const containers = await Promise.all(
    all
      .filter((name) => isAsked(name) || isAsked(rows.get(name)?.name ?? name))
      .map(async (name): Promise<ContainerStatus> => {
        const container = rows.get(name);
        const isOpen = container !== undefined && holdsOpenSecrets(container.labels, (text) => holdsSecret(mask, text));
        return {
          ...(await readOne(engine, snapshot, name, container)),
          failed: failed.get(name),
          ...(isOpen && { hasOpenLabel: true }),
        };
      }),
  );
  return { containers, ...ofHost, engineFailure: undefined };
}

async function findContainers(
  paths: Paths,
  snapshot: Snapshot,
): Promise<{ readonly engine: Engine; readonly ours: readonly ContainerSummary[] } | Failure> {
  try {
    const engine = await getEngine(paths, snapshot);
    return { engine, ours: (await engine.listContainers()).filter(({ labels }) => labels[MANAGED_LABEL] === 'true') };
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Of those that are still as they were when they failed; one whose file cannot be read may be. */
function readFailed(paths: Paths): FailedSpecs {
  const failed = readFailedSpecs(paths);
  return new Map(
    [...failed].filter(([name, { digest }]) => {
      const spec = findRunSpec(paths, name);
      return spec === undefined || getSpecDigest(spec) === digest;
    }),
  );
}

function findRunSpec(paths: Paths, name: string): RunSpec | undefined {
  try {
    return readRunSpecs(paths, [name]).get(name);
  } catch (error) {
    if (error instanceof Failure || error instanceof Failures) return undefined;
    throw error;
  }
}

/** Every command puts right what was killed before it looks: what is left could not be, or is at work. */
function findUnfinished(paths: Paths): string | undefined {
  if (!hasJournal(paths) || findEventHolder(paths) !== undefined) return undefined;
  try {
    const journal = readJournal(paths);
    return (
      journal &&
      `"${journal.command}" was killed ${journal.isCommitted ? 'after' : 'before'} its commit, and its recovery is pending`
    );
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

/**
 * @param all records and containers of ours
 * @throws Failure(s) for names that are none of them, also not without what an interrupted recreate has added
 */
export function refuseUnknown(names: readonly string[], all: readonly string[]): void {
  throwAll(
    names
      .filter((name) => !all.some((known) => known === name || baseName(known) === name))
      .map((name) => {
        const nearest = findNearest(name, all);
        return new Failure(`cannot find container "${name}"`, {
          why: 'there is neither a record of it nor a container that docksmith made',
          ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }),
        });
      }),
  );
}

/** `wiki` of `wiki.docksmith-old` */
function baseName(name: string): string {
  return name.endsWith(REPLACED_SUFFIX) ? name.slice(0, -REPLACED_SUFFIX.length) : name;
}

/** What the dbs say of it. */
function describeRecord(snapshot: Snapshot, name: string): Pick<ContainerStatus, 'name' | 'record' | 'urls'> {
  const container = new Container(snapshot, name);
  const record = container.isContainer ? (container.isEnabled ? 'enabled' : 'disabled') : undefined;
  return { name, record, urls: record === 'enabled' ? listUrls(container) : [] };
}

async function readOne(
  engine: Engine,
  snapshot: Snapshot,
  name: string,
  container: ContainerSummary | undefined,
): Promise<Omit<ContainerStatus, 'failed'>> {
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
  const digests = image?.RepoDigests ?? [];
  return {
    ...record,
    isAside,
    called,
    ...describeState(inspect, engine.getTime()),
    memory: { used, limit: inspect.HostConfig.Memory || undefined },
    ports: container.ports,
    image: reference,
    digest: digests[0]?.split('@')[1] ?? inspect.Image,
    isImageOld: meant !== undefined && meant.Id !== inspect.Image,
  };
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
