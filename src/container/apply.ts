import { Failure, reasonOf } from '../errors.ts';
import { applyImage } from './image-operations.ts';
import { makeCreateBody } from './create-body.ts';
import type { Engine } from './engine.ts';
import { EngineGone } from './engine-gone.ts';
import type { Operation } from './operation.ts';
import type { Plan } from './plan.ts';
import { recreate } from './recreate.ts';
import { getImage } from './run-spec.ts';
import { MANAGED_LABEL } from './names.ts';

export interface Progress {
  readonly operation: Operation;
  readonly state: 'begun' | 'going on' | 'done' | 'failed';
  /** what the registry says of a pull that is going on; why something failed */
  readonly words?: string;
}

/** What became of a plan. */
export interface Applied {
  readonly done: readonly Operation[];
  readonly failed: readonly { readonly operation: Operation; readonly failure: Failure }[];
  /** not begun, since something before them failed */
  readonly skipped: readonly Operation[];
}

/**
 * Carries out a plan in its order. A container's first failure ends what is done to that
 * container, others go on; when an image or a volume cannot be had, or the engine does not
 * answer any more, nothing else is begun. Never throws for what the engine refuses.
 */
export async function applyPlan(engine: Engine, { operations }: Plan, onProgress: (progress: Progress) => void = () => undefined): Promise<Applied> {
  const done: Operation[] = [];
  const failed: { operation: Operation; failure: Failure }[] = [];
  const skipped: Operation[] = [];
  let isOver = false;
  for (const operation of operations) {
    if (isOver || failed.some(({ operation: { name } }) => name === operation.name || name === findImage(operation))) {
      skipped.push(operation);
      continue;
    }
    onProgress({ operation, state: 'begun' });
    try {
      await applyOperation(engine, operation, (words) => onProgress({ operation, state: 'going on', words }));
      done.push(operation);
      onProgress({ operation, state: 'done' });
    } catch (error) {
      const failure = error instanceof Failure ? error : new Failure(`cannot ${operation.verb} "${operation.name}"`, { why: reasonOf(error), cause: error });
      failed.push({ operation, failure });
      onProgress({ operation, state: 'failed', words: failure.message });
      isOver = ((operation.verb === 'pull' || operation.verb === 'build') && operation.isMissing) || operation.verb === 'network' || operation.verb === 'volume' || failure instanceof EngineGone;
    }
  }
  return { done, failed, skipped };
}

/** The image that a container is to be made of. */
function findImage(operation: Operation): string | undefined {
  return operation.verb === 'create' || operation.verb === 'recreate' ? getImage(operation.spec) : undefined;
}

async function applyOperation(engine: Engine, operation: Operation, onWords: (words: string) => void): Promise<void> {
  switch (operation.verb) {
    case 'pull':
    case 'build': return applyImage(engine, operation, onWords);
    case 'volume': return engine.createVolume(operation.name, { [MANAGED_LABEL]: 'true' });
    case 'network': return engine.createNetwork(operation.create);
    case 'connect': return connect(engine, operation);
    case 'disconnect': return engine.disconnectNetwork(operation.network, operation.id);
    case 'create': return create(engine, operation);
    case 'recreate': return recreate(engine, operation);
    case 'update': return 'signal' in operation ? engine.signalContainer(operation.id, operation.signal) : engine.updateContainer(operation.id, operation.limits);
    case 'start': return operation.paused ? engine.unpauseContainer(operation.id) : engine.startContainer(operation.id);
    case 'restart': return engine.restartContainer(operation.id, operation.stop);
    case 'remove':
      if ('network' in operation) return engine.removeNetwork(operation.network);
      await engine.stopContainer(operation.id, operation.stop);
      return engine.removeContainer(operation.id);
    case 'stop':
      await engine.stopContainer(operation.id, operation.stop);
      if (operation.nameNow !== operation.name) await engine.renameContainer(operation.id, operation.name);
  }
}

async function connect(engine: Engine, { network, id, endpoint, leaveFirst }: Extract<Operation, { verb: 'connect' }>): Promise<void> {
  // what keeps it from leaving (a network of that name that was removed and made again) shows at the connect
  if (leaveFirst) await engine.disconnectNetwork(network, id).catch((error: unknown) => { if (error instanceof EngineGone) throw error; });
  await engine.connectNetwork(network, id, endpoint);
}

/** A port that is taken shows only at the start, and the container would stay behind. */
async function create(engine: Engine, { name, spec }: Extract<Operation, { verb: 'create' }>): Promise<void> {
  const id = await engine.createContainer(name, makeCreateBody(spec));
  try {
    await engine.startContainer(id);
  } catch (error) {
    await engine.removeContainer(id);
    throw error;
  }
}
