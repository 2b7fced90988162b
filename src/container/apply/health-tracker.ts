import { Failure, reasonOf } from '../../base/errors.ts';
import type { ContainerSummary, Engine } from '../../engine/engine.ts';
import { EngineGone } from '../../engine/engine-gone.ts';
import { Interrupted } from '../../base/interrupt.ts';
import type { HealthWait, Since, Watched } from './health-wait.ts';
import { isStarting, type Operation } from '../plan/operation.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { runPostStart } from './post-start.ts';
import { Unhealthy } from './unhealthy.ts';
import { isCreatedOnly, isJob } from '../spec/names.ts';
import { listConditions } from '../spec/needs.ts';
import type { Dependency } from '../../model/links/parse-links.ts';

/** A container is not started, since one that it needs is not healthy. */
export class Unmet extends Failure {}

export interface FailedOperation {
  readonly operation: Operation;
  readonly failure: Failure;
}

/** The containers that wait meanwhile, for progress on the terminal. */
type OnWords = (operation: Operation, words: string) => void;

/**
 * Starts a container only when those that it needs are healthy, have completed or have been started, as it asks. What
 * nobody needs becomes healthy while others are started.
 */
export class HealthTracker {
  readonly #engine: Engine;
  readonly #healthWait: HealthWait | undefined;
  readonly #specs: ReadonlyMap<string, RunSpec>;
  readonly #failed: ReadonlySet<string>;
  readonly #awaited: ReadonlySet<string>;
  readonly #onWords: OnWords;
  readonly #watched = new Map<string, Promise<FailedOperation | undefined>>();
  readonly #started: {
    readonly operation: Operation;
    readonly name: string;
    readonly id: string;
    readonly began: number;
  }[] = [];
  /** what is run in those that were started */
  readonly #hooks = new Map<string, Promise<void>>();
  readonly #others = new Map<string, Promise<Failure | undefined>>();
  readonly #undone = new Map<string, { readonly operation: Operation; readonly why: string }>();

  /**
   * @param gate absent: everything counts as healthy once it is started
   */
  constructor(
    engine: Engine,
    healthWait: HealthWait | undefined,
    { specs = new Map(), left = new Map(), awaited = new Set() }: Pick<Plan, 'specs' | 'left' | 'awaited'>,
    onWords: OnWords,
  ) {
    this.#engine = engine;
    this.#healthWait = healthWait;
    this.#specs = specs;
    this.#failed = new Set(left.keys());
    this.#awaited = awaited;
    this.#onWords = onWords;
  }

  /** Whether something is to be waited for before the operation is begun. */
  hasToWait(operation: Operation): boolean {
    return this.#listNeeds(operation).length > 0;
  }

  /** Waits for those that the operation's container needs. @throws Unmet naming the first that does not come so far */
  async admit(operation: Operation): Promise<void> {
    for (const need of this.#listNeeds(operation)) {
      const why = await this.#findUnmet(operation, need);
      if (why === undefined) continue;
      if (!need.isOptional)
        throw new Unmet(`cannot ${operation.verb} container "${operation.name}"`, {
          why: `it needs "${need.name}"${why}`,
        });
      this.#onWords(operation, `goes on without ${need.name}${why}`);
    }
  }

  /** Remembers that something was not done, for those that need it. */
  note(operation: Operation, { why }: Failure): void {
    this.#undone.set(operation.name, { operation, why });
  }

  #listNeeds(operation: Operation): readonly Dependency[] {
    const spec = this.#specs.get(operation.name);
    return this.#healthWait === undefined || spec === undefined || !isStarting(operation) ? [] : listConditions(spec);
  }

  /** @returns what goes on after the name of the needed one; undefined: it has come so far */
  async #findUnmet(operation: Operation, need: Dependency): Promise<string | undefined> {
    const { name, condition } = need;
    const undone = this.#undone.get(name);
    // the old one is back where it was not recreated: it may be healthy, and has completed another run
    if (undone !== undefined && (undone.operation.verb !== 'recreate' || condition === 'completed'))
      return `, which was not ${condition === 'completed' ? 'run' : 'started'}: ${undone.why}`;
    const watched = condition === 'started' ? undefined : this.#watched.get(name);
    const failure =
      (await this.#hooks.get(name)?.then(
        () => undefined,
        (error: unknown) => toFailure(name, error),
      )) ?? (watched === undefined ? await this.#look(operation, need) : (await watched)?.failure);
    if (failure === undefined) return undefined;
    if (!(failure instanceof Unhealthy)) return `: ${failure.why}`;
    return `, and that ${condition === 'completed' ? 'did not complete' : 'is not healthy'}: ${failure.reason}`;
  }

  /** Waits until a container that was just started is healthy. @throws Unhealthy */
  async pass(operation: Operation, name: string, id: string, since: Since = 'started'): Promise<void> {
    const began = performance.now();
    const spec = this.#specs.get(name);
    if (since === 'started' && spec?.values['post_start'] !== undefined) {
      const hooks = runPostStart(this.#engine, spec, id);
      this.#hooks.set(name, hooks);
      await hooks;
    }
    await this.#wait(operation, { name, id, since });
    if (since === 'started') this.#started.push({ operation, name, id, began });
  }

  async #wait(operation: Operation, watched: Omit<Watched, 'labels'>): Promise<void> {
    const labels = this.#specs.get(watched.name)?.ownLabels ?? {};
    // it may end at once, or run for hours: how it went is for its status to say
    if (isJob(labels)) return;
    await this.#healthWait?.({ ...watched, labels, isAwaited: this.#awaited.has(watched.name) }, (words) =>
      this.#onWords(operation, words),
    );
  }

  /** Has an eye on a container that was just started, and waits for nothing. */
  watch(operation: Operation, id: string, since?: Since): void {
    if (this.#healthWait === undefined && this.#specs.get(operation.name)?.values['post_start'] === undefined) return;
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

  /** One that was not touched, or is only to be started: each condition is looked at once. */
  #look(operation: Operation, need: Dependency): Promise<Failure | undefined> {
    const key = `${need.condition} ${need.name}`;
    const known = this.#others.get(key);
    if (known !== undefined) return known;
    const looking = this.#lookOnce(operation, need);
    this.#others.set(key, looking);
    return looking;
  }

  async #lookOnce(operation: Operation, { name, condition }: Dependency): Promise<Failure | undefined> {
    const other = (await this.#engine.listContainers()).find((container) => container.name === name);
    if (other === undefined)
      return new Failure(`cannot find container "${name}"`, { why: 'there is no such container' });
    const labels = this.#specs.get(name)?.ownLabels ?? other.labels;
    if (isCreatedOnly(labels)) return undefined;
    if (condition === 'started') return this.#lookWhetherStarted(other);
    if (condition === 'completed' && this.#failed.has(name))
      return new Failure(`cannot run container "${name}"`, { why: 'it has failed before' });
    try {
      await this.#healthWait?.(
        {
          id: other.id,
          name,
          labels,
          since: this.#failed.has(name) ? 'failed' : 'earlier',
          isAwaited: condition === 'completed',
        },
        (words) => this.#onWords(operation, `waiting for ${name}: ${words}`),
      );
      return undefined;
    } catch (error) {
      if (error instanceof EngineGone) throw error;
      return toFailure(name, error);
    }
  }

  /** It may have ended since, where that is what it was there for. */
  async #lookWhetherStarted({ id, name }: ContainerSummary): Promise<Failure | undefined> {
    const State = (await this.#engine.findContainer(id))?.State;
    const isUp = State?.Running === true || State?.Status === 'restarting';
    return isUp || (State?.Status === 'exited' && State.ExitCode === 0)
      ? undefined
      : new Failure(`cannot run container "${name}"`, { why: 'it does not run' });
  }
}

function toFailure(name: string, error: unknown): Failure {
  return error instanceof Failure
    ? error
    : new Failure(`cannot run container "${name}"`, { why: reasonOf(error), cause: error });
}
