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

/** Looks whether the host is as docksmith left it; changes nothing. */
export function verifyHost(paths: Paths): Verified {
  const ledger = readLedger(paths);
  return {
    deviations: listDeviations(ledger, installedUnder(paths)),
    outdated: listOutdatedOverrides(paths),
    owned: ledger.outputs.size,
  };
}
