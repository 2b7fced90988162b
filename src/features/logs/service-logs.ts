import { Failure, throwAll } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { AdminEngine, LogRequest, TaskLine } from '../../engine/admin-engine.ts';
import { listServiceNames, readServiceViews, type ServiceView } from '../../flow/swarm/service-views.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import type { LogsRequest, NamedLine } from './request.ts';

/**
 * Those of some names that are services of a swarm, as a manager sees them.
 * @throws Failure(s) on a host that is none, or where the swarm does not say
 */
export async function findServices(
  snapshot: Snapshot,
  names: readonly string[],
): Promise<ReadonlyMap<string, ServiceView>> {
  const ofSwarm = listServiceNames(snapshot);
  const wanted = names.filter((name) => ofSwarm.includes(name));
  if (wanted.length === 0) return new Map();
  if (new DockerRecord(snapshot).swarm !== 'manager')
    throwAll(
      wanted.map(
        (name) =>
          new Failure(`cannot read the log of service "${name}"`, {
            why: 'managers of the swarm know its tasks, and this host is none',
            hint: `on a manager: docksmith logs ${name}`,
          }),
      ),
    );
  const views = await readServiceViews(snapshot);
  if (views instanceof Failure) throw views;
  return new Map([...views].filter(([name]) => wanted.includes(name)));
}

/** All tasks of a service; the swarm itself goes on with tasks that come later. */
export class ServiceFollower {
  readonly #engine: AdminEngine;
  readonly #view: ServiceView;
  readonly #request: LogsRequest;
  readonly #nodes: ReadonlyMap<string, string>;
  /** of the nodes that wrote something, the time of their last line by their own clock */
  readonly #last = new Map<string, string>();

  constructor(engine: AdminEngine, view: ServiceView, request: LogsRequest) {
    this.#engine = engine;
    this.#view = view;
    this.#request = request;
    this.#nodes = new Map(view.tasks.map(({ node = '', nodeName = node }) => [node, nodeName]));
  }

  /** Nodes send what they have one after the other: it is put in order, and the last lines of all are meant. */
  async *readPast(): AsyncGenerator<NamedLine> {
    const { since, tail, signal } = this.#request;
    const lines: TaskLine[] = [];
    for await (const line of this.#read({ since, tail: tail === 0 ? 1 : tail, signal })) lines.push(line);
    lines.sort((a, b) => compareBytes(a.time, b.time));
    for (const { node, time } of lines) this.#last.set(node, time);
    for (const line of tail === undefined ? lines : tail === 0 ? [] : lines.slice(-tail)) yield this.#name(line);
  }

  async *follow(): AsyncGenerator<NamedLine> {
    const [since = this.#request.since] = [...this.#last.values()].sort(compareBytes);
    for await (const line of this.#read({ follow: true, since, signal: this.#request.signal }))
      if (line.time > (this.#last.get(line.node) ?? '')) yield this.#name(line);
  }

  #read(request: LogRequest): AsyncIterable<TaskLine> {
    return this.#engine.readServiceLogs(this.#view.service.id, request);
  }

  #name(line: TaskLine): NamedLine {
    return { ...line, name: this.#view.name, node: this.#nodes.get(line.node) ?? line.node };
  }
}
