import { Failure } from '../../base/errors.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { SwarmEngine } from '../../engine/swarm-engine.ts';
import { connectSwarmEngine } from '../../engine/docker/swarm/docker-swarm-engine.ts';
import { nameEngine } from '../daemon/engine-name.ts';

/**
 * The interface for the swarm of the engine that `getEngine` returns.
 * @throws Failure where the engine does not answer, or knows no swarms
 */
export async function openSwarm(snapshot: Snapshot): Promise<SwarmEngine> {
  const name = nameEngine(snapshot);
  if (name.kind === 'socket') return connectSwarmEngine(name.socket, name.limits);
  throw new Failure(`cannot use the engine "${name.file}" for a swarm`, {
    why: 'an engine that is kept in a file has no other nodes',
  });
}
