import { FAMILIES, isOutOfReach, readKernelRules } from '../../firewall/kernel.ts';
import type { HostState } from '../../flow/host-state.ts';
import { adviceOf, findLostRules, formatLost, keepsOwnTables } from '../../flow/loaded/engine-rules.ts';
import { type Finding, makeFinder } from './finding.ts';

/** Whether the kernel has the rules that the engine puts there; nothing where they cannot be read. */
export async function checkEngineRules({
  paths,
  snapshot,
  facts,
}: Pick<HostState, 'paths' | 'snapshot' | 'facts'>): Promise<readonly Finding[]> {
  const finder = makeFinder('rules');
  if (keepsOwnTables(paths, snapshot))
    return [finder.ok('the engine keeps its own with nftables: they are not looked at')];
  const kernelRules = await readKernelRules(paths);
  const lost = await findLostRules(paths, () => snapshot, kernelRules, facts.publishedPorts);
  if (lost !== undefined)
    return [finder.bad(`the kernel has lost rules of the engine: ${formatLost(lost.rules)}`, adviceOf(lost))];
  const ofIPv4 = FAMILIES.flatMap((family) => (family.name === 'IPv4' ? (kernelRules.get(family) ?? []) : []));
  return ofIPv4.some(isOutOfReach) ? [] : [finder.ok("the kernel has the engine's, as far as there are some")];
}
