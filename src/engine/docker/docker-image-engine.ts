import type { Readable } from 'node:stream';
import { Field } from '../../files/state-file.ts';
import type { EngineLimits } from '../engine-limits.ts';
import type { CommitRequest, HistoryEntry, ImageEngine, ImageSummary, ImageUser } from '../image-engine.ts';
import { callEngine, type DockerClient, isObject, openDocker, orUndefined, toPath } from './docker-client.ts';
import { splitReference } from './docker-images.ts';
import { readInspect, readSummaries } from './engine-answers.ts';

/** Opens the interface for images of a Docker engine; `socket` and errors as for `connectEngine`. */
export async function connectImageEngine(socket: string, limits?: EngineLimits): Promise<ImageEngine> {
  return new DockerImageEngine(await openDocker(socket, limits));
}

class DockerImageEngine implements ImageEngine {
  readonly #client: DockerClient;

  constructor(client: DockerClient) {
    this.#client = client;
  }

  listImages(): Promise<readonly ImageSummary[]> {
    return this.#call('cannot list the images', async () =>
      new Field(await this.#client.get('/images/json', 'idle'), '').list((image) => ({
        id: image.get('Id').text(),
        names: textsOf(image.get('RepoTags')).filter((name) => name !== '<none>:<none>'),
        digests: textsOf(image.get('RepoDigests')).filter((name) => !name.startsWith('<none>')),
        created: timeOf(image.get('Created')),
        size: image.get('Size').number(),
      })),
    );
  }

  listUsers(): Promise<readonly ImageUser[]> {
    return this.#call('cannot list the containers', async () => {
      const answer = await this.#client.get('/containers/json?all=1');
      const images = new Map(
        new Field(answer, '').list((one) => [
          one.get('Id').text(),
          { image: one.get('ImageID').text(), madeFrom: one.get('Image').text() },
        ]),
      );
      return Promise.all(
        readSummaries(answer).map(async ({ id, name, status }) => {
          const { image, madeFrom } = images.get(id) ?? { image: '', madeFrom: '' };
          // the list says an id where the name means another image by now
          return {
            id,
            name,
            status,
            image,
            madeFrom: isId(madeFrom) ? await this.#findReference(id, image) : madeFrom,
          };
        }),
      );
    });
  }

  readHistory(image: string): Promise<readonly HistoryEntry[]> {
    return this.#call(`cannot read the history of image "${image}"`, async () =>
      new Field(await this.#client.get(`/images/${toPath(image)}/history`), '').list((entry) => ({
        created: timeOf(entry.get('Created')),
        createdBy: entry.get('CreatedBy').text(),
        comment: entry.get('Comment').optional((comment) => comment.text()) ?? '',
        size: entry.get('Size').number(),
        names: textsOf(entry.get('Tags')),
      })),
    );
  }

  commit(container: string, { reference, message, author, pause }: CommitRequest): Promise<string> {
    return this.#call(`cannot make image "${reference}" of a container`, async () => {
      const { repo, tag } = splitReference(reference);
      const query = new URLSearchParams({
        container,
        repo,
        tag,
        pause: pause ? '1' : '0',
        ...(message === undefined ? {} : { comment: message }),
        ...(author === undefined ? {} : { author }),
      });
      // as long as it takes to copy what the container has written
      const made = await this.#client.call(`/commit?${query.toString()}`, { method: 'POST', body: {}, seconds: -1 });
      if (!isObject(made) || typeof made['Id'] !== 'string') throw new Error('it does not say which one it made');
      return made['Id'];
    });
  }

  exportContainer(container: string): Promise<Readable> {
    return this.#call('cannot export a container', async () =>
      asReadable(await (await this.#client.load()).getContainer(container).export()),
    );
  }

  saveImages(references: readonly string[]): Promise<Readable> {
    return this.#call(`cannot export image "${references.join(', ')}"`, async () => {
      const { modem } = await this.#client.load();
      return new Promise<Readable>((resolve, reject) =>
        modem.dial(
          {
            path: '/images/get?',
            method: 'GET',
            isStream: true,
            options: { names: [...references] },
            statusCodes: { 200: true },
          },
          (error, stream) => (error === null ? resolve(asReadable(stream)) : reject(error)),
        ),
      );
    });
  }

  /** What a container was made from, as it was said then. */
  async #findReference(container: string, image: string): Promise<string> {
    const inspect = await orUndefined(this.#client.get(`/containers/${toPath(container)}/json`));
    return (inspect === undefined ? undefined : readInspect(inspect).Config.Image) ?? image;
  }

  #call<T>(what: string, run: () => Promise<T>): Promise<T> {
    return callEngine(what, this.#client.socket, run);
  }
}

function isId(text: string): boolean {
  return /^(sha256:)?[0-9a-f]{12,64}$/.test(text);
}

function asReadable(stream: unknown): Readable {
  if (isObject(stream) && typeof stream['pipe'] === 'function') return stream as unknown as Readable;
  throw new Error('the engine sent no archive');
}

/** The engine says null where it has none. */
function textsOf(field: Field): readonly string[] {
  return field.value === null || field.value === undefined ? [] : field.list((text) => text.text());
}

/** It counts in seconds. */
function timeOf(field: Field): string {
  return new Date(field.number() * 1000).toISOString();
}
