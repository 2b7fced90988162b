import { type Plain, type PlainMap, showPlain } from '../compose-document.ts';

/** Something of a container that a stack file cannot say. */
export interface NotCarried {
  readonly name: string;
  /** a key of its run spec, or a prop */
  readonly key: string;
  readonly value: string;
  readonly why: string;
}

/** A service of a stack file as it comes together, and what does not fit into it. */
export class Sheet {
  readonly notCarried: NotCarried[] = [];
  readonly #name: string;
  readonly #keys: Record<string, Plain> = {};
  readonly #deploy: Record<string, Plain> = {};

  constructor(name: string) {
    this.#name = name;
  }

  set(key: string, value: Plain): void {
    if (typeof value !== 'object' || value === null || Object.keys(value).length > 0) this.#keys[key] = value;
  }

  /** To the list of a key. */
  add(key: string, items: readonly Plain[]): void {
    const before = this.#keys[key];
    this.set(key, [...(Array.isArray(before) ? (before as readonly Plain[]) : []), ...items]);
  }

  /** `deploy.resources.limits.memory`; what is said there already wins, as in a Compose file. */
  setDeploy(path: readonly string[], value: Plain): void {
    let map = this.#deploy;
    for (const name of path.slice(0, -1)) map = (map[name] as Record<string, Plain> | undefined) ??= map[name] = {};
    const last = path.at(-1) ?? '';
    if (!Object.hasOwn(map, last)) map[last] = value;
  }

  leaveOut(key: string, value: Plain, why: string): void {
    this.notCarried.push({ name: this.#name, key, value: showPlain(value), why });
  }

  get service(): PlainMap {
    const { image = null, ...others } = this.#keys;
    const deploy = Object.keys(this.#deploy).length === 0 ? {} : { deploy: this.#deploy };
    return { ...(image === null ? {} : { image }), ...others, ...deploy };
  }
}
