import type { Paths } from '../../base/paths.ts';
import { makeImageOperation } from '../../container/apply/image-operations.ts';
import type { Plan } from '../../container/plan/plan.ts';
import { getImage } from '../../container/spec/run-spec.ts';
import { isService } from '../../container/spec/service-spec.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { readImageSources } from '../../flow/containers/images.ts';
import { NO_FACTS } from '../../host/facts.ts';
import { readHostFacts } from '../../host/host.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import { PLAIN_SOURCE } from '../../model/image-source.ts';
import { findReferences, isFetched, readEnabledSpecs, whyLeftAlone } from './asked-images.ts';

/** What `updateImages` would do now, for its dry run. @throws Failure(s) for names that are not known */
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
  const sources = readImageSources(paths, snapshot, names);
  const fetches = [...findReferences(snapshot, specs, names, sources)].map((reference) => ({
    reference,
    source: sources.get(reference) ?? PLAIN_SOURCE,
  }));
  const tellUsers = (reference: string): string => {
    const using = [...specs.values()].filter((spec) => getImage(spec) === reference);
    const names = (ofSwarm: boolean): string =>
      using.flatMap((spec) => (isService(spec) === ofSwarm ? [spec.name] : [])).join(', ');
    const parts = [`recreate ${names(false)}`, `update ${names(true)}`].filter((words) => !words.endsWith(' '));
    return parts.join(', ') || 'recreate no container';
  };
  return {
    operations: fetches
      .filter(({ reference, source }) => whyLeftAlone(reference) === undefined && isFetched(source))
      .map(({ reference, source }) => makeImageOperation(reference, source, 'asked for', false)),
    notes: fetches.map(({ reference }) => {
      const why = whyLeftAlone(reference);
      return why === undefined
        ? `${tellUsers(reference)}: if ${reference} is a newer image then`
        : `${reference}: left alone, ${why}`;
    }),
  };
}
