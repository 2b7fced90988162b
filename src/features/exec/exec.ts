import type { ExecRequest, ExecSession } from '../../engine/admin-engine.ts';
import { Failure } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { quoteWords } from '../../base/quote.ts';
import { findOurs, getOurs, openEngineAccess } from '../../flow/engine-access.ts';
import { listRunning, readServiceViews } from '../../flow/swarm/service-views.ts';
import { Container } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';

/** Begins a command in a container that runs. @throws Failure where there is no such container, or it does not run */
export async function beginExec(paths: Paths, name: string, request: ExecRequest): Promise<ExecSession> {
  const { engine, adminEngine, snapshot } = await openEngineAccess(paths);
  if (new Container(snapshot, name).isSwarmService && (await findOurs(engine, name)) === undefined)
    return adminEngine.exec(await findTask(engine, snapshot, name, request.command), request);
  const [container] = await getOurs(engine, snapshot, [name]);
  if (container?.status !== 'running') {
    throw new Failure(`cannot run "${request.command[0] ?? ''}" in container "${name}"`, {
      why: `it is ${container?.status ?? 'gone'}`,
      hint: `docksmith start ${name}`,
    });
  }
  return adminEngine.exec(container.id, request);
}

/** The container of a task on this node: an engine runs commands in its own alone. */
async function findTask(engine: Engine, snapshot: Snapshot, name: string, command: readonly string[]): Promise<string> {
  const own = (await engine.listContainers()).find(
    ({ labels, status }) => labels['com.docker.swarm.service.name'] === name && status === 'running',
  );
  if (own !== undefined) return own.id;
  const what = `cannot run "${command[0] ?? ''}" in service "${name}"`;
  const views = await readServiceViews(snapshot);
  if (views instanceof Failure) throw views;
  const view = views.get(name);
  const nodes = view === undefined ? [] : [...new Set(listRunning(view).map(({ nodeName = '?' }) => nodeName))];
  const [first] = nodes;
  if (first !== undefined)
    throw new Failure(what, {
      why: `none of its tasks is on this node: they are on ${nodes.join(', ')}`,
      hint: `ssh ${first} ${quoteWords(['docksmith', 'exec', name, ...command])}`,
    });
  throw new Failure(what, {
    why:
      new DockerRecord(snapshot).swarm === 'manager'
        ? 'none of its tasks runs'
        : 'none of its tasks is on this node, and managers know where they are',
    hint: `on a manager: docksmith status ${name}`,
  });
}
