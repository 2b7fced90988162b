import path from 'node:path';
import { showable } from '../../../base/showable.ts';
import { readSchema } from '../../../db/read-schema.ts';
import { type ConvertedFolder, planFolders, writeFolders } from '../../../features/convert/folders.ts';
import { type CommandContext, defineCommand, DRY_RUN_OPTION, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';

const OPTIONS = { ...DRY_RUN_OPTION, ...JSON_OPTION } as const;

export const convertCommand = defineCommand({
  name: 'convert',
  doc: 'write the Perl fragments of folders as Handlebars into FOLDER.hbs beside each, and say what is to be done by hand',
  effect: 'changes',
  operands: { usage: 'FOLDER…', min: 1, max: Infinity, of: [['folder']] },
  options: OPTIONS,
  run: runConvert,
});

// eslint-disable-next-line @typescript-eslint/require-await -- as every command
async function runConvert(
  { values: { 'dry-run': dryRun = false, json = false }, words }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const planned = planFolders(words, readSchema(paths));
  if (!dryRun) writeFolders(planned);
  stdout.write(
    json
      ? formatJson(planned)
      : `${planned.flatMap(listLines).join('\n')}\n${dryRun ? 'dry run, nothing was changed\n' : ''}`,
  );
  return 0;
}

function listLines({ target, files, left, reads }: ConvertedFolder): readonly string[] {
  const inPerl = files.filter(({ isPerl }) => isPerl).length;
  return [
    ...files.map(({ to, isPerl }) => `${isPerl ? 'in Perl ' : 'new     '} ${path.join(target, to)}`),
    ...left.map(({ file, line, why }) => `by hand  ${file}:${line}: ${why}`),
    ...(reads.length > 0 ? [`metadata READS = ${reads.join(', ')}`] : []),
    `${target}: ${files.length - inPerl} converted, ${inPerl} in Perl`,
  ].map(showable);
}
