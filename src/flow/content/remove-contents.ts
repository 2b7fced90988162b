import { readdirSync, rmSync } from 'node:fs';
import { errorCode } from '../../base/errors.ts';
import { CONTENT_DIR, type Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { listContents } from '../../model/content.ts';
import { forgetContentState } from './content-state.ts';

/**
 * Removes what containers saw of repositories that no record names any more. While a container mounts it, it
 * stays: an orphan may run with it.
 */
export async function removeOldContents(paths: Paths, snapshot: Snapshot, engine: Engine): Promise<void> {
  const wanted = new Set(listContents(snapshot).map(({ key }) => key));
  const old = listFolders(paths.file(CONTENT_DIR)).filter((name) => !wanted.has(name));
  if (old.length === 0) return;
  const containers = await Promise.all((await engine.listContainers()).map(({ id }) => engine.findContainer(id)));
  const mounted = containers.flatMap((container) => container?.Mounts ?? []).map(({ Source = '' }) => `${Source}/`);
  for (const name of old) {
    const folder = paths.file(`${CONTENT_DIR}/${name}`);
    if (mounted.some((source) => source.startsWith(`${folder}/`))) continue;
    rmSync(folder, { recursive: true, force: true });
    forgetContentState(paths, name);
  }
}

function listFolders(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
