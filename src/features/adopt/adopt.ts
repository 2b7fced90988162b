import {
  type Adopted,
  ADOPTED_FILE,
  formatAdopted,
  makeAdoptedLabels,
  readAdopted,
  withAdopted,
} from '../../container/actual/adopted.ts';
import { sealAdopted } from '../../container/spec/sealed.ts';
import { isContainerName, MANAGED_LABEL, NAME_LABEL } from '../../container/spec/names.ts';
import type { Plan } from '../../container/plan/plan.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import { getDb, type Snapshot, withChanges } from '../../db/snapshot.ts';
import { changeDb } from '../../db/store.ts';
import { Failure, throwAll } from '../../base/errors.ts';
import type { Run } from '../../event/runs.ts';
import { listSteps } from '../../event/steps.ts';
import { readFacts } from '../../host/read-facts.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import { holdsSecret, type Mask } from '../../base/mask.ts';
import { CONTAINERS } from '../../model/container.ts';
import { NO_CHANGES } from '../../output/plan/change-set.ts';
import { commitChanges } from '../../output/commit/commit.ts';
import { readLedger } from '../../output/plan/ledger.ts';
import type { Paths } from '../../base/paths.ts';
import { listDiffering, listOverlooked } from './compare.ts';
import { listDbsOf, makeRecords, type NewRecord, storeRecords, withRecords } from './records.ts';
import { readEngineView } from './running.ts';
import type { LeftOut, Subject } from './subject.ts';
import { type AdoptSource, findSubjects } from './subjects.ts';
import { planRenderedContainers } from '../../flow/containers/containers-step.ts';
import { type Expanded, expandTemplates, isRunSpec, parseRenderedSpec, requestsOf } from '../../flow/expand.ts';
import { generationOf } from '../../flow/commit/generation-dbs.ts';
import { RUN_SPECS } from '../../flow/involved.ts';
import { recorded } from '../../flow/recorded.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { secretsOf } from '../../flow/secrets.ts';
import { StagedDbs } from '../../flow/commit/staged-dbs.ts';
import { getEngine, withEngineFacts, type World } from '../../flow/world.ts';

const EVENT = 'docker-container-update';

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
  readonly subjects: readonly Subject[];
  readonly records: readonly NewRecord[];
  /** what the records do not say */
  readonly leftOut: readonly LeftOut[];
  /** what the next event does with those containers: nothing, where they run as their records say */
  readonly plan: Plan;
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
  const { result } = await recorded(
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
  readonly world: World;
}

/** Reads, decides, renders and plans, all over dbs as they would be. */
async function prepare(paths: Paths, source: AdoptSource, isMoving: boolean): Promise<Prepared> {
  const ledger = readLedger(paths);
  const dbs = readSnapshot(paths);
  const hostFacts = readFacts({ paths, ownedFiles: ledger.outputs });
  const snapshot = withHostDefaults(dbs, hostFacts);
  // one whose record was deleted since is nobody's
  const before = new Map(
    [...readAdopted(paths)].filter(([, labels]) => getDb(snapshot, CONTAINERS).has(labels[NAME_LABEL] ?? '')),
  );
  const engine = await getEngine(paths, snapshot, before);
  const view = await readEngineView(engine);
  const subjects = await findSubjects(paths, view, source);
  throwAll(listRefused(snapshot, subjects));

  const { records, leftOut, failures } = makeRecords(snapshot, subjects, { isMoving });
  throwAll(failures);
  const staged = withRecords(paths, snapshot, records);
  const ours = withAdopted(
    engine,
    adoptedWith(before, subjects, ({ name }) => ({ [MANAGED_LABEL]: 'true', [NAME_LABEL]: name })),
  );
  const world: World = { paths, snapshot: staged, facts: await withEngineFacts(hostFacts, staged, ours), ledger };
  const names = subjects.map(({ name }) => name);
  const idle = subjects.filter(({ enabled }) => !enabled);
  const expanded = render(world, names);
  // the run spec of one that does not run is only made to see what its record says
  const specs =
    idle.length === 0
      ? readSpecs(paths, expanded)
      : readSpecs(
          paths,
          render(
            {
              ...world,
              snapshot: withChanges(
                staged,
                idle.map(({ name }) => ({ db: CONTAINERS, key: name, prop: 'status', value: 'enabled' })),
              ),
            },
            names,
          ),
        );

  const { mask } = secretsOf(paths, staged);
  const adopted = adoptedWith(before, subjects, (subject) => {
    const spec = getSpec(specs, subject);
    const labels = makeAdoptedLabels(spec, listDiffering(subject, spec, view.traits.limitsSwap));
    return subject.there === undefined
      ? labels
      : sealAdopted(labels, subject.there.inspect, (text) => holdsSecret(mask, text));
  });
  const plan = await planRenderedContainers({ world, expanded, retry: false }, { names }, withAdopted(ours, adopted));
  const all = unique([
    ...leftOut,
    ...subjects.flatMap((subject) => listOverlooked(subject, getSpec(specs, subject), leftOut)),
  ]);
  return { adopted, world, adoption: { subjects, records, leftOut: all, plan, warnings: expanded.warnings, mask } };
}

/** Networks and volumes are told of once, whoever uses them. */
function unique(all: readonly LeftOut[]): readonly LeftOut[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

function adoptedWith(
  before: Adopted,
  subjects: readonly Subject[],
  labels: (subject: Subject) => Readonly<Record<string, string>>,
): Adopted {
  return new Map([
    ...before,
    ...subjects.flatMap((subject) =>
      subject.there === undefined ? [] : [[subject.there.id, labels(subject)] as const],
    ),
  ]);
}

/** The run specs as the event for these containers makes them. */
function render(world: World, names: readonly string[]): Expanded {
  const templates = listSteps(world.paths, EVENT)
    .steps.flatMap((step) => (step.kind === 'templates' ? step.templates : []))
    .filter(({ template }) => template === RUN_SPECS);
  return expandTemplates(world, requestsOf(templates, names), { takeOver: false });
}

function readSpecs(paths: Paths, { outputs }: Expanded): ReadonlyMap<string, RunSpec> {
  return new Map(
    outputs
      .filter(isRunSpec)
      .map((output) => parseRenderedSpec(paths, output))
      .map((spec) => [spec.name, spec]),
  );
}

function getSpec(specs: ReadonlyMap<string, RunSpec>, { name }: Subject): RunSpec {
  const spec = specs.get(name);
  if (spec === undefined)
    throw new Failure(`cannot adopt container "${name}"`, {
      why: 'its record makes no run spec',
      hint: `see the fragments and the metadata of ${RUN_SPECS}`,
    });
  return spec;
}

/** Names that are taken, or that docksmith keeps for itself. */
function listRefused(snapshot: Snapshot, subjects: readonly Subject[]): readonly Failure[] {
  return subjects.flatMap(({ name, there }, n) => {
    const what = `cannot adopt container "${name}"`;
    const hint =
      there === undefined
        ? 'give its service another container_name'
        : `docker rename ${name} NEW-NAME gives it another name`;
    if (!isContainerName(name))
      return [new Failure(what, { why: 'that is no name for a record of a container', hint })];
    if (getDb(snapshot, CONTAINERS).has(name))
      return [new Failure(what, { why: `db ${CONTAINERS} has a record of that name already`, hint })];
    return subjects.findIndex((other) => other.name === name) < n
      ? [new Failure(what, { why: 'it is named twice' })]
      : [];
  });
}

/** The records and the list of adopted containers, together. */
async function commit(
  paths: Paths,
  { adoption: { records }, adopted, world }: Prepared,
  command: string,
  run: Run,
): Promise<void> {
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
      ledger: world.ledger,
      command,
      companion: staged.companion(),
      generation: generationOf(world.snapshot, run),
      state: isListed ? new Map([[ADOPTED_FILE, formatAdopted(adopted)]]) : undefined,
    });
  } finally {
    staged.remove();
  }
}
