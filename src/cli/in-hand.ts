import type { ProgressOf } from '../container/plan/told.ts';

/** The operations that are begun and not ended. */
export class InHand {
  readonly #operations = new Set<ProgressOf['operation']>();

  note({ operation, state }: ProgressOf): void {
    if (state === 'begun') this.#operations.add(operation);
    else if (state !== 'going on') this.#operations.delete(operation);
  }

  /** `recreate wiki, create blog`; undefined: none */
  describe(): string | undefined {
    return this.#operations.size === 0
      ? undefined
      : [...this.#operations].map(({ verb, name }) => `${verb} ${name}`).join(', ');
  }
}
