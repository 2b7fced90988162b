import { UsageFailure } from '../../../base/errors.ts';
import type { Guarded } from '../../../features/firewall/behind-filter.ts';
import {
  type FilterChoice,
  readUninstallPlan,
  uninstall,
  type Uninstalled,
  type UninstallPlan,
} from '../../../features/uninstall/uninstall.ts';
import { showable } from '../../../base/showable.ts';
import { ask, refuseJsonQuestion } from '../../ask.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  NO_OPERANDS,
  YES_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatTable, widthOf, wrapWords } from '../../format/terminal.ts';

const COMMAND = 'docksmith uninstall';
const OPTIONS = {
  ...DRY_RUN_OPTION,
  ...YES_OPTION,
  ...JSON_OPTION,
  'stop-containers': { doc: 'stop private containers, so that the packet filter can go' },
  'drop-firewall': { doc: 'remove the packet filter although private containers run' },
} as const;

export const uninstallCommand = defineCommand({
  name: 'uninstall',
  doc: 'remove the files that docksmith wrote, restore those that it took over; shows them, and asks',
  effect: 'asks',
  operands: NO_OPERANDS,
  options: OPTIONS,
  run: runUninstall,
});

async function runUninstall({ values }: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  const { 'dry-run': dryRun = false, yes = false, json = false } = values;
  const { paths, stdout, stderr } = context;
  const choice = readChoice(values);
  const hint = [
    COMMAND,
    '--yes',
    ...(choice === 'keep' ? [] : [choice === 'drop' ? '--drop-firewall' : '--stop-containers']),
  ].join(' ');
  if (!yes || dryRun) {
    const plan = await readUninstallPlan(paths, choice);
    if (dryRun) {
      stdout.write(
        json
          ? formatJson({ ...jsonPlan(plan), services: [], isDone: false })
          : `${formatPlan(plan, { isDone: false, width: widthOf(stdout) })}dry run, nothing was changed\n`,
      );
      return 0;
    }
    const question = { what: 'uninstall docksmith', hint };
    refuseJsonQuestion({ json }, question);
    stdout.write(formatPlan(plan, { isDone: false, width: widthOf(stdout) }));
    if (!(await ask(context, question))) return 1;
  }
  const done = await uninstall(paths, choice, new ConsoleReporter({ stdout: json ? stderr : stdout, stderr }));
  stdout.write(
    json
      ? formatJson({ ...jsonPlan(done), services: done.services, isDone: true })
      : formatPlan(done, { isDone: true, width: widthOf(stdout) }),
  );
  if (!json) stdout.write(formatRest(done));
  return 0;
}

/** @throws UsageFailure where both are asked for */
function readChoice({
  'stop-containers': stops = false,
  'drop-firewall': drops = false,
}: Given<typeof OPTIONS>['values']): FilterChoice {
  if (stops && drops)
    throw new UsageFailure(`cannot run "${COMMAND}"`, {
      why: '--stop-containers and --drop-firewall exclude each other',
    });
  return stops ? 'stop containers' : drops ? 'drop' : 'keep';
}

function formatRest({ services }: Uninstalled): string {
  return `containers, volumes, dbs and history stay\n${services.length === 0 ? '' : `still running with what was removed: ${services.join(', ')}; reload or restart them\n`}`;
}

/** What goes, comes back and stays, then who could be reached without the packet filter. */
export function formatPlan(
  { remove, restore, leave, filter, guarded, unknown, stop }: UninstallPlan,
  { isDone, width }: { readonly isDone: boolean; readonly width: number },
): string {
  const verb = (now: string, then: string): string => (isDone ? then : now);
  const wrap = (words: string): string =>
    wrapWords(words, width)
      .map((line) => `${line}\n`)
      .join('');
  const exposed = guarded.filter((container) => !stop.includes(container));
  return [
    formatTable([
      ...stop.map(({ name }) => [verb('would stop', 'stopped'), `container ${showable(name)}`]),
      ...remove.map(({ path }) => [verb('would remove', 'removed'), path]),
      ...restore.map(({ original }) => [verb('would put back', 'put back'), original.path]),
      ...leave.map(({ path, why }) => ['left', `${path} (${why})`]),
    ]),
    ...(filter === 'kept'
      ? [
          wrap(
            unknown === undefined
              ? 'the packet filter stays, since without it foreign hosts could reach:'
              : `the packet filter stays, since it is not known which containers it protects: ${unknown}`,
          ),
          ...guarded.map((container) => formatGuarded(container, width)),
          wrap(
            'a reboot removes it until signal-event docker-boot sets it again. To remove it: --stop-containers, --drop-firewall, or uninstall again when those containers are gone.',
          ),
        ]
      : exposed.length === 0
        ? []
        : [
            wrap(`without the packet filter foreign hosts ${verb('could', 'can')} reach:`),
            ...exposed.map((container) => formatGuarded(container, width)),
          ]),
  ].join('');
}

function formatGuarded({ name, isPrivate, places }: Guarded, width: number): string {
  const lines = wrapWords(
    showable(
      `${name} (${isPrivate ? 'private' : 'public'}): ${places.length === 0 ? 'as soon as the engine starts it again' : places.join(', ')}`,
    ),
    width - 4,
  );
  return lines.map((line, n) => `${n === 0 ? '  ' : '    '}${line}\n`).join('');
}

function jsonPlan({
  remove,
  restore,
  leave,
  filter,
  guarded,
  unknown,
  stop,
}: UninstallPlan): Readonly<Record<string, unknown>> {
  return {
    remove: remove.map(({ path }) => path),
    restore: restore.map(({ original }) => original.path),
    leave,
    filter,
    unknown: unknown ?? null,
    stop: stop.map(({ name }) => name),
    reachableWithoutFilter: guarded.map(({ name, isPrivate, places }) => ({
      name,
      access: isPrivate ? 'private' : 'public',
      places,
    })),
  };
}
