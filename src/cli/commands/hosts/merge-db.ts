import { showable } from '../../../base/showable.ts';
import { mergeFile } from '../../../features/hosts/merge-file.ts';
import { type CommandContext, defineCommand, DRY_RUN_OPTION, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';

const OPTIONS = { ...DRY_RUN_OPTION, ...JSON_OPTION } as const;

/** As git calls a merge driver: `docksmith merge-db %O %A %B %P`. */
export const mergeDbCommand = defineCommand({
  name: 'merge-db',
  doc: 'merge two versions of a db file by record and prop, as a merge driver of git; OURS takes the result',
  effect: 'changes',
  operands: { usage: 'BASE OURS THEIRS [DB]', min: 3, max: 4, of: [['file'], ['file'], ['file'], ['db']] },
  options: OPTIONS,
  run: runMergeDb,
});

function runMergeDb(
  { values, words: [base = '', ours = '', theirs = '', name = ours] }: Given<typeof OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  const { conflicts, words } = mergeFile(paths, { base, ours, theirs, name }, { dryRun: values['dry-run'] ?? false });
  if (values.json === true) stdout.write(formatJson({ conflicts: words }));
  else for (const line of words) stderr.write(`conflict: ${showable(line)}\n`);
  return Promise.resolve(conflicts.length === 0 ? 0 : 1);
}
