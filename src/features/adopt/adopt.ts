import {
  type Adopted,
  ADOPTED_FILE,
  formatAdopted,
  makeAdoptedLabels,
  readAdopted,
  withAdopted,
} from '../../container/actual/adopted.ts';
import { sealAdopted } from '../../container/spec/sealed.ts';
import { MANAGED_LABEL, NAME_LABEL } from '../../container/spec/names.ts';
import type { Plan } from '../../container/plan/plan.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import { getDb } from '../../db/snapshot.ts';
import { changeDb } from '../../db/store.ts';
import { Failure, throwAll } from '../../base/errors.ts';
import type { Run } from '../../event/runs.ts';
import { readFacts } from '../../host/read-facts.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import { holdsSecret, type Mask } from '../../base/mask.ts';
import { CONTAINERS } from '../../model/container.ts';
import { NO_CHANGES } from '../../output/plan/change-set.ts';
import { commitChanges } from '../../output/commit/commit.ts';
import { readLedger } from '../../output/plan/ledger.ts';
import type { Paths } from '../../base/paths.ts';
import { listDiffering, listOverlooked } from './compare.ts';
import { listOtherwise } from './stack/compare-service.ts';
import { listMissingFolders, makeFolders } from './folders/missing-folders.ts';
import { listDbsOf, makeRecords, type NewRecord, storeRecords, withRecords } from './records.ts';
import { readEngineView } from './running.ts';
import type { LeftOut, Candidate } from './candidate.ts';
import { type AdoptSource, findCandidates, listRefused } from './candidates.ts';
import { planRenderedContainers } from '../../flow/containers/containers-step.ts';
import { readSpecs, type RenderedSpec, renderSpecs, withEnabled } from '../../flow/containers/render-specs.ts';
import { generationOf } from '../../flow/commit/generation-dbs.ts';
import { RUN_SPECS } from '../../flow/involved.ts';
import { runRecorded } from '../../flow/run-recorded.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { secretsOf } from '../../flow/secrets.ts';
import { StagedDbs } from '../../flow/commit/staged-dbs.ts';
import { getEngine, withEngineFacts, type HostState } from '../../flow/host-state.ts';

export interface AdoptRequest {
  readonly source: AdoptSource;
  readonly dryRun: boolean;
  /** variables whose names say that they are secret go to db `secrets` */
  readonly isMoving?: boolean;
  /** as they were typed */
  readonly args: readonly string[];
  readonly waitSeconds?: number | undefined;
}

/** What an adoption has done, or for a dry run would do. */
export interface Adoption {
  readonly candidates: readonly Candidate[];
  readonly records: readonly NewRecord[];
  /** what the records do not say */
  readonly leftOut: readonly LeftOut[];
  /** what the next event does with those containers: nothing, where they run as their records say */
  readonly plan: Plan;
  /** folders of this machine that are made for containers of a file */
  readonly folders: readonly string[];
  readonly warnings: readonly string[];
  /** masks the secrets of the records, too */
  readonly mask: Mask;
}

/**
 * Writes the records of containers that others made, or that a Compose file describes, and
 * remembers those that are there as docksmith's. Touches no container.
 * @throws Failure(s) for whatever keeps one of them from being adopted; nothing is written then
 */
export async function adopt(paths: Paths, request: AdoptRequest, reporter: Reporter): Promise<Adoption> {
  const { source, isMoving = false, args, waitSeconds } = request;
  if (request.dryRun) return (await prepare(paths, source, isMoving)).adoption;
  const { result } = await runRecorded(
    paths,
    { command: 'docksmith adopt', args, waitSeconds },
    reporter,
    async ({ run, command }) => {
      const prepared = await prepare(paths, source, isMoving);
      await commit(paths, prepared, command, run);
      return prepared.adoption;
    },
    () => ({}),
  );
  return result;
}

interface Prepared {
  readonly adoption: Adoption;
  readonly adopted: Adopted;
  /** with the dbs as they would be */
  readonly hostState: HostState;
}

/** Reads, decides, renders and plans, all over dbs as they would be. */
async function prepare(paths: Paths, source: AdoptSource, isMoving: boolean): Promise<Prepared> {
  const ledger = readLedger(paths);
  const dbs = readSnapshot(paths);
  const hostFacts = readFacts({ paths, ownedFiles: ledger.outputs });
  const snapshot = withHostDefaults(dbs, hostFacts);
  // one whose record was deleted since has no owner
  const before = new Map(
    [...readAdopted(paths)].filter(([, labels]) => getDb(snapshot, CONTAINERS).has(labels[NAME_LABEL] ?? '')),
  );
  const engine = await getEngine(paths, snapshot, before);
  const view = await readEngineView(engine);
  const { candidates, warnings } = await findCandidates(paths, snapshot, view, source);
  throwAll(listRefused(snapshot, candidates));

  const { records, leftOut, failures } = makeRecords(snapshot, candidates, { isMoving });
  throwAll(failures);
  const staged = withRecords(paths, snapshot, records);
  const ours = withAdopted(
    engine,
    adoptedWith(before, candidates, ({ name }) => ({ [MANAGED_LABEL]: 'true', [NAME_LABEL]: name })),
  );
  const hostState: HostState = {
    paths,
    snapshot: staged,
    facts: await withEngineFacts(hostFacts, staged, ours),
    ledger,
  };
  const names = candidates.map(({ name }) => name);
  const idle = candidates.filter(({ enabled }) => !enabled);
  const expanded = renderSpecs(hostState, names);
  // the run spec of one that does not run is only made to see what its record says
  const idleNames = idle.map(({ name }) => name);
  const seen = idle.length === 0 ? expanded : renderSpecs(withEnabled(hostState, idleNames), names);
  const specs = readSpecs(hostState, seen);

  const { mask } = secretsOf(paths, staged);
  const adopted = adoptedWith(before, candidates, (candidate) => {
    const spec = getSpec(specs, candidate);
    const labels = makeAdoptedLabels(spec, listDiffering(candidate, spec, view.traits.limitsSwap));
    return candidate.there === undefined
      ? labels
      : sealAdopted(labels, candidate.there.inspect, (text) => holdsSecret(mask, text));
  });
  const { plan } = await planRenderedContainers(
    { hostState, expanded, retry: false },
    { names },
    withAdopted(ours, adopted),
  );
  const all = unique([
    ...leftOut,
    // what the file says of records itself is meant so
    ...candidates
      .filter(({ own, name }) => own?.get(CONTAINERS)?.has(name) !== true)
      .flatMap((candidate) => {
        const spec = getSpec(specs, candidate);
        return candidate.service === undefined
          ? listOverlooked(candidate, spec, leftOut)
          : listOtherwise(hostState, candidate, spec);
      }),
  ]);
  return {
    adopted,
    hostState,
    adoption: {
      candidates,
      records,
      leftOut: all,
      plan,
      folders: listMissingFolders(candidates),
      warnings: [...warnings, ...expanded.warnings],
      mask,
    },
  };
}

/** Networks and volumes are reported once, however many containers use them. */
function unique(all: readonly LeftOut[]): readonly LeftOut[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

function adoptedWith(
  before: Adopted,
  candidates: readonly Candidate[],
  labels: (candidate: Candidate) => Readonly<Record<string, string>>,
): Adopted {
  return new Map([
    ...before,
    ...candidates.flatMap((candidate) =>
      candidate.there === undefined ? [] : [[candidate.there.id, labels(candidate)] as const],
    ),
  ]);
}

function getSpec(specs: ReadonlyMap<string, RenderedSpec>, { name }: Candidate): RunSpec {
  const spec = specs.get(name)?.spec;
  if (spec === undefined)
    throw new Failure(`cannot adopt container "${name}"`, {
      why: 'its record makes no run spec',
      hint: `see the fragments and the metadata of ${RUN_SPECS}`,
    });
  return spec;
}

/** The records and the list of adopted containers, together. */
async function commit(
  paths: Paths,
  { adoption: { records, folders }, adopted, hostState }: Prepared,
  command: string,
  run: Run,
): Promise<void> {
  makeFolders(folders);
  const staged = new StagedDbs(paths);
  try {
    for (const db of listDbsOf(records))
      changeDb(staged.paths, db, (draft) =>
        storeRecords(
          draft,
          records.filter((record) => record.db === db),
        ),
      );
    const isListed = adopted.size + readAdopted(paths).size > 0;
    await commitChanges(paths, NO_CHANGES, {
      ledger: hostState.ledger,
      command,
      attached: staged.attached(),
      generation: generationOf(hostState.snapshot, run),
      state: isListed ? new Map([[ADOPTED_FILE, formatAdopted(adopted)]]) : undefined,
    });
  } finally {
    staged.remove();
  }
}
