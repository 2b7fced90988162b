import type { ContainerInspect, ContainerSummary, Engine } from '../container/engine.ts';
import { MANAGED_LABEL, NAME_LABEL, REPLACED_SUFFIX } from '../container/names.ts';
import { findProp, getDb, listRecords, type Snapshot } from '../db/snapshot.ts';
import { Failure, throwAll } from '../errors.ts';
import { compareBytes } from '../layers.ts';
import { CONTAINERS } from '../model/ports.ts';
import { listUrls } from '../model/urls.ts';
import { findNearest } from '../nearest.ts';
import { type Intent, listIntents } from '../output/intents.ts';
import type { Paths } from '../paths.ts';
import { readHostSnapshot } from './daily.ts';
import { getEngine } from './world.ts';

export interface ContainerStatus {
  readonly name: string;
  /** what its record says; undefined: there is none */
  readonly record: 'enabled' | 'disabled' | undefined;
  /** an old container that a recreate put aside and did not come to remove yet */
  readonly isAside: boolean;
  /** running, restarting, paused, created, exited, dead or removing, as the engine says, or missing */
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
}

export interface Status {
  readonly containers: readonly ContainerStatus[];
  /** adjustments that are still to be done */
  readonly pending: readonly Intent[];
}

/** A run that lasts so long makes the engine begin anew with the waits between its restarts: so it counts as one that went well (moby, restartmanager). */
const RUNS_WELL_AFTER_MILLISECONDS = 10_000;
const NEVER = '0001-01-01T00:00:00Z';

/** How things stand: every record of a container and every container of ours, by name. @throws Failure(s) for names that are neither, and where the engine does not answer */
export async function readStatus(paths: Paths, names: readonly string[], now = new Date()): Promise<Status> {
  const snapshot = readHostSnapshot(paths);
  const engine = await getEngine(paths, snapshot);
  const ours = (await engine.listContainers()).filter(({ labels }) => labels[MANAGED_LABEL] === 'true');
  const records = listRecords(snapshot, CONTAINERS).filter(({ type }) => type === 'service').map(({ key }) => key);
  const all = [...new Set([...records, ...ours.map(({ name }) => name)])].sort(compareBytes);
  const isAsked = (name: string): boolean => names.length === 0 || names.includes(name) || names.includes(baseName(name));
  refuseUnknown(names, all);
  const containers = await Promise.all(all.filter(isAsked).map((name) => readOne(engine, snapshot, name, ours.find((container) => container.name === name), now)));
  return { containers, pending: listIntents(paths) };
}

/** @param all records and containers of ours @throws Failure(s) for names that are none of them, also not without what an interrupted recreate has added */
export function refuseUnknown(names: readonly string[], all: readonly string[]): void {
  throwAll(names.filter((name) => !all.some((known) => known === name || baseName(known) === name)).map((name) => {
    const nearest = findNearest(name, all);
    return new Failure(`cannot find container "${name}"`, { why: 'there is neither a record of it nor a container that docksmith made', ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }) });
  }));
}

/** `wiki` of `wiki.docksmith-old` */
function baseName(name: string): string {
  return name.endsWith(REPLACED_SUFFIX) ? name.slice(0, -REPLACED_SUFFIX.length) : name;
}

async function readOne(engine: Engine, snapshot: Snapshot, name: string, container: ContainerSummary | undefined, now: Date): Promise<ContainerStatus> {
  const inspect = container === undefined ? undefined : await engine.findContainer(container.id);
  const isAside = container !== undefined && container.labels[NAME_LABEL] !== name && container.labels[NAME_LABEL] === baseName(name);
  const record = getDb(snapshot, CONTAINERS).has(name) ? (findProp(snapshot, CONTAINERS, name, 'status') === 'enabled' ? 'enabled' : 'disabled') : undefined;
  const urls = record === 'enabled' ? listUrls(snapshot, name) : [];
  // it may have gone between the list and now
  if (container === undefined || inspect === undefined) return { name, record, isAside, urls, ...NOT_THERE };
  const [used, image] = await Promise.all([readMemory(engine, inspect), engine.findImage(inspect.Image)]);
  const digests = image?.RepoDigests ?? [];
  return {
    name, record, isAside, urls, ...describeState(inspect, now),
    memory: { used, limit: inspect.HostConfig.Memory || undefined },
    ports: container.ports, image: inspect.Config.Image, digest: digests[0]?.split('@')[1] ?? inspect.Image,
  };
}

const NOT_THERE = {
  state: 'missing', health: undefined, isCrashLooping: false, restarts: 0, exitCode: undefined, outOfMemory: false, started: undefined, finished: undefined,
  memory: { used: undefined, limit: undefined }, ports: [], image: undefined, digest: undefined,
} as const;

/** What inspect says of the run that is, or was last. Pure. */
export function describeState({ State, RestartCount = 0 }: Pick<ContainerInspect, 'State' | 'RestartCount'>, now: Date): Pick<ContainerStatus, 'state' | 'health' | 'isCrashLooping' | 'restarts' | 'exitCode' | 'outOfMemory' | 'started' | 'finished'> {
  const health = State.Health?.Status;
  const [started, finished] = [State.StartedAt, State.FinishedAt].map((time) => (time === undefined || time === NEVER ? undefined : time));
  const isFresh = State.Status === 'running' && started !== undefined && now.getTime() - Date.parse(started) < RUNS_WELL_AFTER_MILLISECONDS;
  return {
    state: State.Status,
    // of what does not run the engine keeps saying what it said last
    health: health === undefined || health === 'none' || State.Status !== 'running' ? undefined : health,
    isCrashLooping: RestartCount >= 2 && (State.Status === 'restarting' || isFresh),
    restarts: RestartCount,
    exitCode: State.Status === 'running' || State.Status === 'paused' || finished === undefined ? undefined : State.ExitCode,
    outOfMemory: State.OOMKilled ?? false,
    started, finished,
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
