import { isListening } from '../../../base/is-listening.ts';
import { Stalled } from '../../engine-silence.ts';
import { NoQuorum, OutOfSequence } from '../../swarm-engine.ts';
import { callEngine, type DockerClient, statusOf } from '../docker-client.ts';
import { readMembership } from './swarm-answers.ts';

/** What managers say when too few of them are there, and of the moment in which they find that out. */
const NO_LEADER =
  /does not have a leader|lost leader status|deadline exceeded|being prepared or has trouble connecting/i;

/** The engine's words for a version that is not the newest. */
const SEQUENCE = /update out of sequence/i;

/** How long is waited, beyond the limit of a call, for the list of managers, and for each of them. */
const KNOCK_MILLISECONDS = 1000;

interface Context {
  readonly client: DockerClient;
  /** addresses of managers, as the engine said them last: while it looks for a leader it may not */
  readonly known: readonly string[];
}

/**
 * Runs a request of the swarm; what goes wrong becomes a `Failure`, as with other calls of the engine.
 * @throws NoQuorum, OutOfSequence
 */
export function callSwarm<T>(what: string, { client, known }: Context, run: () => Promise<T>): Promise<T> {
  return callEngine(what, client.socket, async () => {
    try {
      return await run();
    } catch (error) {
      if (statusOf(error) !== undefined && SEQUENCE.test(messageOf(error)))
        throw new OutOfSequence(what, { why: 'it was changed meanwhile', hint: 'try again', cause: error });
      if (isForLackOfLeader(error)) throw await explain(what, (await findManagers(client)) ?? known, error);
      throw error;
    }
  });
}

/**
 * Why a call of the engine itself stalls that asks its swarm, too, as the list of networks does.
 * @returns undefined where that is not for lack of a leader: this node is in no swarm
 */
export async function findLackOfLeader(
  what: string,
  client: DockerClient,
  error: unknown,
): Promise<NoQuorum | undefined> {
  const managers = error instanceof Stalled ? await findManagers(client) : undefined;
  return managers === undefined || managers.length === 0 ? undefined : explain(what, managers, error);
}

/** A call that stalls in an engine that answers others waits for managers. */
function isForLackOfLeader(error: unknown): boolean {
  return error instanceof Stalled || (statusOf(error) !== undefined && NO_LEADER.test(messageOf(error)));
}

async function explain(what: string, managers: readonly string[], error: unknown): Promise<NoQuorum> {
  const all = managers.length;
  const answering = all === 0 ? undefined : await countAnswering(managers);
  const needed = Math.floor(all / 2) + 1;
  const why =
    answering === undefined
      ? 'too few managers answer, or they are electing one'
      : `${answering} of ${all} managers ${answering === 1 ? 'answers' : 'answer'}, and ${answering < needed ? `${needed} are needed` : 'they are electing one'}`;
  return new NoQuorum(what, {
    why: `the swarm has no leader: ${why}${error instanceof Stalled ? ` (${error.message})` : ''}`,
    hint:
      answering === undefined || answering >= needed
        ? 'try again in half a minute; see whether port 2377 of the managers is open between them'
        : 'start the engines of the other managers; where they are lost: docker swarm init --force-new-cluster',
    cause: error,
  });
}

/** undefined: the engine has not said them in time */
async function findManagers(client: DockerClient): Promise<readonly string[] | undefined> {
  try {
    const signal = AbortSignal.timeout(KNOCK_MILLISECONDS);
    const { managers } = readMembership(await client.call('/info', { method: 'GET', signal }));
    return managers.map(({ address }) => address);
  } catch {
    return undefined;
  }
}

/** How many of the addresses, `10.0.0.1:2377`, take a connection. */
async function countAnswering(addresses: readonly string[]): Promise<number> {
  const answers = await Promise.all(addresses.map((address) => isListening(address, KNOCK_MILLISECONDS)));
  return answers.filter(Boolean).length;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
