import { countWanted, listRunning, type ServiceView, type TaskView } from '../../flow/swarm/service-views.ts';

/** How a service of a swarm stands, beside what its record says. */
export interface ServiceStatus {
  /** tasks that are to run */
  readonly wanted: number;
  readonly running: number;
  /** nodes that run one, each as often as it does */
  readonly nodes: readonly string[];
  /** how its last change went, where it did not go well or goes on: `updating`, `paused`, `rollback_completed` */
  readonly update?: { readonly state: string; readonly message: string };
  /** the newest task that did not run, where one is missing */
  readonly trouble?: { readonly node: string | undefined; readonly when: string; readonly why: string };
  /** those that are to run now */
  readonly tasks: readonly {
    readonly id: string;
    readonly slot: number | undefined;
    readonly node: string | undefined;
    readonly state: string;
    readonly since: string;
    readonly image: string;
  }[];
}

/** Pure. */
export function describeService(view: ServiceView): ServiceStatus {
  const [wanted, running] = [countWanted(view), listRunning(view)];
  const { update } = view.service;
  const trouble = running.length < wanted ? findTrouble(view.tasks) : undefined;
  return {
    wanted,
    running: running.length,
    nodes: running.map(({ nodeName, node }) => nodeName ?? node ?? '?'),
    ...(update === undefined || update.state === 'completed'
      ? {}
      : { update: { state: update.state, message: update.message } }),
    ...(trouble === undefined ? {} : { trouble }),
    tasks: view.tasks
      .filter(({ desired }) => desired === 'running')
      .map(({ id, slot, nodeName, state, since, image }) => ({ id, slot, node: nodeName, state, since, image })),
  };
}

function findTrouble(tasks: readonly TaskView[]): ServiceStatus['trouble'] {
  const failed = tasks.find(({ error }) => error !== '');
  if (failed === undefined) return undefined;
  const { nodeName: node, since: when, error, exitCode } = failed;
  return {
    node,
    when,
    why: exitCode === undefined || error.includes(String(exitCode)) ? error : `${error} (${exitCode})`,
  };
}

/** What of a service is not as it should be, each with what to do about it. */
export function listServiceAttention(
  name: string,
  { wanted, running, update, trouble }: ServiceStatus,
): readonly string[] {
  const state = update?.state ?? '';
  return [
    ...(running < wanted
      ? [
          `${running} of ${wanted} tasks run${trouble === undefined ? '' : `; on ${trouble.node ?? 'no node'} (${trouble.when.slice(0, 16).replace('T', ' ')}): ${trouble.why}`}; docksmith logs -n 20 ${name}`,
        ]
      : []),
    ...(state.startsWith('rollback') || state === 'paused'
      ? [
          `its last update was ${state === 'paused' ? 'stopped half-way' : 'taken back by the swarm'}: ${update?.message ?? ''}; docksmith logs -n 20 ${name}`,
        ]
      : []),
  ];
}
