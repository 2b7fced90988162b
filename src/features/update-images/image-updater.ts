import { Failure, reasonOf } from '../../base/errors.ts';
import { Interrupted, unlessInterrupted } from '../../base/interrupt.ts';
import { readActual } from '../../container/actual/actual.ts';
import { applyPlan, type Progress } from '../../container/apply/apply.ts';
import { type HealthWait, makeHealthWait } from '../../container/apply/health-wait.ts';
import { applyImage, makeImageOperation } from '../../container/apply/image-operations.ts';
import { followBound } from '../../container/plan/bound.ts';
import { type Desired, specsOf } from '../../container/plan/desired.ts';
import { isStarting, type Operation } from '../../container/plan/operation.ts';
import { findDigest, planImageUpdate } from '../../container/plan/plan-image-update.ts';
import { leaveAtWork } from '../../container/plan/asked/jobs.ts';
import { planReconcile } from '../../container/plan/plan.ts';
import type { FailedSpecs } from '../../container/plan/skip-failed-specs.ts';
import type { HealthTimes } from '../../container/spec/health-request.ts';
import { getImage, type RunSpec } from '../../container/spec/run-spec.ts';
import type { ImageInspect } from '../../engine/engine-api.ts';
import type { Engine } from '../../engine/engine.ts';
import { listLeft } from '../../flow/containers/failed-specs.ts';
import { formatDigest } from '../../model/image.ts';
import type { ImageSource } from '../../model/image-source.ts';
import { isFetched, whyLeftAlone } from './asked-images.ts';
import type { ImagesUpdated, ImageUpdated } from './image-updated.ts';

export interface UpdateOptions {
  /** of containers that say nothing of their health */
  readonly times: HealthTimes;
  /** run specs that are not tried again */
  readonly failed: FailedSpecs;
  readonly onProgress: (progress: Progress) => void;
  /** ends it between two containers, or in the middle of a fetch */
  readonly signal: AbortSignal;
}

/** What became of an image, but for its name. */
type Outcome = Omit<ImageUpdated, 'image'>;

/** Updates images one by one, and keeps what became of each. */
export class ImageUpdater implements ImagesUpdated {
  readonly images: ImageUpdated[] = [];
  readonly failures: Failure[] = [];
  readonly #engine: Engine;
  readonly #desired: Desired;
  readonly #specs: ReadonlyMap<string, RunSpec>;
  readonly #healthWait: HealthWait;
  readonly #failed: FailedSpecs;
  readonly #onProgress: (progress: Progress) => void;
  readonly #signal: AbortSignal;

  constructor(engine: Engine, desired: Desired, { times, failed, onProgress, signal }: UpdateOptions) {
    this.#failed = failed;
    this.#specs = specsOf(desired);
    this.#healthWait = makeHealthWait(engine, times, signal);
    this.#signal = signal;
    this.#engine = engine;
    this.#desired = desired;
    this.#onProgress = onProgress;
  }

  /** Updates one image, and says among `images` and `failures` what became of it. */
  async run(reference: string, source: ImageSource): Promise<void> {
    this.images.push({ image: reference, ...(await this.#update(reference, source)) });
  }

  async #update(reference: string, source: ImageSource): Promise<Outcome> {
    if (this.#signal.aborted) return this.#leave(reference);
    const why = whyLeftAlone(reference);
    if (why !== undefined) return { outcome: 'left alone', why, containers: [] };
    if (!isFetched(source)) return this.#followHost(reference);
    const before = await this.#engine.findImage(reference);
    const from = before && findDigest(before, reference);
    const after = await this.#fetch(reference, source);
    if (after === undefined) return { outcome: 'failed', from, containers: [] };
    const to = findDigest(after, reference);
    const { done, failure } = await this.#takeOver(
      reference,
      after,
      `image ${from === undefined ? 'none' : formatDigest(from)} -> ${formatDigest(to)}`,
    );
    const isSame = before?.Id === after.Id;
    if (failure === undefined) return { outcome: isSame ? 'unchanged' : 'updated', from, to, containers: done };
    if (failure instanceof Interrupted) return this.#leave(reference, done, failure.rest);
    this.failures.push(failure);
    if (before === undefined || isSame) return { outcome: 'failed', from, to, containers: done };
    await this.#goBack(
      reference,
      before,
      `image ${formatDigest(to)} -> ${formatDigest(findDigest(before, reference))}, since another container does not run with it`,
    );
    return { outcome: 'came back', from, to, containers: [] };
  }

  /**
   * The host itself makes the image: what its name means now is what its containers are to run, and nobody
   * takes the name back.
   */
  async #followHost(reference: string): Promise<Outcome> {
    const image = await this.#engine.findImage(reference);
    if (image === undefined) return { outcome: 'left alone', why: 'the engine does not have it', containers: [] };
    const { containers } = await readActual(this.#engine, this.#desired);
    const old = this.#desired.containers
      .map((wanted) =>
        wanted.state === 'running' && getImage(wanted.spec) === reference
          ? containers.get(wanted.name)?.inspect.Image
          : undefined,
      )
      .find((id) => id !== undefined && id !== image.Id);
    const [from, to] = [old ?? image.Id, image.Id];
    const cause = `image ${formatDigest(from)} -> ${formatDigest(to)}`;
    const { done, failure } = await this.#takeOver(reference, image, cause);
    if (failure instanceof Interrupted) return this.#leave(reference, done, failure.rest);
    if (failure !== undefined) this.failures.push(failure);
    const outcome = failure !== undefined ? 'failed' : old === undefined ? 'unchanged' : 'updated';
    return { outcome, from, to, containers: done };
  }

  /** What is done stays: who still runs with the old image gets the new one the next time. */
  #leave(image: string, containers: readonly string[] = [], rest = ''): Outcome {
    if (!this.failures.some((failure) => failure instanceof Interrupted))
      this.failures.push(new Interrupted(`cannot update image "${image}"`, this.#signal, rest));
    return { outcome: 'failed', containers };
  }

  /** Those that are bound to a container which was recreated or restored have lost its network or its mounts. */
  async follow(): Promise<void> {
    if (this.#signal.aborted) return;
    const { containers } = this.#desired;
    const actual = await readActual(this.#engine, this.#desired);
    const { operations } = leaveAtWork(followBound([], containers, actual), containers, actual);
    this.failures.push(...(await this.#apply(operations)));
  }

  /**
   * Containers of these images that are not as their records say, whatever the images are: what is not there
   * or does not run is brought back by reconciling.
   */
  async compare(references: ReadonlySet<string>): Promise<void> {
    if (this.#signal.aborted) return;
    const {
      operations,
      left = new Map<string, string>(),
      refused = [],
    } = planReconcile(this.#desired, await readActual(this.#engine, this.#desired), { failed: this.#failed });
    const names = new Set([...this.#specs].flatMap(([name, spec]) => (references.has(getImage(spec)) ? [name] : [])));
    const amiss = new Map(
      [
        ...operations
          .filter(isStarting)
          .map(({ verb, name, cause }) => [name, `waits for ${verb} (${cause})`] as const),
        ...left,
      ].filter(([name]) => names.has(name)),
    );
    this.failures.push(...refused, ...listLeft({ left: amiss }));
  }

  async #fetch(reference: string, source: ImageSource): Promise<ImageInspect | undefined> {
    const operation = makeImageOperation(reference, source, 'asked for', false);
    this.#onProgress({ operation, state: 'begun' });
    try {
      await unlessInterrupted(
        this.#signal,
        `cannot ${operation.verb} image "${reference}"`,
        applyImage(this.#engine, operation, (words) => this.#onProgress({ operation, state: 'going on', words })),
      );
      this.#onProgress({ operation, state: 'done' });
      return await this.#engine.findImage(reference);
    } catch (error) {
      const failure =
        error instanceof Failure
          ? error
          : new Failure(`cannot ${operation.verb} image "${reference}"`, { why: reasonOf(error), cause: error });
      this.failures.push(failure);
      this.#onProgress({ operation, state: 'failed', words: failure.message });
      return undefined;
    }
  }

  /** Container by container, up to the first that fails: that one has its old self back by then. */
  async #takeOver(
    reference: string,
    image: ImageInspect,
    cause: string,
  ): Promise<{ readonly done: readonly string[]; readonly failure?: Failure }> {
    const plan = planImageUpdate(this.#desired, await readActual(this.#engine, this.#desired), {
      reference,
      image,
      cause,
      failed: this.#failed,
    });
    const done: string[] = [];
    for (const [name, operations] of plan) {
      if (this.#signal.aborted)
        return {
          done,
          failure: new Interrupted(
            `cannot recreate container "${name}"`,
            this.#signal,
            `${name} still runs with the old image`,
          ),
        };
      const [failure] = await this.#apply(operations);
      if (failure !== undefined) return { done, failure };
      done.push(name);
    }
    return { done };
  }

  /** @returns why those failed that did */
  async #apply(operations: readonly Operation[]): Promise<readonly Failure[]> {
    const plan = { operations, notes: [], specs: this.#specs };
    const { failed } = await applyPlan(this.#engine, plan, this.#onProgress, this.#healthWait, this.#signal);
    return failed.map(({ failure }) => failure);
  }

  async #goBack(reference: string, image: ImageInspect, cause: string): Promise<void> {
    try {
      await this.#engine.tagImage(image.Id, reference);
      const { failure } = await this.#takeOver(reference, image, cause);
      if (failure !== undefined) this.failures.push(failure);
    } catch (error) {
      this.failures.push(
        error instanceof Failure
          ? error
          : new Failure(`cannot go back to the old image "${reference}"`, { why: reasonOf(error), cause: error }),
      );
    }
  }
}
