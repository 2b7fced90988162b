import { formatSize } from '../../base/quantity.ts';

interface Layer {
  state: 'waiting' | 'downloading' | 'extracting' | 'done';
  /** bytes of the download; 0 while the registry has not said */
  total: number;
  current: number;
}

/**
 * What one event of a pull says, in the engine's words: https://docs.docker.com/reference/api/engine/
 * (create an image).
 */
export interface PullEvent {
  readonly id?: string;
  readonly status: string;
  readonly current?: number;
  readonly total?: number;
}

/** Sums up what the engine says of each layer of an image to one line for all. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();

  /** @returns `3 of 7 layers, 12.3 MB of 45.6 MB`, or the engine's own words where they are of the whole */
  add({ id, status, current = 0, total = 0 }: PullEvent): string {
    // `Pulling from` carries the tag as its id
    if (id === undefined || status.startsWith('Pulling from')) return status;
    const layer = this.#layers.get(id) ?? { state: 'waiting', total: 0, current: 0 };
    this.#layers.set(id, layer);
    if (status === 'Downloading')
      Object.assign(layer, { state: 'downloading', current, total: Math.max(total, current) });
    else if (status === 'Verifying Checksum' || status === 'Download complete') layer.current = layer.total;
    else if (status === 'Extracting') layer.state = 'extracting';
    else if (status === 'Pull complete' || status === 'Already exists')
      Object.assign(layer, { state: 'done', current: layer.total });
    else if (status.startsWith('Retrying')) return `${status.toLowerCase()}: ${this.#sum()}`;
    return this.#sum();
  }

  #sum(): string {
    const layers = [...this.#layers.values()];
    const done = layers.filter(({ state }) => state === 'done').length;
    const [current, total] = (['current', 'total'] as const).map((field) =>
      layers.reduce((sum, layer) => sum + layer[field], 0),
    );
    const bytes = total === undefined || total === 0 ? '' : `, ${formatSize(current ?? 0)} of ${formatSize(total)}`;
    const extracting = layers.some(({ state }) => state === 'extracting') && current === total ? ', extracting' : '';
    return `${done} of ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}${bytes}${extracting}`;
  }
}
