import type { FilePair } from '../../output/plan/diff.ts';
import { objectFinder } from '../../output/history/objects.ts';
import { installedUnder } from '../../output/plan/installed.ts';
import { readLedger } from '../../output/plan/ledger.ts';
import { type Deviation, listDeviations } from '../../output/plan/verify.ts';
import type { Paths } from '../../base/paths.ts';
import { listOutdatedOverrides, type OutdatedOverride } from '../../flow/commit/overrides.ts';

export interface Verified {
  readonly deviations: readonly Deviation[];
  readonly outdated: readonly OutdatedOverride[];
  /** how many files docksmith owns */
  readonly owned: number;
}

/**
 * Each of these files as docksmith wrote it and as it is. One whose text history does not keep any more is none of
 * them.
 */
export function pairDeviations(paths: Paths, deviations: readonly Deviation[]): readonly FilePair[] {
  const { outputs } = readLedger(paths);
  const [findObject, readInstalled] = [objectFinder(paths), installedUnder(paths)];
  return deviations.flatMap(({ path }): readonly FilePair[] => {
    const owned = outputs.get(path);
    const content = owned && findObject(owned.digest);
    if (owned === undefined || content === undefined) return [];
    const installed = readInstalled(path);
    const { mode, uid, gid, isSecret } = owned;
    return [
      {
        path,
        old: { content, mode, uid, gid },
        wanted: installed.kind === 'file' ? installed.file : undefined,
        ...(isSecret ? { isSecret } : {}),
      },
    ];
  });
}

/** Looks whether the host is as docksmith left it; changes nothing. */
export function verifyHost(paths: Paths): Verified {
  const ledger = readLedger(paths);
  return {
    deviations: listDeviations(ledger, installedUnder(paths)),
    outdated: listOutdatedOverrides(paths),
    owned: ledger.outputs.size,
  };
}
