import { createReadStream } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { BuildOptions, RegistryLogin } from '../../model/image-source.ts';
import { Failure, reasonOf } from '../../base/errors.ts';
import { type Docker, isObject } from './docker-client.ts';
import { isSavedImage } from './image-archive.ts';
import { formatImageReference } from '../image-reference.ts';
import { PullProgress } from './pull-progress.ts';

type OnWords = (words: string) => void;

/** Pulls an image; what goes wrong on the way comes as an event of the stream. */
export async function pullImage(
  docker: Docker,
  reference: string,
  onWords: OnWords,
  login?: RegistryLogin,
  platform?: string,
): Promise<void> {
  const auth =
    login === undefined
      ? {}
      : { authconfig: { username: login.user, password: login.revealPassword(), serveraddress: login.registry } };
  const progress = new PullProgress();
  await follow(
    docker,
    await docker.pull(reference, { ...auth, ...(platform === undefined ? {} : { platform }) }),
    (event) => {
      const status = textOf(event['status']);
      const detail = isObject(event['progressDetail']) ? event['progressDetail'] : {};
      if (status !== undefined)
        onWords(
          progress.add({
            status,
            ...optional('id', textOf(event['id'])),
            ...optional('current', numberOf(detail['current'])),
            ...optional('total', numberOf(detail['total'])),
          }),
        );
    },
  );
}

/**
 * The engine's own builder: BuildKit asks for a client that serves it. The cache is not used, since packages
 * on the net change where a Dockerfile does not.
 * @param folder undefined: the options name a repository, which the engine itself fetches
 */
export async function buildImage(
  docker: Docker,
  reference: string,
  folder: string | undefined,
  onWords: OnWords,
  { dockerfile = 'Dockerfile', git, target, args, platform }: BuildOptions = {},
): Promise<void> {
  const options = {
    t: reference,
    nocache: true,
    rm: true,
    forcerm: true,
    ...(dockerfile === 'Dockerfile' ? {} : { dockerfile }),
    ...(target === undefined ? {} : { target }),
    ...(args === undefined ? {} : { buildargs: { ...args } }),
    ...(platform === undefined ? {} : { platform }),
  };
  const stream =
    folder === undefined
      ? await docker.buildImage(Readable.from([]), { ...options, remote: git ?? '' })
      : await docker.buildImage(
          { context: folder, src: [...(await listContext(reference, folder, dockerfile))] },
          options,
        );
  await follow(docker, stream, (event) => {
    const words = textOf(event['stream'])?.trim();
    if (words) onWords(words.split('\n').at(-1) ?? words);
  });
}

async function listContext(reference: string, folder: string, dockerfile: string): Promise<readonly string[]> {
  const cannot = `cannot build image "${reference}" from "${folder}"`;
  const names = await readdir(folder).catch((error: unknown) => {
    throw new Failure(cannot, { why: reasonOf(error), cause: error });
  });
  await access(path.join(folder, dockerfile)).catch((error: unknown) => {
    throw new Failure(cannot, { why: `there is no ${dockerfile} in it`, cause: error });
  });
  return names;
}

/** What `docker save` wrote may hold several images: the one of that name is meant, or else the only one. */
export async function importImage(docker: Docker, reference: string, archive: string, onWords: OnWords): Promise<void> {
  if (!(await isSavedImage(archive))) {
    const { repo, tag } = splitReference(reference);
    return follow(docker, await docker.importImage(createReadStream(archive), { repo, tag }), (event) =>
      onWords(textOf(event['status']) ?? ''),
    );
  }
  const loaded: string[] = [];
  // not quiet: what says nothing for long is taken for something that does not move
  await follow(docker, await docker.loadImage(createReadStream(archive), { quiet: false }), (event) => {
    const [, name] = /^Loaded image(?: ID)?: (\S+)/.exec(textOf(event['stream']) ?? '') ?? [];
    if (name !== undefined) loaded.push(name);
  });
  const [only, other] = loaded;
  if (loaded.some((name) => formatImageReference(name) === reference)) return;
  if (only === undefined || other !== undefined) {
    throw new Failure(`cannot import image "${reference}" from "${archive}"`, {
      why: only === undefined ? 'there is no image in it' : `it holds ${loaded.join(', ')}, and none of them is it`,
    });
  }
  await tagImage(docker, only, reference);
}

/** The files of a system. */
export async function importFiles(
  docker: Docker,
  reference: string,
  files: Readable,
  changes: readonly string[],
): Promise<void> {
  const { repo, tag } = splitReference(reference);
  // dockerode wants one text here, and the engine one parameter per change
  const stream = await docker.importImage(files, { repo, tag, changes: [...changes] as unknown as string });
  await follow(docker, stream, () => undefined);
}

export async function tagImage(docker: Docker, id: string, reference: string): Promise<void> {
  await docker.getImage(id).tag(splitReference(reference));
}

export function splitReference(reference: string): { readonly repo: string; readonly tag: string } {
  const [, repo = reference, tag = 'latest'] = /^(.*):([^:/]*)$/.exec(reference) ?? [];
  return { repo, tag };
}

/** Reads the events of a call to their end; an event with an error is the call's failure. */
async function follow(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  onEvent: (event: Record<string, unknown>) => void,
): Promise<void> {
  let failed: string | undefined;
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error) => (error ? reject(error) : resolve()),
      (event: unknown) => {
        if (!isObject(event)) return;
        failed ??= textOf(event['error']);
        onEvent(event);
      },
    );
  });
  if (failed !== undefined) throw new Error(failed.trim());
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function optional<Name extends string, T>(name: Name, value: T | undefined): Partial<Record<Name, T>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, T>);
}
