import type { ContainerInspect } from '../../container/engine.ts';
import { getDb } from '../../db/snapshot.ts';
import { Failure } from '../../errors.ts';
import { listOperations, listRunsWithOperations, type RunOperation } from '../../event/operations-log.ts';
import { listRuns, type Run, runsFolder } from '../../event/runs.ts';
import { CONTAINERS } from '../../model/ports.ts';
import { findNearest } from '../../nearest.ts';
import type { Paths } from '../../paths.ts';
import { readHostSnapshot } from '../daily.ts';
import { findEngine } from '../world.ts';

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
  readonly now: { readonly state: string; readonly created: string; readonly started: string } | undefined;
  /** the engine has started it after docksmith last did: by its restart policy, or by hand */
  readonly startedByOthers: boolean;
}

const WHAT: Readonly<Record<string, ContainerWhy['doings'][number]['what']>> = { create: 'made', recreate: 'made', start: 'started', restart: 'started', update: 'updated', stop: 'stopped', remove: 'removed' };

/**
 * Says by the records of runs why a container was last made, started, updated and stopped.
 * @throws Failure where there is neither a record of it nor anything that was done to it
 */
export async function whyContainer(paths: Paths, name: string): Promise<ContainerWhy> {
  const snapshot = readHostSnapshot(paths);
  const runs = new Map(listRuns(paths).runs.map((run) => [run.id, run]));
  const all = listRunsWithOperations(runsFolder(paths)).flatMap((run) => listOperations(runsFolder(paths), run).filter((operation) => operation.name === name).toReversed().map((operation) => describe(operation, run, runs.get(run))));
  const records = getDb(snapshot, CONTAINERS);
  if (all.length === 0 && !records.has(name)) {
    const nearest = findNearest(name, records.keys());
    throw new Failure(`cannot tell why "${name}" is as it is`, { why: 'there is no container, file or host of that name', ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }) });
  }
  const seen = new Set<string>();
  const doings = all.flatMap((doing) => {
    const what = WHAT[doing.verb];
    // of what failed the last attempt counts too, beside the last that did not
    const kind = `${what ?? ''} ${doing.failure === undefined ? '' : 'failed'}`;
    if (what === undefined || seen.has(kind)) return [];
    seen.add(kind);
    return [{ ...doing, what }];
  });
  const container = await inspect(paths, snapshot, name);
  const last = doings.find(({ what, failure }) => (what === 'made' || what === 'started') && failure === undefined);
  return {
    name, doings,
    now: container === undefined ? undefined : { state: container.State.Status, created: container.Created, started: container.State.StartedAt },
    startedByOthers: container !== undefined && container.State.Running && (last === undefined || Date.parse(container.State.StartedAt) > Date.parse(last.time)),
  };
}

function describe(operation: RunOperation, run: string, record: Run | undefined): Doing {
  return { ...operation, run, command: record && [record.event.includes(' ') ? record.event : `signal-event ${record.event}`, ...record.args].join(' '), who: record?.who.sudoUser ?? record?.who.user };
}

async function inspect(paths: Paths, snapshot: Parameters<typeof findEngine>[1], name: string): Promise<ContainerInspect | undefined> {
  const engine = await findEngine(paths, snapshot);
  const id = (await engine?.listContainers())?.find((container) => container.name === name)?.id;
  return id === undefined ? undefined : engine?.findContainer(id);
}
