import type { Engine } from '../../engine/engine.ts';
import { isOurs } from '../spec/names.ts';

/** Questions to an engine, each asked once, when the answer is first wanted: as it was then. */
export type Inventory = Pick<Engine, 'listContainers' | 'findContainer' | 'findImage' | 'listNetworks' | 'getTraits'>;

export function takeInventory(engine: Inventory): Inventory {
  const [containers, images] = [new Map<string, Answer<'findContainer'>>(), new Map<string, Answer<'findImage'>>()];
  return {
    listContainers: once(() => engine.listContainers()),
    listNetworks: once(() => engine.listNetworks()),
    getTraits: once(() => engine.getTraits()),
    findContainer: (id) => find(containers, id, () => engine.findContainer(id)),
    findImage: (reference) => find(images, reference, () => engine.findImage(reference)),
  };
}

type Answer<Question extends keyof Inventory> = ReturnType<Inventory[Question]>;

/**
 * Asks what every plan wants to know, without waiting for more than the list: something else can be done
 * meanwhile. What is not answered is thrown where the answer is wanted.
 * @throws Failure when the engine does not answer
 */
export async function askAhead(inventory: Inventory): Promise<void> {
  // who asked may have failed for another reason before the answers are wanted
  const begin = (answer: Promise<unknown>): void => void answer.catch(() => undefined);
  // the slowest answer first
  begin(inventory.getTraits());
  begin(inventory.listNetworks());
  for (const container of await inventory.listContainers())
    if (isOurs(container)) begin(inventory.findContainer(container.id));
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}

function find<T>(answers: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const answer = answers.get(key) ?? ask();
  answers.set(key, answer);
  return answer;
}
