import { createHash } from 'node:crypto';
import path from 'node:path';
import { Failure } from '../../../base/errors.ts';
import type { Engine } from '../../../engine/engine.ts';
import type { ImageInspect } from '../../../engine/engine-api.ts';
import { makeUnfinished, removeUnfinished } from '../../../files/unfinished.ts';
import type { Installroot } from '../../../model/images/installroot.ts';
import { finishRoot, findReleaseTag, makeDevices } from './finish-root.ts';
import { installPackages, prepareWorkshop, refuseMissingTools, resolvePackages } from './installers.ts';
import { type MadeImage, noteMadeImage, readMadeImages } from './made-images.ts';
import type { Workshop } from './workshop.ts';
import { streamTool } from './run-tool.ts';

type OnWords = (words: string) => void;

/** of a smoke command */
const SMOKE_SECONDS = 60;
const SMOKE_LABEL = 'docksmith.smoke';

/**
 * Makes an image by installing packages into an empty folder. One whose inputs did not change is left as it
 * is, and one that comes out with the same content keeps its id. The name is given last, to an image
 * that has passed its smoke command: whenever this is killed, the name means the old image or the new one.
 */
export async function makeInstallroot(
  engine: Engine,
  name: string,
  installroot: Installroot,
  onWords: OnWords,
): Promise<void> {
  const { paths } = installroot;
  refuseMissingTools(name, installroot);
  const aside = asideOf(name);
  await removeLeft(engine, aside);
  const folder = makeUnfinished(paths, 'image');
  try {
    const workshop: Workshop = { folder, root: path.join(folder, 'root') };
    prepareWorkshop(workshop, installroot);
    const versions = await resolvePackages(name, workshop, installroot, onWords);
    const inputs = digestInputs(installroot, versions);
    const old = await engine.findImage(name);
    if (old !== undefined && isCurrent(readMadeImages(paths).get(name), old, inputs)) {
      onWords('nothing changed of what it is made from');
      return;
    }
    const tag = await installRoot(name, workshop, installroot, onWords);
    onWords('imports it');
    await importRoot(engine, name, workshop, aside.image);
    const made = await engine.findImage(aside.image);
    if (made === undefined) throw new Failure(`cannot build image "${name}"`, { why: 'the engine lost it' });
    await testImage(engine, name, aside, installroot.smoke, onWords);
    const image = old !== undefined && hasSameContent(old, made) ? old : made;
    if (installroot.takesTag && tag !== undefined) await engine.tagImage(image.Id, name.replace(/:[^:/]*$/, `:${tag}`));
    if (image === made) await engine.tagImage(made.Id, name);
    noteMadeImage(paths, name, { image: image.Id, inputs });
    await engine.removeImage(aside.image);
  } catch (error) {
    await removeLeft(engine, aside).catch(() => undefined);
    throw error;
  } finally {
    removeUnfinished(paths, folder);
  }
}

/** Of all that decides what will be in the image; what cannot be known beforehand is never the same. */
function digestInputs(installroot: Installroot, versions: string | undefined): string {
  // comments of the file are none of the image's
  const sources = installroot.sources.split('\n').filter((line) => !/^\s*(#|;|$)/.test(line));
  return createHash('sha256')
    .update(JSON.stringify([{ ...installroot, sources, paths: undefined }, versions ?? new Date().toISOString()]))
    .digest('hex');
}

function isCurrent(made: MadeImage | undefined, { Id }: ImageInspect, inputs: string): boolean {
  return made?.image === Id && made.inputs === inputs;
}

/** Ids carry the time, layers are the digests of what is in them. */
export function hasSameContent(one: ImageInspect, other: ImageInspect): boolean {
  const layers = ({ RootFS }: ImageInspect): string => JSON.stringify(RootFS?.Layers ?? []);
  return (one.RootFS?.Layers ?? []).length > 0 && layers(one) === layers(other) && isSameConfig(one, other);
}

function isSameConfig({ Config: one }: ImageInspect, { Config: other }: ImageInspect): boolean {
  return JSON.stringify([one.Cmd, one.Env]) === JSON.stringify([other.Cmd, other.Env]);
}

/** @returns the tag that the system says of itself */
async function installRoot(
  name: string,
  workshop: Workshop,
  installroot: Installroot,
  onWords: OnWords,
): Promise<string | undefined> {
  const begun = new Date();
  // without them a package that writes to /dev/null leaves a file there
  if (installroot.installer === 'dnf') await makeDevices(workshop);
  await installPackages(name, workshop, installroot, onWords);
  if (installroot.deviceNodes) await makeDevices(workshop);
  finishRoot(workshop.root, installroot, begun);
  return findReleaseTag(workshop.root);
}

async function importRoot(engine: Engine, name: string, { folder, root }: Workshop, image: string): Promise<void> {
  const { output, end } = streamTool({
    program: 'tar',
    args: [
      '--create',
      '--file=-',
      '--sort=name',
      '--numeric-owner',
      '--format=posix',
      '--xattrs',
      '--xattrs-include=*',
      '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
      `--directory=${root}`,
      '.',
    ],
    home: folder,
  });
  const [exitCode] = await Promise.all([end, engine.importFiles(image, output, ['CMD ["/bin/sh"]'])]);
  if (exitCode !== 0)
    throw new Failure(`cannot build image "${name}"`, { why: `tar ended with exit code ${exitCode}` });
}

interface Aside {
  readonly image: string;
  readonly container: string;
}

/** What an image and the container that tests it are called before the image has its name. */
function asideOf(name: string): Aside {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return { image: `docksmith-unfinished:${digest}`, container: `docksmith-smoke-${digest}` };
}

/** What a run that was killed left of it. */
async function removeLeft(engine: Engine, { image, container }: Aside): Promise<void> {
  const left = await engine.findContainer(container);
  if (left?.Config.Labels?.[SMOKE_LABEL] !== undefined) {
    await engine.stopContainer(left.Id, { seconds: 0 });
    await engine.removeContainer(left.Id);
  }
  if ((await engine.findImage(image)) !== undefined) await engine.removeImage(image);
}

/** @throws Failure where the command does not succeed */
async function testImage(
  engine: Engine,
  name: string,
  { image, container }: Aside,
  smoke: string,
  onWords: OnWords,
): Promise<void> {
  onWords(`runs "${smoke}" in it`);
  const cannot = (why: string): Failure =>
    new Failure(`cannot use the new image "${name}"`, { why: `its smoke command "${smoke}" ${why}` });
  const id = await engine.createContainer(container, {
    Image: image,
    Entrypoint: [],
    Cmd: ['/bin/sh', '-c', smoke],
    Labels: { [SMOKE_LABEL]: name },
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    await engine.startContainer(id);
  } catch (error) {
    throw error instanceof Failure ? cannot(`cannot be started: ${error.why}`) : error;
  }
  const exitCode = await engine.waitContainer(id, SMOKE_SECONDS);
  if (exitCode !== 0) {
    const words = (await engine.readLastLines(id, 3)).join('; ');
    throw cannot(`ended with exit code ${exitCode}${words === '' ? '' : `: ${words}`}`);
  }
  await engine.removeContainer(id);
}
