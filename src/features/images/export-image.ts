import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Failure, reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import type { ImageEngine } from '../../engine/image-engine.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { runRecorded } from '../../flow/run-recorded.ts';
import { findImage } from './find-image.ts';
import { findContainer } from './make-images.ts';
import { readImages } from './read-images.ts';

/** What is written to a file. */
export interface Exported {
  readonly kind: 'container' | 'image';
  readonly id: string;
  readonly name: string;
  /** a path of this machine */
  readonly file: string;
}

/**
 * A container by its name, else an image.
 * @param isImage the word means an image, whatever containers there are
 * @throws Failure for what is not there, and a file that is there already
 */
export async function planExport(
  paths: Paths,
  word: string,
  file: string,
  isImage: boolean,
): Promise<Exported & { readonly engine: ImageEngine }> {
  const { engine, images, snapshot } = await readImages(paths);
  if (existsSync(file)) throw new Failure(`cannot export "${word}" to "${file}"`, { why: 'the file is there already' });
  const users = await engine.listUsers();
  if (!isImage && users.some(({ name }) => name === word)) {
    const { id, name } = findContainer(users, word);
    return { engine, kind: 'container', id, name, file };
  }
  const { image, name } = findImage(images, snapshot, word);
  return { engine, kind: 'image', id: image.id, name: name ?? image.names[0] ?? image.id, file };
}

/**
 * Writes the files of a container, or an image with its layers, as a tar archive; gzipped where the file's name
 * ends in `.gz`. The file has its name when it is complete.
 */
export async function exportToFile(
  paths: Paths,
  word: string,
  file: string,
  isImage: boolean,
  { args, waitSeconds }: { readonly args: readonly string[]; readonly waitSeconds?: number | undefined },
  reporter: Reporter,
): Promise<Exported & { readonly bytes: number }> {
  const { result } = await runRecorded(
    paths,
    { command: 'docksmith image export', args, waitSeconds },
    reporter,
    async () => {
      const { engine, ...planned } = await planExport(paths, word, file, isImage);
      const part = `${file}.part`;
      try {
        // what a run that was killed left of it goes: a link that somebody laid there would lead elsewhere
        rmSync(part, { force: true });
        const target = (await open(part, 'wx', 0o600)).createWriteStream();
        const source =
          planned.kind === 'container'
            ? await engine.exportContainer(planned.id)
            : await engine.saveImages([planned.name]);
        await (/\.t?gz$/.test(file) ? pipeline(source, createGzip(), target) : pipeline(source, target));
        renameSync(part, file);
      } catch (error) {
        rmSync(part, { force: true });
        throw error instanceof Failure
          ? error
          : new Failure(`cannot export "${word}" to "${file}"`, { why: reasonOf(error), cause: error });
      }
      return { ...planned, bytes: statSync(file).size };
    },
    () => ({}),
  );
  return result;
}
