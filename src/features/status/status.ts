import { DockerRecord } from '../../model/docker-record.ts';
import type { ContainerSummary, Engine } from '../../engine/engine.ts';
import { isOurs } from '../../container/spec/names.ts';
import { findOwner, findServing } from '../../container/actual/whose.ts';
import { holdsOpenSecrets } from '../../container/spec/spec-hash.ts';
import { type FailedSpecs, getSpecDigest } from '../../container/plan/skip-failed-specs.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure, Failures, throwAll } from '../../base/errors.ts';
import { findEventHolder } from '../../event/event-holder.ts';
import { compareBytes } from '../../base/layers.ts';
import { holdsSecret } from '../../base/mask.ts';
import { readFacts } from '../../host/read-facts.ts';
import { checkOneRecord } from '../../model/check-one-record.ts';
import { checkRecords } from '../../model/check-records.ts';
import { Container, CONTAINERS, listContainers } from '../../model/container.ts';
import { listContents } from '../../model/content.ts';
import { didYouMean } from '../../base/nearest.ts';
import { type Intent, listIntents } from '../../output/commit/intents.ts';
import { readLedger } from '../../output/plan/ledger.ts';
import { readJournal } from '../../output/commit/journal.ts';
import type { Paths } from '../../base/paths.ts';
import { hasJournal } from '../../files/unfinished.ts';
import { getEngine, readHostSnapshot, withEngineFacts } from '../../flow/host-state.ts';
import { listUnusableFiles } from '../../flow/containers/named-files.ts';
import { readFailedOptions } from '../../flow/daemon/engine-fallback.ts';
import { findDeferred } from '../../flow/set-up/pending-set-up.ts';
import { readContentStates } from '../../flow/content/content-state.ts';
import { listLeftRuns } from '../../flow/one-offs.ts';
import { readKernelRules } from '../../firewall/kernel.ts';
import { readUnloaded, type Unloaded } from '../../flow/loaded/loaded.ts';
import { readFailedSpecs } from '../../flow/containers/failed-specs.ts';
import { readRunSpecs } from '../../flow/containers/run-specs.ts';
import { readSecrets } from '../../flow/secrets.ts';
import { listServiceNames, readServiceViews } from '../../flow/swarm/service-views.ts';
import {
  baseName,
  type ContainerStatus,
  describeServiceStatus,
  describeUnknown,
  readContainerStatus,
} from './container-status.ts';
import { describeService } from './service-status.ts';

export interface Status {
  readonly containers: readonly ContainerStatus[];
  /** adjustments that are still to be done */
  readonly pending: readonly Intent[];
  /** a commit that was killed and is not put right yet, in words; undefined: there is none */
  readonly unfinished: string | undefined;
  /** where the dbs were laid out, while what is of this host alone is still to be found out; undefined: it is found */
  readonly deferred: string | undefined;
  /** options with which the engine did not start, which no event tries again by itself; undefined: there are none */
  readonly failedOptions: { readonly when: string; readonly why: string } | undefined;
  /** names of one-offs whose `docksmith run` was killed */
  readonly leftRuns: readonly string[];
  /** why nothing is known of the containers; undefined: the engine answers */
  readonly engineFailure: Failure | undefined;
  /** why nothing is known of services; absent: the swarm answers, or there is none */
  readonly swarmFailure?: Failure;
}

/**
 * How things stand: every record of a container and every container of ours, by name. Without an
 * engine what only the host knows. @throws Failure(s) for names that are neither
 */
export async function readStatus(paths: Paths, names: readonly string[]): Promise<Status> {
  const snapshot = readHostSnapshot(paths);
  const ofHost = {
    pending: listIntents(paths),
    unfinished: findUnfinished(paths),
    // those of an engine that its admin manages by now are none of docksmith's
    failedOptions: new DockerRecord(snapshot).isForeign ? undefined : readFailedOptions(paths),
    deferred: findDeferred(paths),
  };
  const records = listContainers(snapshot).map(({ key }) => key);
  const failed = readFailed(paths, records);
  const contents = listContentFailures(paths, snapshot);
  const isAsked = (name: string): boolean =>
    names.length === 0 || names.includes(name) || names.includes(baseName(name));
  const listRefused = (mistakes: readonly Failure[], name: string): readonly string[] => [
    ...mistakes.map(({ message }) => `the next event refuses its record: ${message}`),
    ...listUnusableFiles(paths, new Container(snapshot, name)).map(
      (words) => `a file of its record is of no use: ${words}`,
    ),
  ];
  const found = await findContainers(paths, snapshot);
  if (found instanceof Failure) {
    // a container without a record may be there for all we know
    const all = names.length === 0 ? records : names;
    const containers = all.toSorted(compareBytes).map((name) => ({
      ...describeUnknown(snapshot, name),
      refused: listRefused(checkOneRecord(snapshot, CONTAINERS, name).mistakes, name),
      failed: failed.get(name),
      ...contents.get(name),
    }));
    return { containers, ...ofHost, leftRuns: [], engineFailure: found };
  }
  const { engine, ours } = found;
  // meanwhile
  const kernelRules = readKernelRules(paths);
  kernelRules.catch(() => undefined);
  // the one that serves under a name stands under it, whatever it is called now; others of the same owner
  // under their own
  const rows = new Map(
    ours.map((container) => {
      const owner = findOwner(container) ?? container.name;
      return [findServing(ours, owner) === container ? owner : container.name, container] as const;
    }),
  );
  const services = await readServiceViews(snapshot);
  const ofSwarm = services instanceof Failure ? [] : [...services.keys()];
  const all = [...new Set([...records, ...rows.keys(), ...ofSwarm])].sort(compareBytes);
  refuseUnknown(names, [...all, ...ours.map(({ name }) => name)]);
  const { mask } = readSecrets(paths);
  const isService = new Set(listServiceNames(snapshot));
  const states = await Promise.all(
    all
      .filter((name) => isAsked(name) || isAsked(rows.get(name)?.name ?? name))
      .map(async (name): Promise<Omit<ContainerStatus, 'refused'>> => {
        const container = rows.get(name);
        const view = services instanceof Failure ? undefined : services.get(name);
        // it may be that a record was a container's, and that is still there
        if (view !== undefined || (isService.has(name) && container === undefined)) {
          const isKnown = !(services instanceof Failure) && new DockerRecord(snapshot).swarm === 'manager';
          const service = view === undefined ? undefined : describeService(view);
          return { ...describeServiceStatus(snapshot, name, service, isKnown), failed: failed.get(name) };
        }
        const isOpen = container !== undefined && holdsOpenSecrets(container.labels, (text) => holdsSecret(mask, text));
        return {
          ...(await readContainerStatus(engine, snapshot, name, container, names.length > 0)),
          failed: failed.get(name),
          ...contents.get(name),
          ...(isOpen && { hasOpenLabel: true }),
        };
      }),
  );
  // afterwards: what the engine says of containers is of one moment, as far as it can be
  const hostFacts = readFacts({ paths, ownedFiles: readLedger(paths).outputs });
  const facts = await withEngineFacts(hostFacts, snapshot, engine);
  const { byContainer } = checkRecords(snapshot, facts);
  const unloaded = await readUnloaded(paths, snapshot, facts, kernelRules);
  const containers = states.map((state) => ({
    ...state,
    ...withUnloaded(unloaded, state.name),
    refused: listRefused(byContainer.get(state.name) ?? [], state.name),
  }));
  const leftRuns = (await listLeftRuns(engine)).map(({ name }) => name);
  const swarmFailure = services instanceof Failure ? { swarmFailure: services } : {};
  return { containers, ...ofHost, leftRuns, engineFailure: undefined, ...swarmFailure };
}

async function findContainers(
  paths: Paths,
  snapshot: Snapshot,
): Promise<{ readonly engine: Engine; readonly ours: readonly ContainerSummary[] } | Failure> {
  try {
    const engine = await getEngine(paths, snapshot);
    return { engine, ours: (await engine.listContainers()).filter(isOurs) };
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Of the repositories that records name now. */
function listContentFailures(
  paths: Paths,
  snapshot: Snapshot,
): ReadonlyMap<string, Pick<ContainerStatus, 'contentFailure'>> {
  const contents = listContents(snapshot);
  if (contents.length === 0) return new Map();
  const states = readContentStates(paths);
  return new Map(
    contents.flatMap(({ key }) => {
      const failure = states.get(key)?.failure;
      return failure === undefined ? [] : [[key, { contentFailure: failure }] as const];
    }),
  );
}

/** Of those that are still as they were when they failed; one whose file is not there, or cannot be read, may be. */
function readFailed(paths: Paths, records: readonly string[]): FailedSpecs {
  const failed = readFailedSpecs(paths);
  return new Map(
    [...failed].filter(([name, { digest, runSpec = digest }]) => {
      try {
        const spec = readRunSpecs(paths, [name]).get(name);
        return spec === undefined ? records.includes(name) : getSpecDigest(spec) === runSpec;
      } catch (error) {
        if (error instanceof Failure || error instanceof Failures) return true;
        throw error;
      }
    }),
  );
}

function withUnloaded({ byContainer }: Unloaded, name: string): Pick<ContainerStatus, 'unloaded'> {
  const unloaded = byContainer.get(name);
  return unloaded === undefined ? {} : { unloaded };
}

/** Every command puts right what was killed before it looks: what is left could not be, or is at work. */
function findUnfinished(paths: Paths): string | undefined {
  if (!hasJournal(paths) || findEventHolder(paths) !== undefined) return undefined;
  try {
    const journal = readJournal(paths);
    return (
      journal &&
      `"${journal.command}" was killed ${journal.isCommitted ? 'after' : 'before'} its commit, and its recovery is pending`
    );
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

/**
 * @param all records and containers of ours
 * @throws Failure(s) for names that are none of them, also not without what an interrupted recreate has added
 */
export function refuseUnknown(names: readonly string[], all: readonly string[]): void {
  throwAll(
    names
      .filter((name) => !all.some((known) => known === name || baseName(known) === name))
      .map((name) => {
        return new Failure(`cannot find container "${name}"`, {
          why: 'there is neither a record of it nor a container that docksmith made',
          ...didYouMean(name, all),
        });
      }),
  );
}
