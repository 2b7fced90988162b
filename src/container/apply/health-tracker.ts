import { Failure, reasonOf } from '../../base/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import { EngineGone } from '../../engine/engine-gone.ts';
import { Interrupted } from '../../base/interrupt.ts';
import type { HealthWait, Since, Watched } from './health-wait.ts';
import { isStarting, type Operation } from '../plan/operation.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { Unhealthy } from './unhealthy.ts';
import { isCreatedOnly, isJob } from '../spec/names.ts';
import { listSpecNeeds } from '../spec/needs.ts';

/** A container is not started, since one that it needs is not healthy. */
export class Unmet extends Failure {}

export interface FailedOperation {
  readonly operation: Operation;
  readonly failure: Failure;
}

/** The containers that wait meanwhile, for progress on the terminal. */
type OnWords = (operation: Operation, words: string) => void;

/**
 * Starts a container only when those that it needs are healthy. What nobody
 * needs becomes healthy while others are started.
 */
export class HealthTracker {
  readonly #engine: Engine;
  readonly #healthWait: HealthWait | undefined;
  readonly #specs: ReadonlyMap<string, RunSpec>;
  readonly #failed: ReadonlySet<string>;
  readonly #onWords: OnWords;
  readonly #watched = new Map<string, Promise<FailedOperation | undefined>>();
  readonly #started: {
    readonly operation: Operation;
    readonly name: string;
    readonly id: string;
    readonly began: number;
  }[] = [];
  readonly #others = new Map<string, Promise<Failure | undefined>>();

  /**
   * @param gate absent: everything counts as healthy once it is started
   */
  constructor(
    engine: Engine,
    healthWait: HealthWait | undefined,
    { specs = new Map(), left = new Map() }: Pick<Plan, 'specs' | 'left'>,
    onWords: OnWords,
  ) {
    this.#engine = engine;
    this.#healthWait = healthWait;
    this.#specs = specs;
    this.#failed = new Set(left.keys());
    this.#onWords = onWords;
  }

  /** Waits for whom the operation's container needs. @throws Unmet naming the first that is not healthy */
  async admit(operation: Operation): Promise<void> {
    const spec = this.#specs.get(operation.name);
    if (this.#healthWait === undefined || spec === undefined || !isStarting(operation)) return;
    for (const need of listSpecNeeds(spec)) {
      const failure =
        (await this.#watched.get(need))?.failure ??
        (this.#watched.has(need) ? undefined : await this.#look(operation, need));
      if (failure === undefined) continue;
      throw new Unmet(`cannot ${operation.verb} container "${operation.name}"`, {
        why: `it needs "${need}"${failure instanceof Unhealthy ? `, and that is not healthy: ${failure.reason}` : `: ${failure.why}`}`,
      });
    }
  }

  /** Waits until a container that was just started is healthy. @throws Unhealthy */
  async pass(operation: Operation, name: string, id: string, since: Since = 'started'): Promise<void> {
    const began = performance.now();
    await this.#wait(operation, { name, id, since });
    if (since === 'started') this.#started.push({ operation, name, id, began });
  }

  async #wait(operation: Operation, watched: Omit<Watched, 'labels'>): Promise<void> {
    const labels = this.#specs.get(watched.name)?.ownLabels ?? {};
    // it may end at once, or run for hours: how it went is for its status to say
    if (isJob(labels)) return;
    await this.#healthWait?.({ ...watched, labels }, (words) => this.#onWords(operation, words));
  }

  /** Has an eye on a container that was just started, and waits for nothing. */
  watch(operation: Operation, id: string, since?: Since): void {
    if (this.#healthWait === undefined) return;
    this.#watched.set(
      operation.name,
      this.pass(operation, operation.name, id, since).then(
        () => undefined,
        (error: unknown) => ({ operation, failure: toFailure(operation.name, error) }),
      ),
    );
  }

  /**
   * Waits for all that were started, and then looks at them once more: what ends again and again
   * may have been well for a moment. @returns those that did not become healthy, or did not stay so
   */
  async settle(): Promise<readonly FailedOperation[]> {
    const sick = await Promise.all(this.#watched.values());
    const ended = await Promise.all(
      this.#started.map(({ operation, name, id, began }) =>
        this.#wait(operation, { name, id, since: 'settling', began })
          // who does not wait has what was done
          .then(
            () => undefined,
            (error: unknown) =>
              error instanceof Interrupted ? undefined : { operation, failure: toFailure(name, error) },
          ),
      ),
    );
    return [...sick, ...ended].filter((kept) => kept !== undefined);
  }

  /** One that was not touched: it has to be healthy as well. */
  #look(operation: Operation, name: string): Promise<Failure | undefined> {
    const known = this.#others.get(name);
    if (known !== undefined) return known;
    const looking = this.#lookOnce(operation, name);
    this.#others.set(name, looking);
    return looking;
  }

  async #lookOnce(operation: Operation, name: string): Promise<Failure | undefined> {
    const other = (await this.#engine.listContainers()).find((container) => container.name === name);
    if (other === undefined)
      return new Failure(`cannot find container "${name}"`, { why: 'there is no such container' });
    const labels = this.#specs.get(name)?.ownLabels ?? other.labels;
    if (isCreatedOnly(labels)) return undefined;
    try {
      await this.#healthWait?.(
        { id: other.id, name, labels, since: this.#failed.has(name) ? 'failed' : 'earlier' },
        (words) => this.#onWords(operation, `waiting for ${name}: ${words}`),
      );
      return undefined;
    } catch (error) {
      if (error instanceof EngineGone) throw error;
      return toFailure(name, error);
    }
  }
}

function toFailure(name: string, error: unknown): Failure {
  return error instanceof Failure
    ? error
    : new Failure(`cannot run container "${name}"`, { why: reasonOf(error), cause: error });
}
