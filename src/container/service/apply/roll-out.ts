import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../../base/errors.ts';
import { NEVER } from '../../../base/interrupt.ts';
import type { Service, ServiceBody } from '../../../engine/swarm-api.ts';
import { OutOfSequence, type SwarmEngine } from '../../../engine/swarm-engine.ts';
import { isOurs, MANAGED_LABEL, NAME_LABEL } from '../../spec/names.ts';
import type { KeptFile } from '../host-files.ts';
import { nameNetworks } from '../name-networks.ts';
import { listDifferences } from '../differences.ts';
import { withForce } from '../plan-services.ts';
import { withUnchangedFields } from '../unchanged-fields.ts';
import type { RolloutOperation } from '../service-operation.ts';
import type { ServicesContext } from './services-context.ts';
import { Stuck, waitForRollout } from './wait-rollout.ts';

/** A task has so long to end; what needs what it holds says so. */
const ENDS_MILLISECONDS = 30_000;
const LOOK_EVERY_MILLISECONDS = 200;
const ENDED: readonly string[] = ['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned'];

/** So often a service that others change at the same time is read again. */
const MOST_TRIES = 5;

/** Makes or changes a service, and waits for its tasks; where nothing is reached, what ran before comes back. */
export async function rollOut(
  operation: RolloutOperation,
  { swarm, engine, times, onProgress, signal = NEVER }: ServicesContext,
): Promise<void> {
  const { name, spec, login } = operation;
  const body = await withIds(swarm, operation.body);
  const networks = (body.TaskTemplate.Networks ?? []).length === 0 ? [] : await engine.listNetworks();
  // by what it is at that moment: another manager may have changed it, to the same or to another thing
  const decide = (now: Service): ServiceBody | undefined =>
    operation.verb !== 'restart' && listDifferences(body, nameNetworks(now.body, networks)).length === 0
      ? undefined
      : withForce(
          withUnchangedFields(body, now.body, networks),
          (now.body.TaskTemplate.ForceUpdate ?? 0) + (operation.verb === 'restart' ? 1 : 0),
        );
  const before = await findService(swarm, name);
  const tasks = before === undefined ? [] : await swarm.listTasks(before.id);
  if (before === undefined) await create(swarm, { ...operation, body }, decide);
  else await change(swarm, name, decide, login);
  try {
    await waitForRollout(name, spec, new Set(tasks.map(({ id }) => id)), {
      ...{ swarm, engine, times, signal },
      onWords: (words) => onProgress({ operation, state: 'going on', words }),
    });
  } catch (error) {
    if (before !== undefined && error instanceof Stuck && body.UpdateConfig?.FailureAction === 'rollback') {
      await change(swarm, name, () => before.body, login);
      throw new Stuck(
        `cannot run service "${name}"`,
        `${error.reason}; what ran before was put back`,
        error.lines,
        error.hint,
      );
    }
    throw error;
  }
}

/** Another manager may have made it since. */
async function create(
  swarm: SwarmEngine,
  { name, body, login }: RolloutOperation,
  decide: (now: Service) => ServiceBody | undefined,
): Promise<void> {
  try {
    await swarm.createService(body, login);
  } catch (error) {
    const there = error instanceof Failure ? await findService(swarm, name) : undefined;
    if (there === undefined || !isOurs({ labels: there.body.Labels })) throw error;
    await change(swarm, name, decide, login);
  }
}

/** @param decide what it is to be, by what it is at that moment; undefined: it is so already */
async function change(
  swarm: SwarmEngine,
  name: string,
  decide: (now: Service) => ServiceBody | undefined,
  login?: RolloutOperation['login'],
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const now = await findService(swarm, name);
    if (now === undefined) throw new Failure(`cannot update service "${name}"`, { why: 'it was removed meanwhile' });
    const body = decide(now);
    if (body === undefined) return;
    try {
      await swarm.updateService(now, body, login);
      return;
    } catch (error) {
      if (!(error instanceof OutOfSequence) || tries >= MOST_TRIES) throw error;
    }
  }
}

/** No task of it is to run; the next update brings them back. */
export async function stopService(swarm: SwarmEngine, name: string): Promise<void> {
  await change(swarm, name, ({ body }) =>
    body.Mode.Replicated?.Replicas === 0 ? undefined : { ...body, Mode: { Replicated: { Replicas: 0 } } },
  );
}

/** What it has, ports and networks, is free when its tasks have ended. */
export async function removeService(swarm: SwarmEngine, id: string): Promise<void> {
  await swarm.removeService(id);
  const end = performance.now() + ENDS_MILLISECONDS;
  const isThere = async (): Promise<boolean> =>
    (await swarm.listTasks()).some(({ service, state }) => service === id && !ENDED.includes(state));
  while (performance.now() < end && (await isThere())) await sleep(LOOK_EVERY_MILLISECONDS);
}

/** Has the swarm keep a file, unless another manager has done so. */
export async function keepFile(swarm: SwarmEngine, { kind, name, bytes }: KeptFile, service: string): Promise<void> {
  const isThere = async (): Promise<boolean> => (await swarm.listKept(kind)).some((kept) => kept.name === name);
  if (await isThere()) return;
  try {
    await swarm.createKept(kind, { name, bytes, labels: { [MANAGED_LABEL]: 'true', [NAME_LABEL]: service } });
  } catch (error) {
    if (!(error instanceof Failure) || !(await isThere())) throw error;
  }
}

async function findService(swarm: SwarmEngine, name: string): Promise<Service | undefined> {
  return (await swarm.listServices()).find((service) => service.name === name);
}

/** The body with the ids of what the swarm keeps by now. */
async function withIds(swarm: SwarmEngine, body: ServiceBody): Promise<ServiceBody> {
  const { TaskTemplate: task } = body;
  const { Secrets: secrets = [], Configs: configs = [] } = task.ContainerSpec;
  const ids = async (kind: 'secret' | 'config', isNeeded: boolean): Promise<ReadonlyMap<string, string>> =>
    new Map(isNeeded ? (await swarm.listKept(kind)).map(({ name, id }) => [name, id]) : []);
  const [ofSecrets, ofConfigs] = [await ids('secret', secrets.length > 0), await ids('config', configs.length > 0)];
  return {
    ...body,
    TaskTemplate: {
      ...task,
      ContainerSpec: {
        ...task.ContainerSpec,
        Secrets: secrets.map((secret) => ({ ...secret, SecretID: ofSecrets.get(secret.SecretName) ?? '' })),
        Configs: configs.map((config) => ({ ...config, ConfigID: ofConfigs.get(config.ConfigName) ?? '' })),
      },
    },
  };
}
