import type { Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { type KernelRules, readKernelRules } from '../../firewall/kernel.ts';
import { isTranslated } from '../../firewall/engine-rules.ts';
import type { Facts, PublishedPort } from '../../host/facts.ts';
import { adviceOf, findLostRules, formatLost, type Lost } from './engine-rules.ts';
import { formatStrange, listStrangeUrls } from './vhosts.ts';

/** What is declared, installed and bound, and is yet not loaded where it counts. */
export interface Unloaded {
  /** by container, sentences with their remedy after a `; ` */
  readonly byContainer: ReadonlyMap<string, readonly string[]>;
  /** of the engine's rules as a whole */
  readonly lost: Lost | undefined;
}

/** Asks the kernel for the engine's rules and the Apache that runs for the vhosts: for status, doctor and exposure. */
export async function readUnloaded(
  paths: Paths,
  snapshot: Snapshot,
  facts: Facts,
  kernelRules: Promise<KernelRules> = readKernelRules(paths),
): Promise<Unloaded> {
  const [strange, lost] = await Promise.all([
    listStrangeUrls(paths, snapshot, facts),
    kernelRules.then((rules) => findLostRules(paths, () => snapshot, rules, facts.publishedPorts)),
  ]);
  const byContainer = new Map<string, string[]>();
  const add = (name: string, words: string): unknown =>
    byContainer.set(name, [...(byContainer.get(name) ?? []), words]);
  for (const one of strange) add(one.container, formatStrange(one, snapshot));
  if (lost !== undefined)
    for (const [name, ports] of groupByContainer(facts, lost))
      add(name, `${formatLost({ ways: lost.ways, ports })}: no foreign host may reach it; ${adviceOf(lost)}`);
  return { byContainer, lost };
}

/** The ports that nothing leads to: without the ways into the engine's rules all of them. */
function groupByContainer(
  { publishedPorts }: Facts,
  { ways, ports }: Lost,
): ReadonlyMap<string, readonly PublishedPort[]> {
  const cutOff = publishedPorts.filter(
    (one) => one.ours && isTranslated(one) && (ways.length > 0 || ports.includes(one)),
  );
  return new Map(
    cutOff.map(({ container }) => [container, cutOff.filter((other) => other.container === container)] as const),
  );
}
