import { showable } from '../../../base/showable.ts';
import {
  type Fetched,
  fetchImage,
  type FetchRequest,
  type FetchVerb,
  previewFetch,
} from '../../../features/images/fetch-images.ts';
import { formatPlan } from '../../../container/plan/format-plan.ts';
import {
  type Command,
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  type Operands,
  WAIT_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { shortId } from '../../format/format-images.ts';
import { formatJson } from '../../format/format-json.ts';
import { jsonPlan } from '../../format/format-preview.ts';
import { interruptible } from '../../interruptible.ts';
import { operationProgress } from '../../operation-progress.ts';

const OPTIONS = { ...DRY_RUN_OPTION, ...WAIT_OPTION, ...JSON_OPTION } as const;

export const pullCommand = defineFetch(
  'pull',
  'pull an image, by its record or its name; its containers stay as they are',
  {
    usage: 'NAME',
    min: 1,
    max: 1,
    of: [['image']],
  },
);

export const buildCommand = defineFetch(
  'build',
  'build the image of a record, or a folder with a Dockerfile under a name; its containers stay as they are',
  { usage: 'NAME [FOLDER]', min: 1, max: 2, of: [['image'], ['folder']] },
);

export const importCommand = defineFetch(
  'import',
  'import the archive of a record, or one under a name; its containers stay as they are',
  { usage: 'NAME [FILE]', min: 1, max: 2, of: [['image'], ['file']] },
);

function defineFetch(verb: FetchVerb, doc: string, operands: Operands): Command<typeof OPTIONS> {
  return defineCommand({
    name: `image ${verb}`,
    doc,
    effect: 'changes',
    operands,
    options: OPTIONS,
    run: (given, context) => runFetch(verb, given, context),
  });
}

async function runFetch(
  verb: FetchVerb,
  { values: { 'dry-run': dryRun = false, json = false, wait }, words }: Given<typeof OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  const [name = '', path] = words;
  const request: FetchRequest = { verb, name, path, args: words, waitSeconds: wait };
  if (dryRun) {
    const plan = { operations: [previewFetch(paths, request)], notes: [] };
    stdout.write(
      json ? formatJson({ plan: jsonPlan(plan) }) : `${showable(formatPlan(plan))}\ndry run, nothing was changed\n`,
    );
    return 0;
  }
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const { inHand, onProgress } = operationProgress({ stdout }, reporter, json);
  const work = async (signal: AbortSignal): Promise<number> => {
    const fetched = await fetchImage(paths, { ...request, signal }, reporter, onProgress);
    reporter.end();
    stdout.write(json ? formatJson({ image: jsonFetched(fetched) }) : `${showable(formatFetched(fetched))}\n`);
    return 0;
  };
  try {
    return await interruptible(stderr, work, () => inHand.describe());
  } finally {
    reporter.end();
  }
}

function jsonFetched({ from, to, ...fetched }: Fetched): unknown {
  return { ...fetched, from: from ?? null, to: to ?? null };
}

function formatFetched({ reference, from, to, behind }: Fetched): string {
  const now = to === undefined ? 'none' : shortId(to);
  if (from === to) return `${reference}: ${now}, nothing newer`;
  const line = `${reference}: ${from === undefined ? 'none' : shortId(from)} -> ${now}`;
  return behind.length === 0
    ? line
    : `${line}\nstill with the old one: ${behind.join(', ')}; signal-event docker-image-update`;
}
