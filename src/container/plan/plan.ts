import { type Desired, specsOf } from './desired.ts';
import type { Actual } from '../actual/actual.ts';
import { Failure, throwAll } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import { didYouMean } from '../../base/nearest.ts';
import { decide } from './decide.ts';
import { withChangedFiles } from './plan-changed-files.ts';
import { Refusal, withDataMove } from './plan-data-move.ts';
import { freePorts } from './free-ports.ts';
import { planImages } from '../apply/image-operations.ts';
import { followBound } from './bound.ts';
import { findVolumeMismatches, planVolumes } from './made/plan-volumes.ts';
import { planNetworkRemovals, planNetworks } from './plan-networks.ts';
import { readJoined } from '../spec/endpoints.ts';
import { isOptional } from '../spec/names.ts';
import { leaveAtWork } from './asked/jobs.ts';
import { isDoneWith, replaceNetwork } from './made/replaced-network.ts';
import { type Operation, refer } from './operation.ts';
import { describeImage, describeKept, describeUnsteady, hasEndedOften, listUnsteady } from './plan-notes.ts';
import { listRisks } from './risks.ts';
import { getImage, type RunSpec } from '../spec/run-spec.ts';
import { getStopRequest } from './stop-request.ts';
import { ENDS_AGAIN } from '../actual/steady.ts';
import type { ServicesPlan } from '../service/plan-services.ts';
import { type FailedSpecs, skipFailedSpecs } from './skip-failed-specs.ts';

/** What is to be done, in order. */
export interface Plan {
  readonly operations: readonly Operation[];
  /** what is left as it is although it asks for attention; a sentence each */
  readonly notes: readonly string[];
  /** what is not done now, though a record asks for it, to a container each; the others go on */
  readonly refused?: readonly Failure[];
  /**
   * containers that stay otherwise than their records say, since they have failed, need one that has, or end
   * again and again, each with why in a few words
   */
  readonly left?: ReadonlyMap<string, string>;
  /** containers that run, ended by themselves a moment ago, and may do so again */
  readonly unsteady?: readonly { readonly name: string; readonly id: string; readonly restarts: number }[];
  /** containers that others wait for to complete */
  readonly awaited?: ReadonlySet<string>;
  /** of the containers that are to run and were looked at, by name */
  readonly specs?: ReadonlyMap<string, RunSpec>;
  /** of the swarm that this host is a manager of */
  readonly services?: Pick<ServicesPlan, 'first' | 'operations'>;
}

export interface PlanOptions {
  /** only these; absent: all */
  readonly names?: readonly string[] | undefined;
  readonly removeOrphans?: boolean | undefined;
  /** networks that none of ours may overlap, `192.168.1.0/24` */
  readonly avoid?: readonly string[] | undefined;
  /** data may be copied to where the records want it, while its container is down */
  readonly moveData?: boolean | undefined;
  /** jobs that run are ended for what is to be done to them */
  readonly endJobs?: boolean | undefined;
  /** run specs that are not tried again */
  readonly failed?: FailedSpecs | undefined;
}

/**
 * Decides what brings the engine to what is desired. Pure.
 * Throws every mistake at once: foreign containers of wanted names, limits below what is in use, unknown names.
 */
export function planReconcile(
  desired: Desired,
  actual: Actual,
  { names, removeOrphans = false, failed = new Map(), avoid = [], moveData = false, endJobs = false }: PlanOptions = {},
): Plan {
  const isAsked = (name: string): boolean => names === undefined || names.includes(name);
  const failures = listUnknown(desired, actual, names ?? []);
  const refused: Failure[] = [];
  const absentImages: string[] = [];
  const wanted = desired.containers.filter(({ name }) => isAsked(name));
  const operations = wanted.flatMap((container) => {
    const misnamed = actual.misnamed?.get(container.name);
    if (misnamed !== undefined) {
      failures.push(misnamed);
      return [];
    }
    if (container.state === 'running' && container.spec.unusable !== undefined) {
      refused.push(...container.spec.unusable.map((failure) => ofContainer(container.name, failure)));
      return [];
    }
    const absent = container.state === 'running' && findAbsentImage(container.spec, desired, actual);
    if (typeof absent === 'string') {
      absentImages.push(`not started ${container.name}: this server has no image ${absent}`);
      return [];
    }
    try {
      const decided = withDataMove(decide(container, actual, desired.awaited?.has(container.name)), actual, moveData);
      return container.state === 'running' ? withChangedFiles(decided, container.spec, actual) : decided;
    } catch (error) {
      if (error instanceof Refusal) {
        refused.push(error);
        return error.instead;
      }
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
      return [];
    }
  });
  const { operations: networks, failures: mismatches } = planNetworks(wanted, actual, avoid, (network, there) =>
    replaceNetwork(network, there, desired.containers, actual),
  );
  throwAll([...failures, ...mismatches, ...findVolumeMismatches(wanted, actual)]);
  const tried = skipFailedSpecs(operations, wanted, actual, failed);
  const leave = (some: readonly Operation[]): ReturnType<typeof leaveAtWork> =>
    endJobs ? { operations: some, notes: [] } : leaveAtWork(some, wanted, actual);
  // what is left as it is has nobody follow it, and may itself follow others
  const own = leave(tried.operations);
  const followed = leave(followBound(own.operations, wanted, actual));
  // what its record makes a service of is removed when that runs
  const isOfSwarm = (name: string): boolean => desired.swarm?.isManager === true && desired.swarm.wanted.has(name);
  const orphans = [...actual.containers.values()]
    .filter(({ name }) => isAsked(name) && !isOfSwarm(name))
    .filter(({ name }) => !desired.containers.some((container) => container.name === name))
    .sort((a, b) => compareBytes(a.nameNow, b.nameNow));
  const removals = removeOrphans
    ? orphans.map(
        (orphan): Operation => ({
          verb: 'remove',
          ...refer(orphan),
          cause: 'orphan',
          stop: getStopRequest(undefined, orphan),
        }),
      )
    : [];
  const unsteady = listUnsteady(wanted, actual, tried.operations);
  const notes = [
    ...wanted.flatMap((container) => (container.state === 'running' ? listRisks(container.spec) : [])),
    ...absentImages,
    ...tried.notes,
    ...own.notes,
    ...followed.notes,
    ...unsteady.map(describeUnsteady),
    ...wanted.flatMap((container) => describeKept(container, actual, tried.operations)),
    ...wanted.flatMap((container) => describeImage(container, actual, tried.operations)),
    ...(removeOrphans
      ? []
      : orphans.map(
          ({ nameNow }) => `orphan ${nameNow}: no record wants it; docksmith reconcile --remove-orphans removes it`,
        )),
  ];
  const all = arrange(
    [
      ...(actual.renames ?? []),
      ...networks,
      ...followed.operations.filter((operation) => !isDoneWith(networks, operation)),
      ...removals,
    ],
    { ...desired, containers: wanted },
    actual,
  );
  // a part of the containers does not say who uses a network, but those that are removed were on it
  const left = new Set(removals.flatMap((removal) => listLeftNetworks(removal, actual)));
  const networkRemovals = planNetworkRemovals(all, actual).filter(
    (operation) => names === undefined || ('network' in operation && left.has(operation.network)),
  );
  const operationsAndNetworks = [...all, ...networkRemovals];
  return {
    operations: operationsAndNetworks,
    notes,
    specs: specsOf({ containers: wanted }),
    ...(desired.awaited === undefined ? {} : { awaited: desired.awaited }),
    left: new Map([...unsteady.filter(hasEndedOften).map(({ name }) => [name, ENDS_AGAIN] as const), ...tried.left]),
    unsteady: unsteady
      .filter((container) => !hasEndedOften(container))
      .map(({ name, id, inspect }) => ({ name, id, restarts: inspect.RestartCount ?? 0 })),
    ...(refused.length === 0 ? {} : { refused }),
  };
}

function listLeftNetworks({ name }: Operation, { containers }: Actual): readonly string[] {
  const container = [...containers.values()].find((one) => one.name === name);
  return container === undefined ? [] : Object.keys(readJoined(container.inspect));
}

/** The image that a container is for a server to have, where this one has not. */
function findAbsentImage(spec: RunSpec, { images }: Desired, actual: Actual): string | undefined {
  const image = getImage(spec);
  const isLacking =
    isOptional(spec.ownLabels) &&
    !actual.images.has(image) &&
    images?.get(image)?.kind === 'local' &&
    !actual.containers.has(spec.name);
  return isLacking ? image : undefined;
}

/** Whose container is left as it is for a file that it names. */
function ofContainer(name: string, { why, at, hint }: Failure): Failure {
  return new Failure(`cannot run container "${name}"`, {
    why,
    ...(at === undefined ? {} : { at }),
    ...(hint === undefined ? {} : { hint }),
  });
}

export function listUnknown(desired: Desired, actual: Actual, names: readonly string[]): Failure[] {
  const known = new Set([
    ...[...desired.containers, ...actual.containers.values()].map(({ name }) => name),
    ...(desired.swarm?.known ?? []),
  ]);
  return names
    .filter((name) => !known.has(name))
    .map(
      (name) =>
        new Failure(`cannot find container "${name}"`, {
          why: 'there is neither a record of it nor a container that docksmith made',
          ...didYouMean(name, known),
        }),
    );
}

/** Removals and stops come first: they may free a name or a port that another container needs. */
const ORDER: readonly (readonly Operation['verb'][])[] = [
  ['pull', 'build', 'network', 'volume'],
  ['rename'],
  ['remove'],
  ['stop'],
  ['connect', 'update'],
  ['create', 'recreate', 'start', 'restart'],
  ['disconnect'],
];

function arrange(
  operations: readonly Operation[],
  { containers: wanted, images = new Map() }: Desired,
  actual: Actual,
): readonly Operation[] {
  const making = operations.flatMap((operation) =>
    operation.verb === 'create' || operation.verb === 'recreate' ? [operation.spec] : [],
  );
  const isNetwork = ({ verb }: Operation): boolean => verb === 'network';
  const all = [
    ...planImages([...new Set(making.map(getImage))], actual.images, images),
    ...operations.filter(isNetwork),
    ...planVolumes(making, actual),
    ...freePorts(operations, wanted, actual),
    ...operations.filter((operation) => !isNetwork(operation)),
  ];
  return ORDER.flatMap((verbs) => all.filter(({ verb }) => verbs.includes(verb)));
}
