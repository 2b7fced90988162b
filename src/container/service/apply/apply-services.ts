import { Failure, reasonOf } from '../../../base/errors.ts';
import { NEVER, refuseInterrupted } from '../../../base/interrupt.ts';
import { EngineGone } from '../../../engine/engine-gone.ts';
import { NoQuorum } from '../../../engine/swarm-engine.ts';
import { discard } from '../../apply/any-state.ts';
import { isRollout, type ServiceOperation } from '../service-operation.ts';
import { keepFile, removeService, rollOut, stopService } from './roll-out.ts';
import type { ServicesApplied, ServicesContext } from './services-context.ts';

/**
 * Carries operations out, one after the other but for rollouts of services, which go on at a time and are waited for
 * together. What belongs to a service is not begun where something before it failed. Never throws for what the
 * engine refuses.
 */
export async function applyServices(
  operations: readonly ServiceOperation[],
  context: ServicesContext,
): Promise<ServicesApplied> {
  const { onProgress, signal = NEVER } = context;
  const [done, failed, skipped]: [
    ServiceOperation[],
    { operation: ServiceOperation; failure: Failure }[],
    ServiceOperation[],
  ] = [[], [], []];
  const undone = new Set<string>();
  const rollouts = new Map<string, Promise<void>>();
  const state = { isGone: false };
  const run = async (operation: ServiceOperation): Promise<void> => {
    try {
      refuseInterrupted(signal, `cannot ${operation.verb} "${operation.name}"`);
      onProgress({ operation, state: 'begun' });
      await applyOperation(operation, context);
      done.push(operation);
      onProgress({ operation, state: 'done' });
    } catch (error) {
      state.isGone ||= error instanceof EngineGone || error instanceof NoQuorum;
      const failure =
        error instanceof Failure
          ? error
          : new Failure(`cannot ${operation.verb} "${operation.name}"`, { why: reasonOf(error), cause: error });
      undone.add(operation.service ?? operation.name);
      if (operation.verb === 'network') undone.add(ALL);
      failed.push({ operation, failure });
      onProgress({ operation, state: 'failed', words: failure.message });
    }
  };
  for (const operation of operations) {
    const subject = operation.service ?? operation.name;
    // what follows a rollout needs its end
    if (!isRollout(operation)) {
      if (operation.verb === 'remove' && operation.what.kind === 'network') await Promise.all(rollouts.values());
      await rollouts.get(subject);
    }
    if (state.isGone || signal.aborted || undone.has(subject) || undone.has(ALL)) {
      undone.add(subject);
      skipped.push(operation);
    } else if (isRollout(operation)) rollouts.set(operation.name, run(operation));
    else await run(operation);
  }
  await Promise.all(rollouts.values());
  return { done, failed, skipped };
}

/** Without a network that is wanted nothing else is begun. */
const ALL = '';

async function applyOperation(operation: ServiceOperation, context: ServicesContext): Promise<void> {
  const { swarm, engine } = context;
  switch (operation.verb) {
    case 'network':
      if ((await engine.listNetworks()).some(({ name }) => name === operation.name)) return;
      return engine.createNetwork(operation.create);
    case 'secret':
    case 'config':
      return keepFile(swarm, operation.file, operation.service);
    case 'create':
    case 'update':
    case 'restart':
      return rollOut(operation, context);
    case 'stop':
      return stopService(swarm, operation.name);
    case 'remove': {
      const { what } = operation;
      if (what.kind === 'network') return engine.removeNetwork(what.id);
      if (what.kind === 'service') return removeService(swarm, what.id);
      if (what.kind !== 'container') return swarm.removeKept(what.kind, what.id);
      const failure = await discard(engine, what.id, operation.name, what.stop);
      if (failure !== undefined) throw failure;
    }
  }
}
