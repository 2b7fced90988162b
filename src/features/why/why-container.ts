import type { ContainerSummary, Engine } from '../../engine/engine.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import { findOwner, findServing } from '../../container/actual/whose.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { listOperations, listRunsWithOperations, type RunOperation } from '../../event/operations-log.ts';
import { listRuns, type Run, runsFolder } from '../../event/runs.ts';
import { Container, listContainers } from '../../model/container.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { findEngine, readHostSnapshot } from '../../flow/host-state.ts';
import { readServiceViews, type ServiceView } from '../../flow/swarm/service-views.ts';
import { describeService, type ServiceStatus } from '../status/service-status.ts';

/** Something that docksmith did to a container. */
export interface Doing extends RunOperation {
  readonly run: string;
  /** in words: `signal-event docker-update`; undefined where the record of the run is damaged */
  readonly command: string | undefined;
  readonly who: string | undefined;
}

export interface ContainerWhy {
  readonly name: string;
  /** the last time that it was made, that it was started or restarted, and so on; the newest first */
  readonly doings: readonly (Doing & { readonly what: 'made' | 'started' | 'updated' | 'stopped' | 'removed' })[];
  /** undefined where the engine does not answer or has no such container */
  readonly now: ContainerNow | undefined;
  /** of one that the swarm runs, as a manager sees it */
  readonly service?: Pick<ServiceStatus, 'wanted' | 'running' | 'nodes'>;
  /** it was started after the last that docksmith did to it: by the engine's restart policy, or by hand */
  readonly startedByOthers: boolean;
}

export interface ContainerNow {
  /** as the engine names it: `running` */
  readonly state: string;
  /** of the engine's own check, where there is one: `unhealthy` */
  readonly health?: string;
  /** of one that does not run */
  readonly exitCode?: number;
  /** ISO 8601 */
  readonly created: string;
  readonly started: string;
}

const WHAT: ReadonlyMap<string, ContainerWhy['doings'][number]['what']> = new Map([
  ['create', 'made'],
  ['recreate', 'made'],
  ['start', 'started'],
  ['restart', 'started'],
  ['update', 'updated'],
  ['connect', 'updated'],
  ['disconnect', 'updated'],
  ['stop', 'stopped'],
  ['remove', 'removed'],
]);

/**
 * Says by the records of runs why a container was last made, started, updated and stopped.
 * @throws Failure where there is neither a record of it, nor a container of ours, nor anything that was done to one
 */
export async function whyContainer(paths: Paths, name: string): Promise<ContainerWhy> {
  const snapshot = readHostSnapshot(paths);
  const runs = new Map(listRuns(paths).runs.map((run) => [run.id, run]));
  const all = listRunsWithOperations(runsFolder(paths)).flatMap((run) =>
    listOperations(runsFolder(paths), run)
      .toReversed()
      .flatMap((operation) => {
        // an image or a volume may have the same name
        const what = operation.name === name ? WHAT.get(operation.verb) : undefined;
        return what === undefined ? [] : [{ ...describe(operation, run, runs.get(run)), what }];
      }),
  );
  const engine = await findEngine(paths, snapshot);
  const summary = await findContainer(engine, name);
  const isOurs = summary !== undefined && findOwner(summary) !== undefined;
  if (all.length === 0 && !isOurs && !new Container(snapshot, name).isContainer)
    throw cannotTell(snapshot, name, summary !== undefined);
  const seen = new Set<string>();
  const doings = all.filter(({ what, failure }) => {
    // of what failed the last attempt counts too, beside the last that did not
    const kind = `${what} ${failure === undefined ? '' : 'failed'}`;
    return !seen.has(kind) && seen.add(kind);
  });
  const views = new Container(snapshot, name).isSwarmService ? await readServiceViews(snapshot) : undefined;
  const view = views instanceof Failure ? undefined : views?.get(name);
  const container = isOurs ? await engine?.findContainer(summary.id) : undefined;
  const [last] = doings;
  return {
    name,
    doings,
    now: container && describeNow(container),
    ...(view === undefined ? {} : { service: tellTasks(view) }),
    startedByOthers:
      last !== undefined &&
      container?.State.Running === true &&
      Date.parse(container.State.StartedAt) > Date.parse(last.time),
  };
}

function cannotTell(snapshot: Snapshot, name: string, isThere: boolean): Failure {
  const what = `cannot tell why "${name}" is as it is`;
  if (isThere) return new Failure(what, { why: "that container is not docksmith's", hint: `docker inspect ${name}` });
  return new Failure(what, {
    why: 'there is no container, file or host of that name',
    ...didYouMean(
      name,
      listContainers(snapshot).map(({ key }) => key),
    ),
  });
}

function tellTasks(view: ServiceView): NonNullable<ContainerWhy['service']> {
  const { wanted, running, nodes } = describeService(view);
  return { wanted, running, nodes };
}

function describeNow({
  Created,
  State: { Status, Health, Running, ExitCode, StartedAt },
}: ContainerInspect): ContainerNow {
  const health = Health?.Status ?? 'none';
  return {
    state: Status,
    ...(Running && health !== 'none' ? { health } : {}),
    ...(Status === 'exited' || Status === 'dead' ? { exitCode: ExitCode } : {}),
    created: Created,
    started: StartedAt,
  };
}

function describe(operation: RunOperation, run: string, record: Run | undefined): Doing {
  return {
    ...operation,
    run,
    command:
      record && [record.event.includes(' ') ? record.event : `signal-event ${record.event}`, ...record.args].join(' '),
    who: record?.who.sudoUser ?? record?.who.user,
  };
}

/** By its whole name, ours by whose it is; undefined also where the engine does not answer. */
export async function findContainer(engine: Engine | undefined, name: string): Promise<ContainerSummary | undefined> {
  const containers = (await engine?.listContainers()) ?? [];
  return findServing(containers, name) ?? containers.find((container) => container.name === name);
}
