import { type ImageSource, PLAIN_SOURCE } from '../../model/image-source.ts';
import { listBases } from '../../model/images/base-images.ts';
import { Failure } from '../../base/errors.ts';
import { refuseOpenTree } from '../../files/trust-tree.ts';
import type { Engine } from '../../engine/engine.ts';
import { refuseMissingTools } from './installroot/installers.ts';
import { makeInstallroot } from './installroot/make-image.ts';
import type { BuildOperation, PullOperation } from '../plan/operation.ts';

export type ImageOperation = PullOperation | BuildOperation;

/**
 * What has to be fetched before containers are made of these images: what is missing, and
 * what is to be asked for at every making. Whether it may be fetched at all is not decided here.
 * @param references of the images, each once
 */
export function planImages(
  references: readonly string[],
  images: Pick<ReadonlySet<string>, 'has'>,
  sources: ReadonlyMap<string, ImageSource>,
): readonly ImageOperation[] {
  const operations = references.flatMap((reference) => {
    const source = sources.get(reference) ?? PLAIN_SOURCE;
    const isMissing = !images.has(reference);
    const isAsked = source.when === 'always' && source.kind !== 'local';
    return isMissing || isAsked
      ? [
          ...planBases(reference, images, sources),
          makeImageOperation(
            reference,
            source,
            isMissing ? 'not there' : 'pulled before each create, as its record says',
            isMissing,
          ),
        ]
      : [];
  });
  // a base may be a container's own image, too, and several may begin from it
  return operations.filter(({ name }, n) => operations.findIndex((other) => other.name === name) === n);
}

/** What an image is built from, and is missing, in the order in which it has to be made. */
export function planBases(
  reference: string,
  images: Pick<ReadonlySet<string>, 'has'>,
  sources: ReadonlyMap<string, ImageSource>,
): readonly ImageOperation[] {
  const bases = listBases(reference, sources);
  // what is there needs no base any more
  return bases
    .slice(bases.findLastIndex((base) => images.has(base)) + 1)
    .map((base) =>
      makeImageOperation(base, sources.get(base) ?? PLAIN_SOURCE, `not there, and ${reference} is built from it`, true),
    );
}

/** The same, by what the engine has now. */
export async function readMissingBases(
  engine: Pick<Engine, 'findImage'>,
  reference: string,
  sources: ReadonlyMap<string, ImageSource>,
): Promise<readonly ImageOperation[]> {
  const bases = listBases(reference, sources);
  const found = await Promise.all(bases.map((base) => engine.findImage(base)));
  return planBases(reference, new Set(bases.filter((_, n) => found[n] !== undefined)), sources);
}

/** @param isMissing whether nothing can be made of it before */
export function makeImageOperation(
  reference: string,
  source: ImageSource,
  cause: string,
  isMissing: boolean,
): ImageOperation {
  const common = { name: reference, isMissing };
  if (source.installroot !== undefined) {
    const { installer, packages, repositories } = source.installroot;
    const from =
      installer === 'host'
        ? `from this server's ${packages.join(', ')}`
        : `by ${installer} from ${repositories.join(', ')}`;
    return { verb: 'build', ...common, cause: `${cause}, ${from}`, source };
  }
  if (source.kind === 'build')
    return {
      verb: 'build',
      ...common,
      cause: `${cause}, from ${source.build?.git ?? source.path ?? 'no folder'}`,
      source,
    };
  return {
    verb: 'pull',
    ...common,
    cause: source.kind === 'import' ? `${cause}, from ${source.path ?? 'no archive'}` : cause,
    source,
  };
}

/** Who can write what an image is made of decides what runs, and a program may be missing. @throws Failure */
export function refuseOpenImage({
  name,
  source: { kind, path, installroot },
}: {
  readonly name: string;
  readonly source: Pick<ImageSource, 'kind' | 'path' | 'installroot'>;
}): void {
  if (installroot !== undefined) refuseMissingTools(name, installroot);
  if (path !== undefined && (kind === 'build' || kind === 'import'))
    refuseOpenTree(path, `"${path}" for image "${name}"`);
}

/** Pulls, builds or imports. @param onWords how far it is, as often as there is news */
export async function applyImage(
  engine: Engine,
  { verb, name, source: { kind, path, login, installroot, build } }: ImageOperation,
  onWords: (words: string) => void,
): Promise<void> {
  if (kind === 'pull') return engine.pullImage(name, onWords, login, build?.platform);
  if (kind === 'local')
    throw new Failure(`cannot pull image "${name}"`, { why: 'its Source is local: it is made by hand on this host' });
  if (installroot !== undefined) return makeInstallroot(engine, name, installroot, onWords);
  if (kind === 'build' && build?.git !== undefined) return engine.buildImage(name, undefined, onWords, build);
  if (path === undefined)
    throw new Failure(`cannot ${verb} image "${name}"`, {
      why: `its Source is ${kind}, and its record names no ${kind === 'build' ? 'BuildPath' : 'ImportPath'}`,
    });
  refuseOpenImage({ name, source: { kind, path } });
  await (kind === 'build' ? engine.buildImage(name, path, onWords, build) : engine.importImage(name, path, onWords));
}
