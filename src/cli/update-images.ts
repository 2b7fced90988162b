import type { Progress } from '../container/apply.ts';
import { showable } from '../showable.ts';
import { type ImageUpdated, updateImages } from '../flow/update-images.ts';
import { formatDigest } from '../model/image.ts';
import { type CommandContext, readOptions, readSeconds } from './command.ts';
import { formatJson } from './format-json.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatFailures, jsonFailures } from './format-failure.ts';

/** `docksmith update-images [OPTION…] [NAME…]` */
export async function runUpdateImages(args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { values, words } = readOptions('docksmith update-images', args, { json: { type: 'boolean' }, wait: { type: 'string' } });
  const json = values.json ?? false;
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const onProgress = ({ operation: { verb, name, cause }, state, words: going }: Progress): void => {
    if (state === 'begun' || state === 'going on') reporter.progress(`${verb} ${name}: ${going ?? cause}`);
    if (state !== 'done') return;
    reporter.end();
    if (!json) stdout.write(`${verb} ${name}: ${showable(cause)}\n`);
  };
  try {
    const { images, failures } = await updateImages(paths, { names: words, waitSeconds: readSeconds('docksmith update-images', values.wait) }, reporter, onProgress);
    reporter.end();
    stdout.write(json ? formatJson({ images, failures: jsonFailures(failures) }) : images.map((image) => `${showable(formatUpdated(image))}\n`).join('') || 'nothing to do\n');
    if (!json) stderr.write(formatFailures(failures, stderr));
    return failures.length === 0 ? 0 : 1;
  } finally {
    reporter.end();
  }
}

/** `mediawiki:1.43: sha256:0123456789ab -> sha256:ba9876543210` */
function formatUpdated({ image, outcome, from, to, why }: ImageUpdated): string {
  const [old, now] = [from, to].map((digest) => (digest === undefined ? 'none' : formatDigest(digest)));
  switch (outcome) {
    case 'updated': return `${image}: ${old ?? ''} -> ${now ?? ''}`;
    case 'unchanged': return `${image}: ${now ?? ''}, nothing newer`;
    case 'came back': return `${image}: ${old ?? ''} again, ${now ?? ''} was no good`;
    case 'failed': return `${image}: ${old ?? ''}, not updated`;
    case 'left alone': return `${image}: left alone, ${why ?? ''}`;
  }
}
