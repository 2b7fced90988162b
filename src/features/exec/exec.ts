import type { ExecRequest, ExecSession } from '../../engine/admin-engine.ts';
import { Failure } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { HOSTS } from '../../db/hosts/host-records.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { findServing } from '../../container/actual/whose.ts';
import { TASK_LABEL } from '../../container/spec/names.ts';
import { quoteWord, quoteWords } from '../../base/quote.ts';
import { getOurs, openEngineAccess } from '../../flow/engine-access.ts';
import { listRunning, readServiceViews } from '../../flow/swarm/service-views.ts';
import { Container } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { findOwnNode, listNodeRecords } from '../../model/swarm/node-record.ts';
import { type KnownHost, readHost } from '../hosts/known-hosts.ts';

/** A command that runs in a container of this host, or the host that is to run it by `docksmith WORDS`. */
export type Begun = { readonly session: ExecSession } | { readonly host: KnownHost; readonly words: readonly string[] };

/**
 * Begins a command in a container that runs, or in a task of a service. An engine runs commands in its own containers
 * alone: for a task on another node, that node is found.
 * @throws Failure where there is no such container, or it does not run
 */
export async function beginExec(paths: Paths, name: string, request: ExecRequest): Promise<Begun> {
  const { engine, adminEngine, snapshot } = await openEngineAccess(paths);
  const all = await engine.listContainers();
  const ours = findServing(all, name);
  const task = all.find(({ labels, status }) => labels[TASK_LABEL] === name && status === 'running');
  if (ours === undefined && task !== undefined) return { session: await adminEngine.exec(task.id, request) };
  if (ours === undefined && new Container(snapshot, name).isSwarmService)
    return { host: await findHost(snapshot, name, request), words: wordsFor(name, request) };
  const [container] = ours === undefined ? await getOurs(engine, snapshot, [name]) : [ours];
  if (container?.status !== 'running') {
    throw new Failure(`cannot run "${request.command[0] ?? ''}" in container "${name}"`, {
      why: `it is ${container?.status ?? 'gone'}`,
      hint: `docksmith start ${name}`,
    });
  }
  return { session: await adminEngine.exec(container.id, request) };
}

/** The host of another node that runs a task, by its record in db `hosts`. */
async function findHost(snapshot: Snapshot, name: string, request: ExecRequest): Promise<KnownHost> {
  const what = `cannot run "${request.command[0] ?? ''}" in service "${name}"`;
  const views = await readServiceViews(snapshot);
  if (views instanceof Failure) throw views;
  const view = views.get(name);
  const own = findOwnNode(snapshot);
  // a task of this node that has just ended is not looked for here once more
  const nodes = (view === undefined ? [] : listRunning(view)).flatMap(({ nodeName }) =>
    nodeName === undefined || own?.isCalled(nodeName) === true ? [] : [nodeName],
  );
  const records = listNodeRecords(snapshot);
  const record = nodes.flatMap((node) => records.find((one) => one.isCalled(node)) ?? [])[0];
  if (record !== undefined) return readHost(snapshot, record.key);
  const [first] = nodes;
  if (first !== undefined)
    throw new Failure(what, {
      why: `none of its tasks is on this node: they are on ${[...new Set(nodes)].join(', ')}, and db ${HOSTS} has no such record`,
      hint: `db ${HOSTS} set ${first} docksmith Address root@HOST; or: ssh ${first} ${forShell(['docksmith', ...wordsFor(name, request)])}`,
    });
  throw new Failure(what, {
    why:
      new DockerRecord(snapshot).swarm === 'manager'
        ? 'none of its tasks runs'
        : 'none of its tasks is on this node, and managers know where they are',
    hint: `on a manager: docksmith status ${name}`,
  });
}

/** What is asked for here, as it is asked for there. */
function wordsFor(name: string, { command, stdin, tty, user, workdir, env = [] }: ExecRequest): readonly string[] {
  return [
    'exec',
    ...(stdin ? ['-i'] : []),
    ...(tty ? ['-t'] : []),
    ...(user === undefined ? [] : [`--user=${user}`]),
    ...(workdir === undefined ? [] : [`--workdir=${workdir}`]),
    ...env.map((one) => `--env=${one}`),
    name,
    ...command,
  ];
}

/** As it is typed behind `ssh HOST`, which gives it to a shell once more. */
function forShell(words: readonly string[]): string {
  const text = quoteWords(words);
  return text === words.join(' ') ? text : quoteWord(text);
}
