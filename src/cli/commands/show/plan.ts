import { listOperations } from '../../../container/plan/told.ts';
import { formatPlan } from '../../../container/plan/format-plan.ts';
import { showable } from '../../../base/showable.ts';
import type { Interruption } from '../../../flow/containers/interruptions.ts';
import { planNextEvent, type PlanOfEvent } from '../../../features/plan/plan.ts';
import { ANY_CONTAINERS, type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { jsonPlan } from '../../format/format-preview.ts';
import { formatCauses } from '../../format/format-signal.ts';
import { painter } from '../../format/terminal.ts';

export const planCommand = defineCommand({
  name: 'plan',
  doc: 'show what the next event would do to containers, why, and what cannot be reached meanwhile',
  effect: 'prints',
  operands: ANY_CONTAINERS,
  options: JSON_OPTION,
  run: runPlan,
});

async function runPlan(
  { values: { json = false }, words }: Given<typeof JSON_OPTION>,
  { paths, stdout, stderr, commands }: CommandContext,
): Promise<number> {
  const planned = await planNextEvent(paths, words, commands);
  const { refused = [] } = planned.plan;
  // the event would fail of it, too
  const exitCode = refused.length === 0 ? 0 : 1;
  if (json) {
    stdout.write(formatJson(jsonPlanOfEvent(planned)));
    return exitCode;
  }
  const reporter = new ConsoleReporter({ stdout, stderr });
  for (const warning of planned.preview.warnings) reporter.warning(warning);
  stdout.write(formatPlanOfEvent(planned, painter(stdout)));
  return exitCode;
}

function formatPlanOfEvent(
  { event, args, plan, preview, interruptions, leftAlone }: PlanOfEvent,
  paint: ReturnType<typeof painter>,
): string {
  const { restartsDaemon, changes } = preview;
  const files = changes.install.length + changes.remove.length;
  const isEmpty = listOperations(plan).length === 0 && files === 0;
  return [
    ...(restartsDaemon === undefined ? [] : [`restart the engine: ${showable(formatCauses(restartsDaemon.causes))}`]),
    showable(formatPlan(plan)),
    ...interruptions.map((interruption) => paint('yellow', showable(formatInterruption(interruption)))),
    ...(leftAlone.length === 0 || isEmpty
      ? []
      : [`left alone: ${leftAlone.length > 8 ? `${leftAlone.length} containers` : leftAlone.join(', ')}`]),
    ...(isEmpty
      ? []
      : [
          paint(
            'dim',
            `signal-event ${[event, ...args].join(' ')} does it${files === 0 ? '' : `, and changes ${files === 1 ? 'a file' : `${files} files`} first (--dry-run --diff shows ${files === 1 ? 'it' : 'them'})`}`,
          ),
        ]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function formatInterruption({ name, until, ports, urls, needed }: Interruption): string {
  const ways = [...urls, ...(ports.length === 0 ? [] : [`port ${ports.join(', ')}`])];
  return `not reachable ${until === undefined ? 'from then on' : `until it is ${until}`}: ${name}${ways.length === 0 ? '' : ` (${ways.join(', ')})`}${needed.length === 0 ? '' : `, needed by ${needed.join(', ')}`}`;
}

function jsonPlanOfEvent({
  event,
  args,
  plan,
  preview: { changes, allocated, restartsDaemon, warnings },
  interruptions,
  leftAlone,
}: PlanOfEvent): unknown {
  return {
    event,
    args,
    ...(jsonPlan(plan) as object),
    interruptions: interruptions.map(({ until, ...interruption }) => ({ ...interruption, until: until ?? null })),
    leftAlone,
    files: {
      install: changes.install.map(({ output }) => output.path),
      remove: changes.remove.map(({ owned }) => owned.path),
    },
    allocated,
    warnings,
    ...(restartsDaemon === undefined ? {} : { restartsDaemon }),
  };
}
