import { listImages, readImageHistory } from '../../../features/images/read-images.ts';
import { ANY_IMAGES, type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatImageHistory, formatImages, jsonImage } from '../../format/format-images.ts';
import { formatJson } from '../../format/format-json.ts';
import { widthOf } from '../../format/terminal.ts';

const OPTIONS = { ...JSON_OPTION } as const;

export const listCommand = defineCommand({
  name: 'image list',
  doc: 'show the images that the engine has, and the containers and records that need them',
  effect: 'prints',
  operands: ANY_IMAGES,
  options: OPTIONS,
  run: showImages,
});

export const historyOfImageCommand = defineCommand({
  name: 'image history',
  doc: 'show by which steps an image was made, newest first',
  effect: 'prints',
  operands: { usage: 'IMAGE', min: 1, max: 1, of: [['image']] },
  options: OPTIONS,
  run: showHistory,
});

async function showImages(
  { values, words }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const images = await listImages(paths, words);
  stdout.write(
    values.json === true ? formatJson({ images: images.map(jsonImage) }) : formatImages(images, widthOf(stdout)),
  );
  return 0;
}

async function showHistory(
  { values, words: [word = ''] }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const { image, entries } = await readImageHistory(paths, word);
  stdout.write(
    values.json === true ? formatJson({ image: jsonImage(image), history: entries }) : formatImageHistory(entries),
  );
  return 0;
}
