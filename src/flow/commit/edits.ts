import type { ChangeSet } from '../../output/plan/change-set.ts';
import type { FilePair } from '../../output/plan/diff.ts';
import type { Ledger } from '../../output/plan/ledger.ts';
import { objectFinder } from '../../output/history/objects.ts';
import type { FileContent } from '../../files/replace-file.ts';
import type { Paths } from '../../base/paths.ts';

/**
 * What somebody edited in files that a commit replaces or removes: as docksmith had written them,
 * and as they were found. Without those that hold a secret, or whose text is not kept any more.
 */
export function listEdits(paths: Paths, { outputs }: Ledger, { install, remove }: ChangeSet): readonly FilePair[] {
  const edited = [
    ...install.flatMap(({ output, old, edited }) => (edited ? [{ path: output.path, old }] : [])),
    ...remove.flatMap(({ owned, old, edited }) => (edited ? [{ path: owned.path, old }] : [])),
  ];
  if (edited.length === 0) return [];
  const findObject = objectFinder(paths);
  return edited.flatMap(({ path, old: found }): readonly FilePair[] => {
    const owned = outputs.get(path);
    const content = owned === undefined || owned.isSecret ? undefined : findObject(owned.digest);
    if (owned === undefined || content === undefined || found === undefined) return [];
    const written: FileContent = { content, mode: owned.mode, uid: owned.uid, gid: owned.gid };
    return [{ path, old: written, wanted: found }];
  });
}
