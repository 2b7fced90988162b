import path from 'node:path';
import { formatSize } from '../../../base/quantity.ts';
import { showable } from '../../../base/showable.ts';
import { type Exported, exportToFile, planExport } from '../../../features/images/export-image.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  WAIT_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { shortId } from '../../format/format-images.ts';
import { formatJson } from '../../format/format-json.ts';

const OPTIONS = {
  image: { doc: 'NAME is an image, although a container has that name, too' },
  ...DRY_RUN_OPTION,
  ...WAIT_OPTION,
  ...JSON_OPTION,
} as const;

export const exportCommand = defineCommand({
  name: 'image export',
  doc: 'write the files of a container, or an image with its layers, to a tar archive, gzipped where its name ends in .gz',
  effect: 'changes',
  operands: { usage: 'NAME FILE', min: 2, max: 2, of: [['container', 'image'], ['file']] },
  options: OPTIONS,
  run: runExport,
});

async function runExport(
  { values: { image = false, 'dry-run': dryRun = false, json = false, wait }, words }: Given<typeof OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  const [word = '', name = ''] = words;
  const file = path.resolve(name);
  if (dryRun) {
    const { kind, id, name: meant } = await planExport(paths, word, file, image);
    const planned = { kind, id, name: meant, file };
    stdout.write(json ? formatJson(planned) : `${format(planned)}\ndry run, nothing was changed\n`);
    return 0;
  }
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const done = await exportToFile(paths, word, file, image, { args: words, waitSeconds: wait }, reporter);
  stdout.write(json ? formatJson({ ...done }) : `${format(done)}, ${formatSize(done.bytes)}\n`);
  return 0;
}

function format({ kind, name, id, file }: Exported): string {
  return showable(`export ${kind} ${name} (${shortId(id)}): ${file}`);
}
