import { showable } from '../../../base/showable.ts';
import { findAskedContents, type ContentUpdated, updateContents } from '../../../flow/content/update-content.ts';
import { readHostSnapshot } from '../../../flow/host-state.ts';
import { formatRevision } from '../../../model/content-record.ts';
import {
  ANY_CONTAINERS,
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  WAIT_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { formatJson } from '../../format/format-json.ts';
import { interruptible } from '../../interruptible.ts';

const OPTIONS = {
  missing: { doc: 'only what is not there, or comes from elsewhere than the record says' },
  ...DRY_RUN_OPTION,
  ...WAIT_OPTION,
  ...JSON_OPTION,
} as const;

export const updateContentCommand = defineCommand({
  name: 'update-content',
  doc: 'fetch the content of containers from git; they are told by the next reconcile',
  effect: 'changes',
  operands: ANY_CONTAINERS,
  options: OPTIONS,
  run: runUpdateContent,
  part: async ({ values, words }) =>
    (await import('../../../flow/content/content-step.ts')).updateContentStep(words, values.missing ?? false),
});

async function runUpdateContent(
  { values, words: names }: Given<typeof OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  const json = values.json ?? false;
  const onlyMissing = values.missing ?? false;
  if (values['dry-run'] === true) {
    const asked = findAskedContents(paths, readHostSnapshot(paths), { names, onlyMissing });
    stdout.write(
      json
        ? formatJson({ contents: asked.map(({ key: name, url, ref }) => ({ name, url, ref })) })
        : `${asked.map(({ key, url }) => `would fetch content ${key}: ${showable(url)}\n`).join('')}dry run, nothing was changed\n`,
    );
    return 0;
  }
  const mayStayPending = process.env['DOCKSMITH_MAY_STAY_PENDING'] === '1';
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  try {
    return await interruptible(stderr, async (signal) => {
      const request = { names, onlyMissing, waitSeconds: values.wait, signal, mayStayPending };
      const { contents, failures } = await updateContents(paths, request, reporter);
      reporter.end();
      if (json) stdout.write(formatJson({ contents: contents.map(withNulls), failures: jsonFailures(failures) }));
      else {
        stdout.write(contents.map((content) => `${formatUpdated(content)}\n`).join(''));
        // as a step it is silent where there is nothing to fetch
        if (contents.length === 0 && !onlyMissing) stdout.write('nothing to do\n');
      }
      if (mayStayPending) {
        for (const failure of failures) reporter.warning(`${failure.message}; the next event fetches it`);
        return 0;
      }
      if (!json) stderr.write(formatFailures(failures, stderr));
      return failures.length === 0 ? 0 : 1;
    });
  } finally {
    reporter.end();
  }
}

const withNulls = ({ name, outcome, from, to }: ContentUpdated): unknown => ({
  name,
  outcome,
  from: from ?? null,
  to: to ?? null,
});

function formatUpdated({ name, outcome, from, to }: ContentUpdated): string {
  const [old, now] = [from, to].map((revision) => (revision === undefined ? 'none' : formatRevision(revision)));
  switch (outcome) {
    case 'updated':
      return `content ${name}: ${old ?? ''} -> ${now ?? ''}`;
    case 'unchanged':
      return `content ${name}: ${now ?? ''}, nothing newer`;
    case 'failed':
      return `content ${name}: ${old ?? ''}, not updated`;
  }
}
