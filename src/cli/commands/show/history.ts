import { UsageFailure } from '../../../base/errors.ts';
import { type HistoryEntry, listHistory, pairsOf, readEntry } from '../../../features/history/history.ts';
import { formatFileDiffs } from '../../../output/plan/diff.ts';
import { showable } from '../../../base/showable.ts';
import {
  type CommandContext,
  COUNT_OPTION,
  defineCommand,
  DIFF_OPTION,
  type Given,
  JSON_OPTION,
} from '../../command.ts';
import { describeRecord } from '../../../flow/commit/generation-dbs.ts';
import { jsonRecord } from '../../format/format-db-change.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatTime } from '../../format/format-time.ts';
import { formatTable, hasColour, painter } from '../../format/terminal.ts';

const COMMAND = 'docksmith history';
const OPTIONS = { ...COUNT_OPTION, ...DIFF_OPTION, ...JSON_OPTION } as const;
/** Of each commit, where several are listed. */
const MOST_LINES = 8;

export const historyCommand = defineCommand({
  name: 'history',
  doc: 'list commits with their time and user: all, those that changed one file, or one in full',
  effect: 'prints',
  operands: { usage: '[FILE|GENERATION]', min: 0, max: 1, of: [['output']] },
  options: OPTIONS,
  run: runHistory,
});

function runHistory(
  { values: { count = 20, diff = false, json = false }, words: [which] }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  if (which !== undefined && !/^(\/.*|\d+)$/s.test(which))
    throw new UsageFailure(`cannot run "${COMMAND}"`, {
      why: `"${which}" is neither the absolute path of a file nor a number`,
    });
  const isOne = which !== undefined && !which.startsWith('/');
  const file = isOne ? undefined : which;
  const entries = isOne ? [readEntry(paths, Number(which))] : listHistory(paths, { limit: count, file });
  const show = (entry: HistoryEntry): HistoryEntry =>
    file === undefined ? entry : { ...entry, files: entry.files.filter(({ path }) => path === file), records: [] };
  if (json) stdout.write(formatJson(isOne ? entries.map(jsonEntry)[0] : entries.map(show).map(jsonEntry)));
  else if (entries.length === 0)
    stdout.write(
      file === undefined ? 'nothing was committed yet\n' : `no commit that is kept changed ${showable(file)}\n`,
    );
  for (const entry of json ? [] : entries.map(show)) {
    stdout.write(formatEntry(entry, painter(stdout), isOne ? Infinity : MOST_LINES));
    if (diff || isOne)
      stdout.write(formatFileDiffs(pairsOf(paths, entry.files), { colour: hasColour(stdout), mask: entry.mask }));
  }
  return Promise.resolve(0);
}

function formatEntry(
  { generation: { number, when, who, command }, files, records }: HistoryEntry,
  paint: ReturnType<typeof painter>,
  most: number,
): string {
  const lines = [
    ...files.map(({ kind, path }) => [kind, path]),
    ...records.map((record) => ['db', describeRecord(record)]),
  ];
  const shown = lines.length > most ? lines.slice(0, most - 1) : lines;
  const more =
    lines.length === shown.length ? '' : `    and ${lines.length - shown.length} more: docksmith history ${number}\n`;
  const head = [String(number), formatTime(when), who, command].map(showable).join('  ');
  return `${paint('bold', head)}\n${formatTable(shown.map(([kind = '', what = '']) => [`    ${kind.padEnd(7)}`, showable(what)]))}${more}`;
}

function jsonEntry({ generation: { number, when, who, command }, files, records }: HistoryEntry): unknown {
  return {
    number,
    when,
    who,
    command,
    files: files.map(({ path, kind }) => ({ path, kind })),
    records: records.map(jsonRecord),
  };
}
