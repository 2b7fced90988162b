import type { Readable } from 'node:stream';
import { Failure, listHints, UsageFailure } from '../../../base/errors.ts';
import { describeRecord } from '../../../flow/commit/generation-dbs.ts';
import type { Reporter } from '../../../flow/reporter.ts';
import type { ContentChanges } from '../../../features/hosts/content.ts';
import { confirm } from '../../../features/hosts/go-back.ts';
import { sendTo } from '../../../features/hosts/pull.ts';
import { receive, type Received } from '../../../features/hosts/receive.ts';
import { reportHost } from '../../../features/hosts/report.ts';
import { waitForConfirmation } from '../../../features/hosts/waiter.ts';
import { readSecrets } from '../../../flow/secrets.ts';
import { ALL_NAMES } from '../../command-names.ts';
import { type CommandContext, defineCommand, DRY_RUN_OPTION, type Given } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatPreview } from '../../format/format-preview.ts';
import { interruptible } from '../../interruptible.ts';
import { readSeconds, TAKE_OVER_OPTION } from './options.ts';

const OPTIONS = {
  report: { doc: 'say how this host is' },
  apply: { value: 'REVISION', doc: 'apply the commits on standard input, unless they are here', read: readRevision },
  confirm: { value: 'REVISION', doc: 'what was applied stays', read: readRevision },
  send: { doc: 'print what this host sent last, but for REVISION' },
  wait: { doc: 'wait for the confirmation, and go back without one' },
  'confirm-timeout': {
    value: 'SECONDS',
    doc: 'timeout: go back after SECONDS without a confirmation',
    read: readSeconds,
  },
  ...TAKE_OVER_OPTION,
  ...DRY_RUN_OPTION,
  json: { doc: 'the answer is one JSON document, also without this option' },
} as const;

/** The far end of `push` and `pull`, called over ssh. Its answers are JSON documents. */
export const receiveCommand = defineCommand({
  name: 'receive',
  internal: true,
  unmasked: true,
  doc: 'the far end of docksmith push and pull',
  effect: 'changes',
  operands: { usage: '[REVISION]', min: 0, max: 1, of: [[]] },
  options: OPTIONS,
  run: runReceive,
});

async function runReceive({ values, words }: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  const { paths, stdout, stderr, commands } = context;
  const [have] = words;
  const asked = [values.report, values.apply, values.confirm, values.send, values.wait].filter(Boolean).length;
  if (asked !== 1 || (have !== undefined && (values.send !== true || readRevision(have) === undefined)))
    throw new UsageFailure('cannot run "docksmith receive"', {
      why: 'it takes one of --report, --apply, --confirm, --send and --wait, and a revision for --send',
    });
  if (values.report === true) stdout.write(formatJson(await reportHost(paths)));
  if (values.send === true) stdout.write(sendTo(paths, have));
  if (values.confirm !== undefined) {
    if (values['dry-run'] !== true) confirm(paths, values.confirm);
    stdout.write(formatJson({ confirmed: values.confirm }));
  }
  if (values.wait === true) await waitForConfirmation(paths, commands, new Quiet());
  const revision = values.apply;
  if (revision === undefined) return 0;
  return interruptible(stderr, async (signal) => {
    const reporter = new Quiet();
    const received = await receive(
      paths,
      {
        revision,
        bundle: await readAll(context.stdin),
        takeOver: values['take-over'] ?? false,
        dryRun: values['dry-run'] ?? false,
        timeoutSeconds: values['confirm-timeout'] ?? 60,
        isPushed: true,
        commandNames: ALL_NAMES,
        commands,
        signal,
      },
      reporter,
    );
    const { mask } = readSecrets(paths);
    stdout.write(formatJson(answerOf(received, reporter.warnings, (text) => mask(received.mask(text)))));
    return ['refused', 'failed', 'went back'].includes(received.outcome) ? 1 : 0;
  });
}

/** What the other end reads. */
function answerOf(
  { outcome, revision, records, files, kept, failures, preview }: Received,
  warnings: readonly string[],
  mask: (text: string) => string,
): unknown {
  const plan =
    preview === undefined
      ? []
      : formatPreview('docker-update', preview, (_, text) => text, false)
          .trimEnd()
          .split('\n');
  return {
    outcome,
    revision,
    changes: wordsOf({ records, files }),
    kept: wordsOf(kept),
    plan: plan.map(mask),
    why: failures.map(({ message }) => mask(message)),
    hints: listHints(failures).map(mask),
    warnings: warnings.map(mask),
  };
}

export function wordsOf({ records, files }: ContentChanges): readonly string[] {
  return [...records.map(describeRecord), ...files];
}

function readRevision(text: string): string | undefined {
  return /^[0-9a-f]{40}$/.test(text) ? text : undefined;
}

const MOST_BYTES = 256 * 1024 ** 2;

async function readAll(stdin: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stdin as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES)
      throw new Failure('cannot receive', { why: `more than ${MOST_BYTES / 1024 ** 2} MB were sent` });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Nobody is there to read; what it did is in `docksmith runs`. */
class Quiet implements Reporter {
  readonly warnings: string[] = [];
  waiting(): void {}
  progress(): void {}
  installed(): void {}
  line(): void {}
  warning(text: string): void {
    this.warnings.push(text);
  }
}
