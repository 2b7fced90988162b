import { showable, showableLine } from '../../../base/showable.ts';
import { type ContentStatus, readContents } from '../../../features/content/content.ts';
import { formatRevision } from '../../../model/content-record.ts';
import { ANY_CONTAINERS, type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatAge, formatTime } from '../../format/format-time.ts';
import { formatTable } from '../../format/terminal.ts';

const OPTIONS = { ...JSON_OPTION } as const;

export const contentCommand = defineCommand({
  name: 'content',
  doc: 'show which revision of its repository each container sees, since when, and why a fetch failed; exit code 1 where one did',
  effect: 'prints',
  operands: ANY_CONTAINERS,
  options: OPTIONS,
  run: showContent,
});

function showContent({ values, words }: Given<typeof OPTIONS>, { paths, stdout }: CommandContext): Promise<number> {
  const contents = readContents(paths, words);
  stdout.write(values.json === true ? formatJson({ contents: contents.map(withNulls) }) : formatContents(contents));
  const isWell = contents.every(({ revision, failure, isOther }) => revision && failure === undefined && !isOther);
  return Promise.resolve(isWell ? 0 : 1);
}

/** The same keys for each, whatever is known of it. */
function withNulls({ checked, failure, revision, since, ...content }: ContentStatus): unknown {
  return {
    ...content,
    revision: revision ?? null,
    since: since ?? null,
    checked: checked ?? null,
    failure: failure ?? null,
  };
}

function formatContents(contents: readonly ContentStatus[]): string {
  if (contents.length === 0) return 'no container has content from git\n';
  const table = formatTable([
    ['NAME', 'REVISION', 'AGE', 'CHECKED', 'FROM'],
    ...contents.map(({ name, revision, since, checked, ref, url }) => [
      showable(name),
      revision === undefined ? 'none' : formatRevision(revision),
      since === undefined ? '-' : formatAge(since),
      checked === undefined ? 'never' : `${formatAge(checked)} ago`,
      showable(`${ref} of ${url}`),
    ]),
  ]);
  const amiss = contents.flatMap(({ name, failure, isOther }) => [
    ...(failure === undefined ? [] : [`${name}: failed ${formatTime(failure.when)}: ${showableLine(failure.why)}`]),
    ...(isOther
      ? [`${name}: what it sees was fetched before its record changed; the next docker-update fetches it`]
      : []),
  ]);
  return amiss.length === 0 ? table : `${table}\n${amiss.map((line) => `${line}\n`).join('')}`;
}
