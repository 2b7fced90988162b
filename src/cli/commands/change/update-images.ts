import { formatPlan } from '../../../container/plan/format-plan.ts';
import { showable } from '../../../base/showable.ts';
import type { ImageUpdated } from '../../../features/update-images/image-updated.ts';
import { previewImages } from '../../../features/update-images/plan-fetches.ts';
import { updateImages } from '../../../features/update-images/update-images.ts';
import { formatDigest } from '../../../model/image.ts';
import {
  ANY_CONTAINERS,
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  WAIT_OPTION,
} from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { interruptible } from '../../interruptible.ts';
import { operationProgress } from '../../operation-progress.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { jsonPlan } from '../../format/format-preview.ts';

const OPTIONS = { ...DRY_RUN_OPTION, ...WAIT_OPTION, ...JSON_OPTION } as const;

export const updateImagesCommand = defineCommand({
  name: 'update-images',
  doc: 'pull images again, and recreate the containers and update the services whose image changed',
  effect: 'changes',
  operands: ANY_CONTAINERS,
  options: OPTIONS,
  run: runUpdateImages,
  part: async ({ words }) => (await import('../../../features/update-images/images-step.ts')).updateImagesStep(words),
});

async function runUpdateImages(
  { values, words }: Given<typeof OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  const json = values.json ?? false;
  if (values['dry-run'] === true) {
    const plan = previewImages(paths, words);
    stdout.write(
      json ? formatJson({ plan: jsonPlan(plan) }) : `${showable(formatPlan(plan))}\ndry run, nothing was changed\n`,
    );
    return 0;
  }
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const { inHand, onProgress } = operationProgress({ stdout }, reporter, json);
  const work = async (signal: AbortSignal): Promise<number> => {
    const { images, failures } = await updateImages(
      paths,
      { names: words, waitSeconds: values.wait, signal },
      reporter,
      onProgress,
    );
    reporter.end();
    stdout.write(
      json
        ? formatJson({ images, failures: jsonFailures(failures) })
        : images.map((image) => `${showable(formatUpdated(image))}\n`).join('') || 'nothing to do\n',
    );
    if (!json) stderr.write(formatFailures(failures, stderr));
    return failures.length === 0 ? 0 : 1;
  };
  try {
    return await interruptible(stderr, work, () => inHand.describe());
  } finally {
    reporter.end();
  }
}

/** `mediawiki:1.43: sha256:0123456789ab -> sha256:ba9876543210` */
function formatUpdated({ image, outcome, from, to, why }: ImageUpdated): string {
  const [old, now] = [from, to].map((digest) => (digest === undefined ? 'none' : formatDigest(digest)));
  switch (outcome) {
    case 'updated':
      return `${image}: ${old ?? ''} -> ${now ?? ''}`;
    case 'unchanged':
      return `${image}: ${now ?? ''}, nothing newer`;
    case 'came back':
      return `${image}: ${old ?? ''} again, ${now ?? ''} failed`;
    case 'failed':
      return `${image}: ${old ?? ''}, not updated`;
    case 'left alone':
      return `${image}: left alone, ${why ?? ''}`;
  }
}
