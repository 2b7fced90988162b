import { setTimeout as sleep } from 'node:timers/promises';
import { toByteString } from '../../db/byte-text.ts';
import { Failure, failuresOf, throwAll } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { SECRETS } from '../../db/secret-values.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { changeDb } from '../../db/store.ts';
import { NoQuorum, OutOfSequence, type SwarmEngine, type SwarmNode } from '../../engine/swarm-engine.ts';
import { appendOperation } from '../../event/operations-log.ts';
import { runsFolder } from '../../event/runs.ts';
import { listAddresses } from '../../host/addresses.ts';
import { readWantedSwarm, tokenKey } from '../../model/swarm/wanted-swarm.ts';
import { readHostSnapshot } from '../host-state.ts';
import type { Reporter } from '../reporter.ts';
import { type RecordedCommand, runRecorded } from '../run-recorded.ts';
import { openSwarm } from './open-swarm.ts';
import { type LeaveRequest, planMembership } from './plan-membership.ts';
import type { ActualSwarm, SwarmOperation, SwarmPlan } from './swarm-operation.ts';

/** Others may change the same nodes: what they changed is read, and decided on again. */
const ROUNDS = 6;
/** How long a manager that has been demoted is waited for until it is a worker. */
const DEMOTION_SECONDS = 30;

export interface SwarmUpdate {
  readonly done: readonly SwarmOperation[];
  readonly notes: readonly string[];
  readonly failures: readonly Failure[];
}

/** What is to be done, for a dry run. @throws Failure where the engine or the managers do not answer */
export async function readMembershipPlan(
  snapshot: Snapshot,
  request: LeaveRequest,
  engine?: SwarmEngine,
): Promise<SwarmPlan> {
  const wanted = readWantedSwarm(snapshot);
  const opened = engine ?? (await openSwarm(snapshot));
  return planMembership(wanted, await readActual(opened), request);
}

export async function readActual(engine: SwarmEngine): Promise<ActualSwarm> {
  const membership = await engine.readMembership();
  if (membership.state === 'inactive') {
    const ownAddresses = listAddresses().map(({ address }) => address);
    return { membership, ...(ownAddresses.length === 0 ? {} : { ownAddresses }) };
  }
  if (membership.state !== 'active' || !membership.isManager) return { membership };
  try {
    const [nodes, tokens] = [await engine.listNodes(), await engine.readJoinTokens()];
    return { membership, nodes, tokens };
  } catch (error) {
    return { membership, lack: lackOf(error) };
  }
}

/** @throws what is no failure */
function lackOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** Has this host, and as a manager the nodes, be in the swarm what records say. */
export async function updateMembership(
  paths: Paths,
  { request, ...command }: RecordedCommand & { readonly request: LeaveRequest },
  reporter: Reporter,
  onDone: (operation: SwarmOperation) => void,
): Promise<SwarmUpdate> {
  const { result } = await runRecorded(
    paths,
    command,
    reporter,
    async ({ run }) => {
      const record = (operation: SwarmOperation, failure?: Failure): void =>
        appendOperation(runsFolder(paths), run.parent ?? run.id, {
          time: new Date().toISOString(),
          verb: operation.verb,
          name: operation.name,
          cause: operation.cause,
          ...(failure === undefined ? {} : { failure: failure.message }),
        });
      return carryOut(paths, request, {
        begin: ({ verb, name, cause }) => reporter.progress(`${verb} ${name}: ${cause}`),
        done: (operation) => {
          record(operation);
          onDone(operation);
        },
        failed: record,
      });
    },
    ({ failures }) => ({ failures }),
  );
  return result;
}

interface Told {
  readonly begin: (operation: SwarmOperation) => void;
  readonly done: (operation: SwarmOperation) => void;
  readonly failed: (operation: SwarmOperation, failure: Failure) => void;
}

async function carryOut(paths: Paths, request: LeaveRequest, told: Told): Promise<SwarmUpdate> {
  const engine = await openSwarm(readHostSnapshot(paths));
  const done: SwarmOperation[] = [];
  for (let round = 1; ; round += 1) {
    const plan = await readMembershipPlan(readHostSnapshot(paths), request, engine);
    const { operations, notes, mistakes } = plan;
    throwAll(mistakes);
    if (operations.length === 0 || done.some(({ kind }) => kind === 'leave')) return { done, notes, failures: [] };
    for (const operation of operations) {
      told.begin(operation);
      try {
        await apply(paths, engine, operation);
      } catch (error) {
        const [failure] = failuresOf(error);
        // somebody else was faster: the next round sees what is left to do
        if (failure instanceof OutOfSequence && round < ROUNDS) break;
        if (failure !== undefined) told.failed(operation, failure);
        return { done, notes, failures: failuresOf(error) };
      }
      told.done(operation);
      done.push(operation);
    }
    if (round === ROUNDS) return { done, notes, failures: [] };
  }
}

async function apply(paths: Paths, engine: SwarmEngine, operation: SwarmOperation): Promise<void> {
  switch (operation.kind) {
    case 'init':
      return engine.init(operation.addresses);
    case 'join': {
      const token = readWantedSwarm(readHostSnapshot(paths)).tokens[operation.role] ?? '';
      return engine.join({ ...operation.addresses, remotes: operation.remotes, token });
    }
    case 'node':
      return engine.updateNode(operation.node, operation.change);
    case 'token':
      storeToken(paths, operation.role, (await engine.readJoinTokens())[operation.role]);
      return;
    case 'leave':
      return leave(paths, engine, operation);
  }
}

function storeToken(paths: Paths, role: 'manager' | 'worker', token: string): void {
  const key = toByteString(tokenKey(role));
  changeDb(paths, SECRETS, (draft) => {
    if (draft.find(key) === undefined) draft.setType(key, 'secret');
    draft.setProp(key, 'Value', toByteString(token));
  });
}

async function leave(
  paths: Paths,
  engine: SwarmEngine,
  { demoted, force, isLast }: Extract<SwarmOperation, { readonly kind: 'leave' }>,
): Promise<void> {
  if (demoted !== undefined) await demoteSelf(engine, demoted);
  await engine.leave({ force });
  // they lead nowhere any more, and would keep another swarm from being made
  if (isLast)
    changeDb(paths, SECRETS, (draft) => {
      for (const role of ['manager', 'worker'] as const)
        if (draft.find(tokenKey(role)) !== undefined) draft.delete(tokenKey(role));
    });
}

/** Who leads is answered by nobody while the others elect another leader: what counts is what this host is then. */
async function demoteSelf(engine: SwarmEngine, node: SwarmNode): Promise<void> {
  let failure: Failure | undefined;
  const unlessElecting = (error: unknown): true => {
    if (!(error instanceof NoQuorum)) throw error;
    failure = error;
    return true;
  };
  await engine.updateNode(node, { role: 'worker' }).catch(unlessElecting);
  for (const end = Date.now() + DEMOTION_SECONDS * 1000; Date.now() < end; ) {
    if (!(await engine.readMembership().then(({ isManager }) => isManager, unlessElecting))) return;
    await sleep(200);
  }
  if (failure !== undefined) throw failure;
}
