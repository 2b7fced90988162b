import type { Paths } from '../../base/paths.ts';
import { NEVER } from '../../base/interrupt.ts';
import type { ProgressOf } from '../../container/plan/told.ts';
import { makeDesired } from '../../container/plan/desired.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import { readFailedSpecs } from '../../flow/containers/failed-specs.ts';
import { readImageSources } from '../../flow/containers/images.ts';
import { healthTimes } from '../../container/spec/health-request.ts';
import { listRenamedSecrets, withSecretFiles } from '../../flow/containers/secret-files.ts';
import { runRecorded, recordingOperations } from '../../flow/run-recorded.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { getEngine } from '../../flow/host-state.ts';
import { NO_FACTS } from '../../host/facts.ts';
import { readHostFacts } from '../../host/host.ts';
import { listContainers } from '../../model/container.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import { PLAIN_SOURCE } from '../../model/image-source.ts';
import { readSecrets } from '../../flow/secrets.ts';
import { isServiceOf } from '../../flow/swarm/services-kind.ts';
import { findReferences, readEnabledSpecs } from './asked-images.ts';
import { ImageUpdater } from './image-updater.ts';
import type { ImagesUpdated, UpdateImages } from './image-updated.ts';
import { updateServices } from './update-services.ts';

/**
 * Pulls images again and recreates their containers. Where one is not healthy with a
 * new image, all of that image go back, and the name means the old one again. Images are never removed.
 * @throws Failure(s) for names that are not known, and where there is no engine
 */
export async function updateImages(
  paths: Paths,
  { names, waitSeconds, signal = NEVER }: UpdateImages,
  reporter: Reporter,
  onProgress: (progress: ProgressOf) => void,
): Promise<ImagesUpdated> {
  const { result } = await runRecorded(
    paths,
    { command: 'docksmith update-images', args: names, waitSeconds, signal, isStep: true },
    reporter,
    async ({ run }) => {
      const snapshot = withHostDefaults(readSnapshot(paths), { ...NO_FACTS, host: readHostFacts(paths) });
      const specs = readEnabledSpecs(paths, snapshot);
      const sources = readImageSources(paths, snapshot, names);
      const containers = listContainers(snapshot)
        .filter(({ key }) => specs.has(key))
        .filter((container) => !isServiceOf(container, specs));
      const engine = withSecretFiles(paths, snapshot, await getEngine(paths, snapshot));
      const tell = recordingOperations(paths, run, onProgress);
      const update = new ImageUpdater(
        engine,
        { ...makeDesired(containers, specs, sources), renamed: listRenamedSecrets(paths, snapshot) },
        {
          times: healthTimes(snapshot),
          failed: readFailedSpecs(paths),
          onProgress: tell,
          signal,
        },
      );
      const references = findReferences(snapshot, specs, names, sources);
      for (const reference of references) await update.run(reference, sources.get(reference) ?? PLAIN_SOURCE);
      await update.follow();
      const { mask } = readSecrets(paths);
      const context = { paths, snapshot, engine, specs, images: sources, mask, onProgress: tell, signal };
      update.failures.push(...(await updateServices(context, references)));
      await update.compare(references);
      return update;
    },
    ({ failures }) => ({ failures }),
  );
  return result;
}
