import { readActual } from '../../container/actual/actual.ts';
import { applyPlan, type Progress } from '../../container/apply/apply.ts';
import { followBound } from '../../container/plan/bound.ts';
import { type Desired, makeDesired, specsOf } from '../../container/plan/desired.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ImageInspect } from '../../engine/engine-api.ts';
import { type HealthWait, makeHealthWait } from '../../container/apply/health-wait.ts';
import type { HealthTimes } from '../../container/spec/health-request.ts';
import { applyImage, makeImageOperation } from '../../container/apply/image-operations.ts';
import { formatImageReference } from '../../engine/image-reference.ts';
import { findDigest, planImageUpdate } from '../../container/plan/plan-image-update.ts';
import { isStarting } from '../../container/plan/operation.ts';
import { type Plan, planReconcile } from '../../container/plan/plan.ts';
import { getImage, type RunSpec } from '../../container/spec/run-spec.ts';
import type { FailedSpecs } from '../../container/plan/skip-failed-specs.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure, reasonOf, throwAll } from '../../base/errors.ts';
import { NO_FACTS } from '../../host/facts.ts';
import { Interrupted, NEVER, unlessInterrupted } from '../../base/interrupt.ts';
import { readHostFacts } from '../../host/host.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import { formatDigest, referenceOfImage } from '../../model/image.ts';
import { ImageRecord, IMAGES } from '../../model/image-record.ts';
import { type ImageSource, PLAIN_SOURCE } from '../../model/image-source.ts';
import { Container, listContainers } from '../../model/container.ts';
import type { Paths } from '../../base/paths.ts';
import { listLeft, readFailedSpecs } from '../../flow/containers/failed-specs.ts';
import { readImageSources } from '../../flow/containers/images.ts';
import { healthTimes } from '../../flow/containers/reconcile.ts';
import { readRunSpecs } from '../../flow/containers/run-specs.ts';
import { runRecorded, recordingOperations } from '../../flow/run-recorded.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { listRenamedSecrets, withSecretFiles } from '../../flow/containers/secret-files.ts';
import type { ImagesUpdated, ImageUpdated, UpdateImages } from './image-updated.ts';
import { getEngine } from '../../flow/host-state.ts';

export type { ImagesUpdated, ImageUpdated, UpdateImages };

/**
 * Pulls images again and recreates their containers. Where one is not healthy with a
 * new image, all of that image go back, and the name means the old one again. Images are never removed.
 * @throws Failure(s) for names that are not known, and where there is no engine
 */
export async function updateImages(
  paths: Paths,
  { names, waitSeconds, signal = NEVER }: UpdateImages,
  reporter: Reporter,
  onProgress: (progress: Progress) => void,
): Promise<ImagesUpdated> {
  const { result } = await runRecorded(
    paths,
    { command: 'docksmith update-images', args: names, waitSeconds, signal, isStep: true },
    reporter,
    async ({ run }) => {
      const snapshot = withHostDefaults(readSnapshot(paths), { ...NO_FACTS, host: readHostFacts(paths) });
      const specs = readEnabledSpecs(paths, snapshot);
      const sources = readImageSources(snapshot);
      const containers = listContainers(snapshot).filter(({ key }) => specs.has(key));
      const engine = withSecretFiles(paths, snapshot, await getEngine(paths, snapshot));
      const update = new Update(
        engine,
        { ...makeDesired(containers, specs, sources), renamed: listRenamedSecrets(paths, snapshot) },
        {
          times: healthTimes(snapshot),
          failed: readFailedSpecs(paths),
          onProgress: recordingOperations(paths, run, onProgress),
          signal,
        },
      );
      const references = findReferences(snapshot, specs, names);
      for (const reference of references) await update.run(reference, sources.get(reference) ?? PLAIN_SOURCE);
      await update.follow();
      await update.compare(references);
      return update;
    },
    ({ failures }) => ({ failures }),
  );
  return result;
}

/** @throws Failure(s) for names that are not known */
export function previewImages(paths: Paths, names: readonly string[]): Plan {
  return planImageFetches(
    paths,
    withHostDefaults(readSnapshot(paths), { ...NO_FACTS, host: readHostFacts(paths) }),
    names,
  );
}

/**
 * What `updateImages` would do, as far as it is known without asking a registry: which images are
 * fetched, and whose containers follow where a newer one comes.
 * @throws Failure(s) for names that are not known
 */
export function planImageFetches(paths: Paths, snapshot: Snapshot, names: readonly string[]): Plan {
  const specs = readEnabledSpecs(paths, snapshot);
  const sources = readImageSources(snapshot);
  const fetches = [...findReferences(snapshot, specs, names)].map((reference) => ({
    reference,
    source: sources.get(reference) ?? PLAIN_SOURCE,
  }));
  const users = (reference: string): string =>
    [...specs.values()]
      .filter((spec) => getImage(spec) === reference)
      .map(({ name }) => name)
      .join(', ') || 'no container';
  return {
    operations: fetches
      .filter(({ reference, source }) => whyLeftAlone(reference) === undefined && isFetched(source))
      .map(({ reference, source }) => makeImageOperation(reference, source, 'asked for', false)),
    notes: fetches.map(({ reference }) => {
      const why = whyLeftAlone(reference);
      return why === undefined
        ? `recreate ${users(reference)}: if ${reference} is a newer image then`
        : `${reference}: left alone, ${why}`;
    }),
  };
}

function readEnabledSpecs(paths: Paths, snapshot: Snapshot): ReadonlyMap<string, RunSpec> {
  return new Map([...readRunSpecs(paths)].filter(([name]) => new Container(snapshot, name).isEnabled));
}

function findReferences(
  snapshot: Snapshot,
  specs: ReadonlyMap<string, RunSpec>,
  names: readonly string[],
): ReadonlySet<string> {
  if (names.length === 0) return new Set([...specs.values()].map(getImage));
  const failures: Failure[] = [];
  const references = names.flatMap((name) => {
    const record = new ImageRecord(snapshot, name);
    if (record.isThere) return [formatImageReference(referenceOfImage(record))];
    const spec = specs.get(name);
    if (spec !== undefined) return [getImage(spec)];
    failures.push(
      new Failure(`cannot find image "${name}"`, {
        why: `there is neither a record of it in db ${IMAGES} nor an enabled container of that name`,
        hint: `db ${IMAGES} keys`,
      }),
    );
    return [];
  });
  throwAll(failures);
  return new Set(references);
}

interface UpdateOptions {
  readonly times: HealthTimes;
  readonly failed: FailedSpecs;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

class Update implements ImagesUpdated {
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

  async run(reference: string, source: ImageSource): Promise<void> {
    if (this.#signal.aborted) {
      this.#leave(reference);
      return;
    }
    const why = whyLeftAlone(reference);
    if (why !== undefined)
      return void this.images.push({ image: reference, outcome: 'left alone', why, containers: [] });
    if (!isFetched(source)) return this.#followHost(reference);
    const before = await this.#engine.findImage(reference);
    const from = before && findDigest(before, reference);
    const after = await this.#fetch(reference, source);
    if (after === undefined)
      return void this.images.push({ image: reference, outcome: 'failed', from, containers: [] });
    const to = findDigest(after, reference);
    const { done, failure } = await this.#takeOver(
      reference,
      after,
      `image ${from === undefined ? 'none' : formatDigest(from)} -> ${formatDigest(to)}`,
    );
    if (failure === undefined)
      return void this.images.push({
        image: reference,
        outcome: before?.Id === after.Id ? 'unchanged' : 'updated',
        from,
        to,
        containers: done,
      });
    if (failure instanceof Interrupted) {
      this.#leave(reference, done, failure.rest);
      return;
    }
    this.failures.push(failure);
    if (before === undefined || before.Id === after.Id)
      return void this.images.push({ image: reference, outcome: 'failed', from, to, containers: done });
    await this.#goBack(
      reference,
      before,
      `image ${formatDigest(to)} -> ${formatDigest(findDigest(before, reference))}, since another container does not run with it`,
    );
    this.images.push({ image: reference, outcome: 'came back', from, to, containers: [] });
  }

  /**
   * The host itself makes the image: what its name means now is what its containers are to run, and nobody
   * takes the name back.
   */
  async #followHost(reference: string): Promise<void> {
    const image = await this.#engine.findImage(reference);
    if (image === undefined)
      return void this.images.push({
        image: reference,
        outcome: 'left alone',
        why: 'the engine does not have it',
        containers: [],
      });
    const { containers } = await readActual(this.#engine, this.#desired);
    const old = this.#desired.containers
      .map((wanted) =>
        wanted.state === 'running' && getImage(wanted.spec) === reference
          ? containers.get(wanted.name)?.inspect.Image
          : undefined,
      )
      .find((id) => id !== undefined && id !== image.Id);
    const [from, to] = [old ?? image.Id, image.Id];
    const { done, failure } = await this.#takeOver(
      reference,
      image,
      `image ${formatDigest(from)} -> ${formatDigest(to)}`,
    );
    if (failure instanceof Interrupted) {
      this.#leave(reference, done, failure.rest);
      return;
    }
    if (failure !== undefined) this.failures.push(failure);
    this.images.push({
      image: reference,
      outcome: failure !== undefined ? 'failed' : old === undefined ? 'unchanged' : 'updated',
      from,
      to,
      containers: done,
    });
  }

  /** What is done stays: who still runs with the old image gets the new one the next time. */
  #leave(image: string, containers: readonly string[] = [], rest = ''): void {
    this.images.push({ image, outcome: 'failed', containers });
    if (!this.failures.some((failure) => failure instanceof Interrupted))
      this.failures.push(new Interrupted(`cannot update image "${image}"`, this.#signal, rest));
  }

  /** Those that are bound to a container which was recreated or restored have lost its network or its mounts. */
  async follow(): Promise<void> {
    if (this.#signal.aborted) return;
    const operations = followBound([], this.#desired.containers, await readActual(this.#engine, this.#desired));
    const { failed } = await applyPlan(
      this.#engine,
      { operations, notes: [], specs: this.#specs },
      this.#onProgress,
      this.#healthWait,
      this.#signal,
    );
    this.failures.push(...failed.map(({ failure }) => failure));
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
      const {
        failed: [failed],
      } = await applyPlan(
        this.#engine,
        { operations, notes: [], specs: this.#specs },
        this.#onProgress,
        this.#healthWait,
        this.#signal,
      );
      if (failed !== undefined) return { done, failure: failed.failure };
      done.push(name);
    }
    return { done };
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

function whyLeftAlone(reference: string): string | undefined {
  return reference.includes('@') ? 'its Digest names one image, which cannot change' : undefined;
}

/** Otherwise somebody makes it on this host. */
function isFetched({ kind, when }: ImageSource): boolean {
  return kind !== 'local' && when !== 'never';
}
