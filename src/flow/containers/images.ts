import type { Paths } from '../../base/paths.ts';
import { NO_FACTS, withFacts } from '../../host/facts.ts';
import { inspectImage } from '../../container/actual/engine-facts.ts';
import { applyImage, makeImageOperation, readMissingBases } from '../../container/apply/image-operations.ts';
import { formatImageReference } from '../../engine/image-reference.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { NEVER, unlessInterrupted } from '../../base/interrupt.ts';
import { listEnabled } from '../../model/container.ts';
import { findImageReference, whyNotPulled } from '../../model/image.ts';
import { findImageRecord, type ImageSource, listImageSources, PLAIN_SOURCE } from '../../model/image-source.ts';
import { AMBASSADOR_IMAGE } from '../../model/links/targets.ts';
import { needsImageFacts } from '../../model/image-facts.ts';
import type { ImageRecord } from '../../model/image-record.ts';
import { installPrograms, readInstallroot } from '../../model/images/installroot.ts';
import { listInvolved } from '../involved.ts';
import { makeRenderer } from '../rendering.ts';
import type { Reporter } from '../reporter.ts';
import type { HostState } from '../host-state.ts';

/**
 * What the references in run specs mean, by reference as run specs spell it, and of records that are named.
 * @param names keys of `docker_images`
 * @throws Failure where two records differ
 */
export function readImageSources(
  paths: Paths,
  snapshot: Snapshot,
  names?: readonly string[],
): ReadonlyMap<string, ImageSource> {
  const sources = new Map(
    listImageSources(snapshot, (record) => readInstallroot(paths, record, renderSources(paths, record)), names),
  );
  // it has the engine's socket: what would be pulled under its name is nobody's
  for (const container of listEnabled(snapshot))
    if (container.isDom0 && findImageRecord(container) === undefined)
      sources.set(container.image, { kind: 'local', when: 'never' });
  if (listEnabled(snapshot).some(({ image }) => image === AMBASSADOR_IMAGE))
    sources.set(AMBASSADOR_IMAGE, {
      kind: 'installroot',
      when: 'missing',
      installroot: installPrograms(paths, ['socat', 'sh'], 'socat -V >/dev/null'),
    });
  return new Map([...sources].map(([reference, source]) => [formatImageReference(reference), source]));
}

/** Its list of repositories as the events install it, or are about to. */
function renderSources(paths: Paths, { snapshot, key, installer }: ImageRecord): string {
  const template = SOURCES_TEMPLATES[installer];
  if (template === undefined) return '';
  const renderer = makeRenderer({ paths, snapshot, facts: NO_FACTS });
  return renderer
    .render({ template }, new Set([key]))
    .outputs.map(({ content }) => content.toString())
    .join('');
}

/** By installer. */
const SOURCES_TEMPLATES: Readonly<Record<string, string>> = {
  dnf: '/etc/docksmith/images/repo',
  debootstrap: '/etc/docksmith/images/sources.list',
};

/**
 * Fetches the images that have to be asked before a run spec can be written: for the ports of
 * `exposed`, for the web port, and for the variables of links. Those that may not be fetched are left to the checks.
 * @param only keys of `docker_containers`
 * @returns the world with what these images say
 */
export async function fetchAskedImages(
  hostState: HostState,
  only: readonly string[] | undefined,
  reporter: Reporter,
  signal: AbortSignal = NEVER,
): Promise<HostState> {
  const { paths, snapshot, facts, engine } = hostState;
  const involved = only === undefined ? undefined : listInvolved(paths, snapshot, only);
  const asking = listEnabled(snapshot).filter(
    (container) =>
      (involved?.includes(container.key) ?? true) &&
      whyNotPulled(container) === undefined &&
      needsImageFacts(container, facts),
  );
  const references = new Map(asking.map((container) => [findImageReference(container), container.key]));
  if (references.size === 0) return hostState;
  if (engine === undefined) return hostState;
  const sources = readImageSources(paths, snapshot);
  const images = new Map(facts.images);
  for (const [reference, key] of references) {
    const name = formatImageReference(reference);
    const cause = `not there, and it names the ports of ${key}`;
    const own = makeImageOperation(name, sources.get(name) ?? PLAIN_SOURCE, cause, true);
    for (const operation of [...(await readMissingBases(engine, name, sources)), own]) {
      const what = `${operation.verb} ${operation.name}`;
      reporter.progress(what);
      await unlessInterrupted(
        signal,
        `cannot ${operation.verb} image "${operation.name}"`,
        applyImage(engine, operation, (words) => reporter.progress(`${what}: ${words}`)),
      );
      reporter.line('images', `${what}: ${operation.cause}`, 'stdout');
    }
    const image = await inspectImage(engine, reference);
    if (image !== undefined) images.set(reference, image);
  }
  return { ...hostState, inventory: undefined, facts: withFacts(facts, { images }) };
}
