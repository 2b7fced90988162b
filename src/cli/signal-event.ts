import { UsageFailure } from '../errors.ts';
import { previewEvent } from '../flow/dry-run.ts';
import { readSecrets } from '../flow/secrets.ts';
import { signalEvent } from '../flow/signal.ts';
import { formatDiff } from '../output/diff.ts';
import { type CommandContext, readOptions, readSeconds } from './command.ts';
import { formatJson } from './format-json.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatFailures } from './format-failure.ts';
import { formatPreview, jsonPreview } from './format-preview.ts';
import { formatSignal, jsonSignal } from './format-signal.ts';
import { hasColour, painter } from './terminal.ts';

const OPTIONS = {
  'dry-run': { type: 'boolean' }, diff: { type: 'boolean' }, force: { type: 'boolean' }, 'take-over': { type: 'boolean' }, retry: { type: 'boolean' },
  wait: { type: 'string' }, json: { type: 'boolean' },
} as const;

/** `signal-event [OPTION…] EVENT [ARG…]` */
export async function runSignalEvent(args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { values, words } = readOptions('signal-event', args, OPTIONS, { passThrough: true });
  const [event, ...eventArgs] = words;
  if (event === undefined) throw new UsageFailure('cannot run "signal-event"', { why: 'no event is named', hint: 'signal-event --help tells how it is used' });
  const late = eventArgs.find((word) => Object.keys(OPTIONS).some((option) => word === `--${option}` || word.startsWith(`--${option}=`)));
  if (late !== undefined) throw new UsageFailure('cannot run "signal-event"', { why: `the option ${late} stands behind the event, where its arguments are`, hint: `signal-event ${late} ${event} …` });
  const { json = false, diff = false, force = false } = values;
  const request = { event, args: eventArgs, force, takeOver: values['take-over'] ?? false, retry: values.retry ?? false, waitSeconds: readSeconds('signal-event', values.wait) };
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const shownDiff = { colour: !json && hasColour(stdout), ...(diff ? readSecrets(paths) : {}) };
  try {
    if (values['dry-run'] === true) {
      const preview = await previewEvent(paths, request);
      reporter.end();
      for (const warning of preview.warnings) reporter.warning(warning);
      stdout.write(json ? formatJson(jsonPreview(event, preview, diff ? shownDiff : undefined)) : `${diff ? formatDiff(preview.changes, shownDiff) : ''}${formatPreview(event, preview, painter(stdout))}`);
      return preview.changes.obstacles.length === 0 ? 0 : 1;
    }
    const result = await signalEvent(paths, request, reporter);
    reporter.end();
    // the reasons first, since the line that counts is the last one
    if (!json) stderr.write(formatFailures(result.failures, stderr));
    stdout.write(json ? formatJson(jsonSignal(result, diff ? shownDiff : undefined)) : `${diff ? formatDiff(result.changes, shownDiff) : ''}${formatSignal(result, painter(stdout))}`);
    return result.failures.length === 0 ? 0 : 1;
  } finally {
    reporter.end();
  }
}
