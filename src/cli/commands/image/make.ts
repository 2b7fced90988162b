import { quoteWord } from '../../../base/quote.ts';
import { showable, showableLines } from '../../../base/showable.ts';
import {
  commitImage,
  type NewImage,
  type NewName,
  planCommit,
  planTag,
  tagImage,
} from '../../../features/images/make-images.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  WAIT_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { nameOf, shortId } from '../../format/format-images.ts';
import { formatJson } from '../../format/format-json.ts';

const TAG_OPTIONS = { ...DRY_RUN_OPTION, ...WAIT_OPTION, ...JSON_OPTION } as const;
const COMMIT_OPTIONS = {
  message: { short: 'm', value: 'TEXT', doc: 'what was changed; docksmith image history shows it' },
  author: { short: 'a', value: 'NAME', doc: 'who changed it' },
  'no-pause': { doc: 'let its processes run meanwhile, although files may change while they are copied' },
  record: {
    value: 'KEY',
    of: ['image'],
    doc: 'the record of docker_images that is written; else it is called as the image',
  },
  ...TAG_OPTIONS,
} as const;

export const commitCommand = defineCommand({
  name: 'image commit',
  doc: 'make an image of what a container has by now, with a record of it; the container stands still meanwhile',
  effect: 'changes',
  operands: { usage: 'CONTAINER NAME:TAG', min: 2, max: 2, of: [['container'], []] },
  options: COMMIT_OPTIONS,
  run: runCommit,
});

export const tagCommand = defineCommand({
  name: 'image tag',
  doc: 'give an image one more name',
  effect: 'changes',
  operands: { usage: 'IMAGE NAME:TAG', min: 2, max: 2, of: [['image'], []] },
  options: TAG_OPTIONS,
  run: runTag,
});

async function runCommit(
  {
    values: { message, author, 'no-pause': noPause = false, record, 'dry-run': dryRun = false, json = false, wait },
    words,
  }: Given<typeof COMMIT_OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  const [container = '', name = ''] = words;
  const options = { message, author, pause: !noPause, record };
  if (dryRun) {
    const planned = await planCommit(paths, container, name, options);
    stdout.write(json ? formatJson(jsonNewImage(planned)) : `${formatNewImage(planned)}dry run, nothing was changed\n`);
    return 0;
  }
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const done = await commitImage(paths, container, name, options, { args: words, waitSeconds: wait }, reporter);
  stdout.write(json ? formatJson({ ...jsonNewImage(done), id: done.id }) : formatNewImage(done));
  return 0;
}

function jsonNewImage({
  container,
  reference,
  record,
  props,
  isNewRecord,
}: NewImage): Readonly<Record<string, unknown>> {
  return {
    container: container.name,
    image: reference,
    record: {
      db: 'docker_images',
      key: record,
      isNew: isNewRecord,
      ...(isNewRecord && { props: Object.fromEntries(props) }),
    },
  };
}

function formatNewImage({ container, reference, record, props, isNewRecord }: NewImage): string {
  const words = [...props].flatMap(([prop, value]) => [prop, quoteWord(value)]);
  return showable(
    `image ${reference}: of container ${container.name}\n${
      isNewRecord
        ? `db docker_images set ${quoteWord(record)} service ${words.join(' ')}\n`
        : `record docker_images ${record} is for it already\n`
    }`,
  );
}

async function runTag(
  { values: { 'dry-run': dryRun = false, json = false, wait }, words }: Given<typeof TAG_OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  const [image = '', name = ''] = words;
  const done = dryRun
    ? await planTag(paths, image, name)
    : await tagImage(
        paths,
        image,
        name,
        { args: words, waitSeconds: wait },
        new ConsoleReporter({ stdout, stderr }, { json }),
      );
  stdout.write(
    json ? formatJson(jsonNewName(done)) : `${formatNewName(done)}${dryRun ? 'dry run, nothing was changed\n' : ''}`,
  );
  return 0;
}

function jsonNewName({ image, reference, former }: NewName): Readonly<Record<string, unknown>> {
  return { image: image.id, name: reference, former: former?.id ?? null };
}

function formatNewName({ image, reference, former }: NewName): string {
  const lines = [
    `${reference}: ${shortId(image.id)}, as ${nameOf(image)}`,
    ...(former === undefined
      ? []
      : [
          `it was ${shortId(former.id)} before${former.containers.length === 0 ? '' : `, which ${former.containers.join(', ')} still run with; signal-event docker-image-update`}`,
        ]),
  ];
  return showableLines(lines);
}
