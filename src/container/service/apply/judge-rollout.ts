import type { Service, Task } from '../../../engine/swarm-api.ts';
import { listDifferences } from '../differences.ts';

/** How far a service has come. */
export interface Rollout {
  readonly state: 'done' | 'waiting' | 'failed';
  /** what it waits for, or why it failed, on one line */
  readonly words: string;
  /** grows with what has been reached: a time limit counts from the last step */
  readonly reached: string;
}

/** A task that ends again and again where the swarm itself never gives up. */
const MOST_FAILED = 3;

/**
 * Judges the rollout of a service by what the swarm says of it. Pure.
 * @param tasks newest first
 * @param before tasks that had ended already when it was begun: they say nothing of it
 */
export function judgeRollout(
  { body, update }: Pick<Service, 'body' | 'update'>,
  tasks: readonly Task[],
  before: ReadonlySet<string>,
): Rollout {
  // the engine leaves out of a task what is as it would be anyway
  const isCurrent = ({ template }: Task): boolean =>
    (template.ForceUpdate ?? 0) === (body.TaskTemplate.ForceUpdate ?? 0) &&
    listDifferences({ ...body, TaskTemplate: template }, body).length === 0;
  const wantedToRun = tasks.filter(({ desired }) => desired === 'running' || desired === 'ready');
  const current = wantedToRun.filter(isCurrent);
  const running = current.filter(({ state }) => state === 'running').length;
  const count = body.Mode.Replicated == null ? Math.max(wantedToRun.length, 1) : body.Mode.Replicated.Replicas;
  const state = update?.state ?? '';
  const errors = describeErrors(tasks.filter(({ id }) => !before.has(id)));
  const reached = `${state} ${running}`;
  const fail = (words: string): Rollout => ({ state: 'failed', words: `${words}${errors}`, reached });
  if (state === 'rollback_completed') return fail('the swarm has gone back to what ran before');
  if (state === 'paused') return fail('the swarm has stopped the update in the middle');
  if (state === 'rollback_paused') return fail('the swarm could not go back to what ran before');
  const others = [...new Set(current.map(({ state: has }) => has).filter((has) => has !== 'running'))];
  const counted = `${running} of ${count} ${count === 1 ? 'task runs' : 'tasks run'}`;
  const words = `${counted}${others.length === 0 ? '' : `, others are ${others.join(', ')}`}${errors}`;
  if (state === 'rollback_started') return { state: 'waiting', words: `the swarm goes back${errors}`, reached };
  const isUpdating = state === 'updating';
  if (!isUpdating && running >= count && wantedToRun.length === current.length)
    return { state: 'done', words, reached };
  // of an update the swarm itself counts the failures
  const failed = tasks.filter((task) => !before.has(task.id) && isFailed(task) && isCurrent(task));
  return !isUpdating && failed.length >= MOST_FAILED * Math.max(count - running, 1)
    ? fail(counted)
    : { state: 'waiting', words, reached };
}

function isFailed({ state }: Task): boolean {
  return state === 'failed' || state === 'rejected';
}

/** What tasks say of themselves, each sentence once; those that wait for a node say why, too. */
function describeErrors(tasks: readonly Task[]): string {
  const words = tasks.flatMap(({ state, error, message, exitCode }) => {
    if (isFailed({ state } as Task)) return [error || (exitCode === undefined ? message : `exit code ${exitCode}`)];
    if (state === 'pending' && error !== '') return [error];
    // one that was stopped since it is not healthy may end as if all was well
    return state === 'complete' ? [`a task ended with exit code ${exitCode ?? 0}, or was not healthy in time`] : [];
  });
  const unique = [...new Set(words)].slice(0, 3);
  return unique.length === 0 ? '' : `: ${unique.join('; ')}`;
}
