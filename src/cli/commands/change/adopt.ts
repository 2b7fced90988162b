import { statSync } from 'node:fs';
import { UsageFailure } from '../../../base/errors.ts';
import { adopt } from '../../../features/adopt/adopt.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, WAIT_OPTION } from '../../command.ts';
import { formatAdoption, jsonAdoption, maskAdoption } from '../../format/format-adoption.ts';
import { formatJson } from '../../format/format-json.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { widthOf } from '../../format/terminal.ts';

const OPTIONS = {
  file: {
    short: 'f',
    value: 'FILE',
    of: ['file'],
    many: true,
    doc: 'adopt the services of a Compose file, as they run or as it describes them; several are laid over each other; of a folder the files that Compose would take',
  },
  stack: {
    value: 'FILE|NAME',
    of: ['file'],
    doc: 'adopt the services of a file of docker stack deploy, as services of the swarm; or those of a stack that runs, by its name',
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
  doc: 'write records for containers and stacks that others created, or that a Compose file describes; no container is touched',
  effect: 'changes',
  options: OPTIONS,
  operands: {
    usage: 'CONTAINER… | {-f|--stack} FILE|NAME [SERVICE…]',
    min: 0,
    max: Infinity,
    of: [[]],
  },
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
  const isRunning = stack !== undefined && isStackName(stack);
  const files = stack === undefined ? composed : [stack];
  if (files.length === 0 || isRunning) checkNamed(words, { envFiles, profiles, project, isRunning });
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const source = isRunning
    ? ({ kind: 'stack', stack, services: words } as const)
    : files.length === 0
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

/** A word that is no path, and no file here: the stack of that name. */
function isStackName(text: string): boolean {
  return !/\/|\.(ya?ml|json)$/.test(text) && statSync(text, { throwIfNoEntry: false })?.isFile() !== true;
}

/** Containers that others made: what says more of a Compose file goes with one. */
function checkNamed(
  words: readonly string[],
  ofFile: {
    readonly envFiles: readonly string[];
    readonly profiles: readonly string[];
    readonly project?: string | undefined;
    readonly isRunning: boolean;
  },
): void {
  const { envFiles, profiles, project, isRunning } = ofFile;
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
  if (words.length === 0 && !isRunning)
    throw new UsageFailure('cannot run "docksmith adopt"', {
      why: 'no container is named',
      hint: 'docker ps lists them; -f docker-compose.yml adopts the services of a Compose file',
    });
}
