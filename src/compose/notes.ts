import type { Place } from '../base/errors.ts';

/** What Compose warns of, and does not refuse: collected while files are read. */
export class Notes {
  readonly #unset = new Map<string, Set<string>>();
  readonly #others = new Set<string>();

  /** A variable that nothing sets. */
  addUnset(name: string, { file, line, column }: Place): void {
    const places = this.#unset.get(name) ?? new Set();
    this.#unset.set(name, places.add([file, line, column].filter((part) => part !== undefined).join(':')));
  }

  /** The names of those variables. */
  get unset(): readonly string[] {
    return [...this.#unset.keys()];
  }

  add(words: string): void {
    this.#others.add(words);
  }

  /** @param dotEnv where a variable can be set */
  list(dotEnv: string): readonly string[] {
    return [
      ...[...this.#unset].map(
        ([name, places]) =>
          `variable "${name}" is not set, and an empty text stands for it: ${[...places].join(', ')}; ${dotEnv} can set it`,
      ),
      ...this.#others,
    ];
  }
}
