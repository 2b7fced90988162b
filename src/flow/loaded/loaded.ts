import type { Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { type KernelRules, readKernelRules } from '../../firewall/kernel.ts';
import type { LostRules } from '../../firewall/engine-rules.ts';
import type { Facts } from '../../host/facts.ts';
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
    for (const [name, rules] of groupByContainer(lost))
      add(name, `${formatLost(rules)}: no foreign host may reach it; ${adviceOf(lost)}`);
  return { byContainer, lost };
}

/** What is missing for each container of ours: without the ways into the engine's rules that is all of it. */
function groupByContainer({ rules }: Lost): ReadonlyMap<string, readonly LostRules[]> {
  const names = new Set(
    rules.flatMap(({ cutOff }) => cutOff.filter(({ ours }) => ours).map(({ container }) => container)),
  );
  const of = (name: string): readonly LostRules[] =>
    rules
      .filter(({ cutOff }) => cutOff.some(({ container }) => container === name))
      .map((one) => ({ ...one, ports: one.ports.filter(({ container }) => container === name) }));
  return new Map([...names].map((name) => [name, of(name)]));
}
