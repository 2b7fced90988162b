import { Failure } from '../../../base/errors.ts';
import { quoteWord } from '../../../base/quote.ts';
import { showableLines } from '../../../base/showable.ts';
import {
  applyAddition,
  type AddRequest,
  describeAddition,
  type Described,
  hasImage,
  planAddition,
  type PlannedAddition,
} from '../../../features/add/add.ts';
import type { Choices } from '../../../features/add/choices.ts';
import { findSource, listRecipes } from '../../../features/add/source.ts';
import { fetchImage } from '../../../features/images/fetch-images.ts';
import { SECRETS } from '../../../db/secret-values.ts';
import { readHostSnapshot } from '../../../flow/host-state.ts';
import { Container } from '../../../model/container.ts';
import { listUrls } from '../../../model/urls.ts';
import { proposeDbChange } from '../../apply-db-change.ts';
import { askText, refuseJsonQuestion } from '../../ask.ts';
import { readAssignments } from '../../read-arguments.ts';
import {
  type CommandContext,
  defineCommand,
  DIFF_OPTION,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  YES_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatDbChange, jsonDbChange } from '../../format/format-db-change.ts';
import { formatPreview } from '../../format/format-preview.ts';
import { formatRecords, maskRecord } from '../../format/format-records.ts';
import { formatTerms, isTerminal, painter, widthOf } from '../../format/terminal.ts';
import { operationProgress } from '../../operation-progress.ts';

const OPTIONS = {
  host: { value: 'NAME', doc: 'the host name under which Apache serves it; none: Apache does not' },
  data: { value: 'FOLDER', of: ['folder'], doc: 'keep its data in folders below this one, and not in volumes' },
  ...DRY_RUN_OPTION,
  ...DIFF_OPTION,
  ...YES_OPTION,
  ...JSON_OPTION,
} as const;

export const addCommand = defineCommand({
  name: 'add',
  doc: 'add an application: from an image, a Compose file or a recipe; asks what only you know, shows the plan, and does it',
  effect: 'asks',
  options: OPTIONS,
  operands: {
    usage: 'NAME [IMAGE|FILE|RECIPE] [PROP=VALUE…]',
    of: [['recipe'], ['recipe', 'image', 'file'], ['prop=']],
    min: 1,
    max: Infinity,
    missing: { why: 'no name is given', hint: 'docksmith add wiki' },
  },
  more: (paths, width) =>
    `Recipes:\n${formatTerms(
      listRecipes(paths).map(({ name, doc }) => [`  ${name}`, doc] as const),
      width,
    )}`,
  run: runAdd,
});

async function runAdd(
  { values, words: [name = '', ...more] }: Given<typeof OPTIONS>,
  context: CommandContext,
): Promise<number> {
  const { paths, stdout, stderr, commands } = context;
  const { 'dry-run': dryRun = false, diff = false, yes = false, json = false } = values;
  const [word, given] = splitWords(more);
  const args = [name, ...more];
  const question = { what: `add ${name} so`, hint: `docksmith add --yes ${args.map(quoteWord).join(' ')}` };
  refuseJsonQuestion(values, question);
  const request: AddRequest = { name, source: findSource(paths, name, word), given };
  if (!dryRun) await pullMissing(request, context, json);
  const described = await describeAddition(paths, request);
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  for (const warning of described.warnings.filter(() => yes || dryRun)) reporter.warning(warning);
  const choices = await findChoices(described, values, context, !yes && !dryRun && isTerminal(context.stdin));
  const planned = await planAddition(paths, described, choices, commands);
  const { change } = planned;
  return proposeDbChange(context, values, question, {
    text: (isDry) =>
      `${formatPlanned(described, planned, widthOf(stdout))}${diff ? formatDbChange(change, context, isDry) : formatPreview(change.event, change.preview, painter(stdout), isDry)}`,
    json: () => jsonDbChange(change),
    apply: (signal, told) => applyAddition(paths, planned, args, { commands, signal }, told),
    end: () => formatEnd(described, planned, context),
  });
}

/** The word before `PROP=VALUE…`, and these. */
function splitWords(words: readonly string[]): readonly [string | undefined, ReadonlyMap<string, string>] {
  const [first] = words;
  const isSource = first !== undefined && !/^[\w.]+=/.test(first);
  const given = readAssignments('docksmith add', isSource ? words.slice(1) : words, {
    form: 'PROP=VALUE',
    hint: 'docksmith props docker_containers lists the props',
  });
  return [isSource ? first : undefined, given];
}

/** What an image has for ports and volumes is only known once it is here. */
async function pullMissing(
  { source, name }: AddRequest,
  { paths, stdout, stderr }: CommandContext,
  json: boolean,
): Promise<void> {
  if (source.kind !== 'image' || (await hasImage(paths, source.reference))) return;
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const { onProgress } = operationProgress({ stdout }, reporter, json);
  try {
    await fetchImage(paths, { verb: 'pull', name: source.reference, args: [source.reference] }, reporter, onProgress);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`cannot add "${name}"`, { why: error.message, cause: error });
  } finally {
    reporter.end();
  }
}

/** Asks at most for a host name, for whom it is, where data lives, and for variables without a value. */
async function findChoices(
  { name, front, hasWeb, domain, props, unset }: Described,
  { host: asked, data }: Given<typeof OPTIONS>['values'],
  context: CommandContext,
  mayAsk: boolean,
): Promise<Choices> {
  const ask = async (question: string, usual: string): Promise<string> =>
    mayAsk ? askText(context, question, usual) : usual;
  const isServed = hasWeb && front.port !== undefined;
  if (asked !== undefined && asked !== 'none' && front.port === undefined)
    throw new Failure(`cannot serve "${name}" as ${asked}`, {
      why: 'it has no port for a web server',
      hint: 'WebPort=8080 names it',
    });
  const host =
    asked ?? (isServed ? await ask(`host name (a label of ${domain}, a whole name, or none)`, name) : 'none');
  const access =
    props.get('access') ?? (await ask('who may reach it: private (the local networks) or public', 'private'));
  if (access !== 'private' && access !== 'public')
    throw new Failure(`cannot add "${name}"`, { why: `"${access}" is neither private nor public` });
  const folder = data ?? (await ask('where its data lives: volumes, or a folder', 'volumes'));
  if (folder !== 'volumes' && !folder.startsWith('/'))
    throw new Failure(`cannot add "${name}"`, { why: `"${folder}" is no absolute path of a folder` });
  if (unset.length > 0 && mayAsk)
    context.stdout.write(`not set, and empty: ${unset.join(', ')} (VARIABLE=VALUE sets one)\n`);
  return {
    host: host === 'none' ? undefined : host,
    access,
    folder: folder === 'volumes' ? undefined : folder.replace(/\/+$/, ''),
    props,
  };
}

/** The records as commands that can be pasted, and what is not in them. */
function formatPlanned({ madeUp }: Described, { records, leftOut, change }: PlannedAddition, width: number): string {
  return showableLines([
    ...formatRecords(
      records.map((record) => maskRecord(record, change.mask)),
      width,
    ),
    ...(madeUp.length === 0 ? [] : [`made up, and kept in db secrets: ${madeUp.join(', ')}`]),
    ...leftOut.map(({ name, key, value, why }) => `not in the records: ${name} ${key} ${value}: ${why}`),
  ]);
}

function formatEnd({ front }: Described, { names, records }: PlannedAddition, { paths }: CommandContext): string {
  const secrets = records.filter(({ db }) => db === SECRETS).map(({ key }) => `db ${SECRETS} getprop ${key} Value`);
  const urls = listUrls(new Container(readHostSnapshot(paths), front.name));
  return [...urls, ...secrets, `docksmith status ${names.join(' ')}`].map((line) => `${line}\n`).join('');
}
