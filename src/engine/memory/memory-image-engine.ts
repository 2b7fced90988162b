import { Readable } from 'node:stream';
import type { CommitRequest, HistoryEntry, ImageEngine, ImageSummary, ImageUser } from '../image-engine.ts';
import type { MemoryEngine } from './memory-engine.ts';

/** Images of the memory engine: names without files. */
export class MemoryImageEngine implements ImageEngine {
  readonly #engine: MemoryEngine;

  constructor(engine: MemoryEngine) {
    this.#engine = engine;
  }

  listImages(): Promise<readonly ImageSummary[]> {
    return Promise.resolve(
      this.#engine.listImageNames().map((name) => ({
        id: `image-of-${name}`,
        names: [name],
        digests: [],
        created: new Date(0).toISOString(),
        size: 0,
      })),
    );
  }

  async listUsers(): Promise<readonly ImageUser[]> {
    const users: ImageUser[] = [];
    for (const { id, name, status } of await this.#engine.listContainers()) {
      const inspect = await this.#engine.findContainer(id);
      if (inspect !== undefined)
        users.push({ id, name, status, image: inspect.Image, madeFrom: inspect.Config.Image ?? '' });
    }
    return users;
  }

  readHistory(): Promise<readonly HistoryEntry[]> {
    return Promise.resolve([]);
  }

  async commit(container: string, { reference }: CommitRequest): Promise<string> {
    this.#engine.commitImage(reference, (await this.#engine.findContainer(container))?.Config ?? {});
    return `image-of-${reference}`;
  }

  exportContainer(): Promise<Readable> {
    return Promise.resolve(Readable.from([]));
  }

  saveImages(): Promise<Readable> {
    return Promise.resolve(Readable.from([]));
  }
}
