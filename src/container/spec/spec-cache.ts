import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readCacheFile, writeCacheFile } from '../../files/cache-file.ts';
import type { Paths } from '../../base/paths.ts';
import type { RunSpec } from './run-spec.ts';

/** In the folder of caches. */
const FILE = 'run-specs.json';

/** The cache of another build of the program is ignored: its parser may differ. */
const VERSION = `docksmith run-specs ${statSync(import.meta.filename).mtimeMs}`;

interface Entry {
  /** the signature of the file; empty: it was written too short a time before */
  readonly mark: string;
  /** of its text */
  readonly digest: string;
  readonly spec: RunSpec;
}

/**
 * Run specs as they were read before, by the state of their files: reading YAML with a place for
 * every mistake takes longer than all the rest of a reconcile that has nothing to do.
 */
export class SpecCache {
  readonly isSecret: (text: string) => boolean;
  readonly #paths: Paths;
  readonly #before: ReadonlyMap<string, Entry>;
  readonly #used = new Map<string, Entry>();

  /** @param isSecret told of the text of each file that is read: what has a secret in it is not kept */
  constructor(paths: Paths, isSecret: (text: string) => boolean = () => false) {
    this.#paths = paths;
    this.isSecret = isSecret;
    const body = readCacheFile(paths, FILE, VERSION);
    this.#before = new Map(body === undefined ? [] : (JSON.parse(body.toString()) as [string, Entry][]));
  }

  /**
   * @param mark the signature of the file before it is read: the same one means the same text, and it is not read;
   * empty: that is not sure
   * @param parse called where the text is not known, also tells whether it is all in that file; what it throws is
   * thrown
   */
  get(
    file: string,
    mark: string,
    read: () => string,
    parse: (text: string) => { readonly spec: RunSpec; readonly isWhole: boolean },
  ): RunSpec {
    const known = this.#before.get(file);
    if (known !== undefined && mark !== '' && known.mark === mark) {
      this.#used.set(file, known);
      return known.spec;
    }
    const text = read();
    const digest = createHash('sha256').update(text).digest('base64');
    const { spec, isWhole } = known?.digest === digest ? { ...known, isWhole: true } : parse(text);
    if (isWhole) this.#used.set(file, { mark, digest, spec });
    return spec;
  }

  /** Keeps what was asked for, and nothing else. To be called by who holds the event lock. */
  write(): void {
    if (
      this.#used.size === this.#before.size &&
      [...this.#used].every(([file, { mark, digest }]) => {
        const before = this.#before.get(file);
        return before?.digest === digest && (mark === '' || before.mark === mark);
      })
    )
      return;
    writeCacheFile(this.#paths, FILE, VERSION, Buffer.from(JSON.stringify([...this.#used])));
  }
}
