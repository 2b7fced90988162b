import { formatPlan } from '../../../container/plan/format-plan.ts';
import { UsageFailure } from '../../../base/errors.ts';
import { SECRETS } from '../../../db/secret-values.ts';
import { MASK, type Mask } from '../../../base/mask.ts';
import { CONTAINERS } from '../../../model/container.ts';
import { quoteWord } from '../../../base/quote.ts';
import { showable } from '../../../base/showable.ts';
import { adopt, type Adoption } from '../../../features/adopt/adopt.ts';
import type { Candidate, LeftOut } from '../../../features/adopt/candidate.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, WAIT_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatRecords, maskRecord } from '../../format/format-records.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { jsonPlan } from '../../format/format-preview.ts';
import { widthOf, wrapWords } from '../../format/terminal.ts';

const OPTIONS = {
  file: {
    short: 'f',
    value: 'FILE',
    of: ['file'],
    many: true,
    doc: 'adopt the services of a Compose file, as they run or as it describes them; several are laid over each other; of a folder the files that Compose would take',
  },
  stack: {
    value: 'FILE',
    of: ['file'],
    doc: 'adopt the services of a file of docker stack deploy, as services of the swarm',
  },
  'env-file': {
    value: 'FILE',
    of: ['file'],
    many: true,
    doc: 'variables of the Compose file, in place of the file .env beside it',
  },
  profile: { value: 'NAME', many: true, doc: 'adopt the services of a profile, too; * is every profile' },
  'project-name': { short: 'p', value: 'NAME', doc: 'the name under which Compose runs it' },
  project: { value: 'NAME', doc: 'the same as --project-name' },
  secrets: {
    doc: 'put variables whose names say that they are secret (DB_PASSWORD, API_TOKEN), and addresses with a password, into db secrets',
  },
  'dry-run': { doc: 'show the records as db commands, and change nothing at all' },
  ...WAIT_OPTION,
  ...JSON_OPTION,
} as const;

export const adoptCommand = defineCommand({
  name: 'adopt',
  doc: 'write records for containers that others created, or that a Compose file describes; no container is touched',
  effect: 'changes',
  options: OPTIONS,
  operands: { usage: 'CONTAINER… | {-f|--stack} FILE… [SERVICE…]', min: 0, max: Infinity, of: [[]] },
  run: runAdopt,
});

async function runAdopt(
  {
    values: {
      'dry-run': dryRun = false,
      file: composed = [],
      'env-file': envFiles = [],
      profile: profiles = [],
      project: short,
      'project-name': project = short,
      json = false,
      secrets = false,
      stack,
      wait,
    },
    words,
  }: Given<typeof OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  if (stack !== undefined && composed.length > 0)
    throw new UsageFailure('cannot run "docksmith adopt"', { why: '--stack names a file of its own, and -f another' });
  const files = stack === undefined ? composed : [stack];
  if (files.length === 0) checkNamed(words, { envFiles, profiles, project });
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const source =
    files.length === 0
      ? ({ kind: 'containers', names: words } as const)
      : ({
          kind: 'compose',
          files,
          envFiles,
          profiles,
          project,
          services: words,
          isStack: stack !== undefined,
        } as const);
  const { mask, ...adoption } = await adopt(
    paths,
    {
      source,
      dryRun,
      isMoving: secrets,
      args: [...files.flatMap((file) => [stack === undefined ? '-f' : '--stack', file]), ...words],
      waitSeconds: wait,
    },
    reporter,
  );
  const shown = maskAdoption(adoption, mask);
  for (const warning of shown.warnings) reporter.warning(warning);
  stdout.write(mask(json ? formatJson(jsonAdoption(shown, dryRun)) : formatAdoption(shown, dryRun, widthOf(stdout))));
  return 0;
}

/** Containers that others made: what says more of a Compose file goes with one. */
function checkNamed(
  words: readonly string[],
  ofFile: {
    readonly envFiles: readonly string[];
    readonly profiles: readonly string[];
    readonly project?: string | undefined;
  },
): void {
  const { envFiles, profiles, project } = ofFile;
  const option =
    project !== undefined
      ? '--project-name'
      : envFiles.length > 0
        ? '--env-file'
        : profiles.length > 0
          ? '--profile'
          : undefined;
  if (option !== undefined)
    throw new UsageFailure('cannot run "docksmith adopt"', {
      why: `${option} goes with a Compose file`,
      hint: '-f docker-compose.yml',
    });
  if (words.length === 0)
    throw new UsageFailure('cannot run "docksmith adopt"', {
      why: 'no container is named',
      hint: 'docker ps lists them; -f docker-compose.yml adopts the services of a Compose file',
    });
}

type Shown = Omit<Adoption, 'mask'>;

/** Before lines are broken, which would break secrets too. */
function maskAdoption({ records, leftOut, plan, ...rest }: Shown, mask: Mask): Shown {
  return {
    ...rest,
    records: records.map((record) => maskRecord(record, mask)),
    leftOut: leftOut.map((one) => ({ ...one, value: mask(one.value), why: mask(one.why) })),
    plan: {
      ...plan,
      operations: plan.operations.map((operation) => ({ ...operation, cause: mask(operation.cause) })),
      notes: plan.notes.map(mask),
    },
  };
}

/** Variables whose names say that they are secret, and that stand in records of containers. */
function listOpenSecrets({ records }: Shown): readonly string[] {
  return records
    .filter(({ db }) => db === CONTAINERS)
    .flatMap(({ key, props }) =>
      [...props].flatMap(([prop, value]) => (prop.startsWith('Env.') && value === MASK ? [`${key} ${prop}`] : [])),
    );
}

function formatAdoption(
  { candidates, records, leftOut, plan, folders, warnings }: Shown,
  dryRun: boolean,
  width: number,
): string {
  const open = listOpenSecrets({ candidates, records, leftOut, plan, folders, warnings });
  const names = candidates.map((candidate) => {
    const remarks = listRemarks(candidate);
    return remarks.length === 0 ? candidate.name : `${candidate.name} (${remarks.join('; ')})`;
  });
  return [
    ...(dryRun
      ? [
          ...folders.map((folder) => `mkdir -m 755 ${quoteWord(folder)}\n`),
          ...formatRecords(records, width).map((line) => `${line}\n`),
        ]
      : [
          ...wrapWords(`adopted ${names.join(', ')}`, width),
          ...records.map(({ db, key }) => `new record ${db} ${key}`),
          ...folders.map((folder) => `new folder ${folder}`),
        ].map((line) => `${showable(line)}\n`)),
    ...(leftOut.length === 0
      ? []
      : [
          `${dryRun ? '# ' : ''}not in the records\n`,
          ...leftOut.map((one) => formatLeftOut(one, dryRun ? '# ' : '', width)),
        ]),
    `${dryRun ? '# ' : ''}the plan with ${records.length === 1 ? 'it' : 'them'}\n`,
    ...formatPlan(plan)
      .split('\n')
      .flatMap((line) => wrapWords(line, width - 4))
      .map((line) => `${dryRun ? '# ' : ''}  ${showable(line)}\n`),
    ...(open.length === 0
      ? []
      : wrapWords(
          `${open.join(', ')}: the ${open.length === 1 ? 'name says' : 'names say'} that this is secret; docksmith adopt --secrets ${dryRun ? 'puts' : 'would have put'} it into db ${SECRETS}`,
          width - 2,
        ).map((line) => `${dryRun ? '# ' : ''}${showable(line)}\n`)),
    ...(dryRun ? ['# dry run, nothing was changed\n'] : []),
  ].join('');
}

function listRemarks({ there, enabled, isOrphan = false, neededBy }: Candidate): readonly string[] {
  return [
    ...(there !== undefined ? [] : isOrphan ? ['an orphan of docksmith until now'] : ['not there yet']),
    ...(enabled ? [] : ['does not run: its record is disabled']),
    ...(neededBy === undefined ? [] : [`${neededBy} needs it`]),
  ];
}

function formatLeftOut({ name, key, value, why }: LeftOut, prefix: string, width: number): string {
  const [first = '', ...more] = wrapWords(showable(`${name} ${key}: ${value}`), width - prefix.length - 4);
  const below = wrapWords(showable(why), width - prefix.length - 6);
  return [
    `${prefix}  ${first}`,
    ...more.map((line) => `${prefix}    ${line}`),
    ...below.map((line) => `${prefix}      ${line}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function jsonAdoption({ candidates, records, leftOut, plan, folders, warnings }: Shown, dryRun: boolean): unknown {
  return {
    dryRun,
    containers: candidates.map(({ name, there, enabled, isOrphan = false, neededBy = null }) => ({
      name,
      id: there?.id ?? null,
      enabled,
      isOrphan,
      neededBy,
    })),
    records: records.map(({ db, key, type, props }) => ({ db, key, type, props: Object.fromEntries(props) })),
    leftOut,
    plan: jsonPlan(plan),
    folders,
    warnings,
  };
}
