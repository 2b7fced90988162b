import type { ChangeSet } from '../../output/plan/change-set.ts';
import { readKernelRules } from '../../firewall/kernel.ts';
import { applyFilter, type FilterTexts, isFilterFile, readFilterFiles } from './filter.ts';
import { findLostRules, formatLost, warningOf } from '../loaded/engine-rules.ts';
import type { StepPart } from '../step-part.ts';

/** Of `docksmith firewall --release`: the rules that it removes are told with those that are set before. */
export const releaseStep: StepPart = { plan: () => Promise.resolve({}), leavesEngine: () => true };

/** Of `docksmith firewall`. */
export const firewallStep: StepPart = {
  leavesEngine: () => true,
  prepare: ({ hostState: { paths, facts } }) => {
    const kernelRules = readKernelRules(paths);
    // the step may never be run
    kernelRules.catch(() => undefined);
    return Promise.resolve({ kernelRules, published: facts.publishedPorts });
  },
  plan: async ({ hostState: { paths, snapshot, facts }, expanded: { changes } }) => {
    const kernelRules = readKernelRules(paths);
    const lost = await findLostRules(paths, () => snapshot, await kernelRules, facts.publishedPorts);
    const texts = textsAfter(readFilterFiles(paths), changes);
    return {
      firewall: (await applyFilter(paths, { dryRun: true, keepFor: 'nobody', texts, kernelRules })).filtered,
      ...(lost === undefined
        ? {}
        : lost.obstacle === undefined
          ? { engine: { causes: [formatLost(lost.rules)], stops: [] } }
          : { warnings: [warningOf(lost)] }),
    };
  },
};

/** The files of the packet filter as the event would leave them. */
function textsAfter(before: FilterTexts, { install, remove }: ChangeSet): FilterTexts {
  const texts = new Map(before);
  for (const { owned } of remove) texts.delete(owned.path);
  for (const { output } of install) if (isFilterFile(output.path)) texts.set(output.path, output.content.toString());
  return texts;
}
