import { UsageFailure } from '../../../base/errors.ts';
import { previewEvent } from '../../../features/dry-run/dry-run.ts';
import { readSecrets } from '../../../flow/secrets.ts';
import { signalEvent } from '../../../flow/signal.ts';
import { formatDiff } from '../../../output/plan/diff.ts';
import {
  type CommandContext,
  defineCommand,
  DIFF_OPTION,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  RETRY_OPTION,
  TAKE_OVER_OPTION,
  WAIT_OPTION,
} from '../../command.ts';
import { expandContainers } from '../../expand-operands.ts';
import { EVENT_DOCS, formatEvents } from '../../format/format-events.ts';
import { formatJson } from '../../format/format-json.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatFailures } from '../../format/format-failure.ts';
import { formatPreview, jsonPreview } from '../../format/format-preview.ts';
import { formatSignal, jsonSignal } from '../../format/format-signal.ts';
import { interruptible, LINGER_MILLISECONDS } from '../../interruptible.ts';
import { hasColour, painter } from '../../format/terminal.ts';

const OPTIONS = {
  ...DRY_RUN_OPTION,
  ...DIFF_OPTION,
  force: { doc: 'adjust every service of the event, changed files or not' },
  ...TAKE_OVER_OPTION,
  ...RETRY_OPTION,
  move: {
    doc: 'let the engine have another StorageDriver: containers are created again, and what they hold outside of volumes stays behind',
  },
  ...WAIT_OPTION,
  ...JSON_OPTION,
} as const;

export const signalEventCommand = defineCommand({
  name: 'signal-event',
  isProgram: true,
  doc: 'run one event',
  effect: 'changes',
  options: OPTIONS,
  operands: {
    usage: 'EVENT [ARG…]',
    of: [['event'], ['event-argument']],
    min: 1,
    max: Infinity,
    passThrough: true,
    missing: { why: 'no event is named', hint: 'signal-event --help lists them' },
  },
  more: (paths, width) => `Events:\n${formatEvents(paths, width)}`,
  run: runSignalEvent,
});

async function runSignalEvent(
  { values, words: [event = '', ...words] }: Given<typeof OPTIONS>,
  { paths, stdout, stderr, commands }: CommandContext,
): Promise<number> {
  const late = words.find((word) =>
    Object.keys(OPTIONS).some((option) => word === `--${option}` || word.startsWith(`--${option}=`)),
  );
  if (late !== undefined)
    throw new UsageFailure('cannot run "signal-event"', {
      why: `the option ${late} comes after the event, where only its arguments are expected`,
      hint: `signal-event ${late} ${event} …`,
    });
  refuseWrongNames(event, words);
  const eventArgs = takesContainers(event) ? await expandContainers(paths, words) : words;
  const { json = false, diff = false, force = false } = values;
  const request = {
    event,
    args: eventArgs,
    force,
    takeOver: values['take-over'] ?? false,
    retry: values.retry ?? false,
    move: values.move ?? false,
    waitSeconds: values.wait,
    commands,
  };
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const shownDiff = { colour: !json && hasColour(stdout), ...(diff ? readSecrets(paths) : {}) };
  try {
    if (values['dry-run'] === true) {
      const preview = await previewEvent(paths, request);
      reporter.end();
      for (const warning of preview.warnings) reporter.warning(warning);
      stdout.write(
        json
          ? formatJson(jsonPreview(event, preview, diff ? shownDiff : undefined))
          : `${diff ? formatDiff(preview.changes, shownDiff) : ''}${formatPreview(event, preview, painter(stdout), true)}`,
      );
      return preview.changes.obstacles.length === 0 ? 0 : 1;
    }
    return await interruptible(
      stderr,
      async (signal) => {
        const result = await signalEvent(paths, { ...request, signal }, reporter);
        reporter.end();
        // the reasons first, since the line that counts is the last one
        if (!json) stderr.write(formatFailures(result.failures, stderr));
        stdout.write(
          json
            ? formatJson(jsonSignal(result, diff ? shownDiff : undefined))
            : `${diff ? formatDiff(result.changes, shownDiff) : ''}${formatSignal(result, painter(stdout))}`,
        );
        return result.failures.length === 0 ? 0 : 1;
      },
      undefined,
      LINGER_MILLISECONDS,
    );
  } finally {
    reporter.end();
  }
}

/** What other packages' events are told may be anything. */
function takesContainers(event: string): boolean {
  return Object.hasOwn(EVENT_DOCS, event) && EVENT_DOCS[event]?.[0].includes('NAME') === true;
}

/** The steps of a shipped event would refuse them, too, but some of them have done something by then. */
function refuseWrongNames(event: string, names: readonly string[]): void {
  const [usage] = Object.hasOwn(EVENT_DOCS, event) ? (EVENT_DOCS[event] ?? []) : [];
  const cannot = `cannot run "signal-event ${[event, ...names].join(' ')}"`;
  if (usage === '' && names.length > 0)
    throw new UsageFailure(cannot, {
      why: 'the event is about all containers and takes no names',
      hint: `signal-event docker-container-update ${names.join(' ')}`,
    });
  if (usage === 'NAME…' && names.length === 0)
    throw new UsageFailure(cannot, {
      why: 'no container is named',
      hint: `signal-event ${event} NAME…; db docker_containers keys lists them`,
    });
}
