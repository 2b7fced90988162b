import { createHash } from 'node:crypto';
import { Failure, throwAll } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import { formatImageReference } from '../../engine/image-reference.ts';
import type { Service, ServiceBody } from '../../engine/swarm-api.ts';
import { formatDifference } from '../actual/difference.ts';
import { planNetworks } from '../plan/plan-networks.ts';
import type { FailedSpecs } from '../plan/skip-failed-specs.ts';
import { getStopRequest } from '../plan/stop-request.ts';
import { listDifferences } from './differences.ts';
import { listMissingKept, planKept, planRemovals } from './plan-kept.ts';
import { isRollout, type ServiceOperation } from './service-operation.ts';
import { listServiceNotes } from './service-notes.ts';
import type { ActualServices, DesiredService, DesiredServices } from './services.ts';

/** What is to be done to the services of a swarm. */
export interface ServicesPlan {
  /** before containers of this host are touched: they may need a port that a service has */
  readonly first: readonly ServiceOperation[];
  readonly operations: readonly ServiceOperation[];
  readonly notes: readonly string[];
  /** services that stay otherwise than their records say, each with why in a few words */
  readonly left: ReadonlyMap<string, string>;
  /** of all services that records want, or that docksmith made */
  readonly names: ReadonlySet<string>;
}

export interface ServicesOptions {
  /** only these; absent: all */
  readonly names?: readonly string[] | undefined;
  readonly removeOrphans?: boolean | undefined;
  readonly failed?: FailedSpecs | undefined;
  /** networks that none of ours may overlap */
  readonly avoid?: readonly string[] | undefined;
  /** start, stop or restart those that are named, instead of bringing them to what the records say */
  readonly asked?: 'start' | 'stop' | 'restart' | undefined;
  /** images are what this node knows them as now, not what a service has been made with */
  readonly newImages?: boolean | undefined;
}

type Running = Extract<DesiredService, { state: 'running' }>;

/**
 * Decides what brings the swarm to what is desired. Pure.
 * @throws every mistake at once: services of others of wanted names, networks that cannot be changed
 */
export function planServices(
  desired: DesiredServices,
  actual: ActualServices,
  { names, removeOrphans = false, failed = new Map(), avoid = [], asked, newImages = false }: ServicesOptions = {},
): ServicesPlan {
  const isAsked = (name: string): boolean => names?.includes(name) ?? true;
  const wanted = desired.services.filter(({ name }) => isAsked(name));
  const failures: Failure[] = [];
  const notes: string[] = [];
  const left = new Map<string, string>();
  const decided = wanted.flatMap((service) => {
    const foreign = actual.foreign.find(({ name }) => name === service.name);
    if (service.state === 'running' && foreign !== undefined) {
      failures.push(
        new Failure(`cannot create service "${service.name}"`, {
          why: 'the swarm has a service of that name that docksmith did not make',
          hint: `docker service rm ${service.name}, or give the record another key`,
        }),
      );
      return [];
    }
    const now = actual.services.get(service.name);
    if (asked === 'stop') return decideStop(now, 'asked for', failures);
    if (service.state === 'stopped' && asked !== undefined)
      failures.push(
        new Failure(`cannot ${asked} service "${service.name}"`, {
          why: 'its record is disabled',
          hint: `db docker_containers setprop ${service.name} status enabled`,
        }),
      );
    if (service.state === 'stopped') return decideStop(now, 'disabled');
    const operations = decideService(service, now, { asked, newImages });
    const before = failed.get(service.name);
    if (before !== undefined && before.digest === digestOf(service) && operations.some(isRollout)) {
      notes.push(
        `failed ${service.name}: ${before.why} (${before.when.slice(0, 16).replace('T', ' ')}); docksmith reconcile --retry tries again`,
      );
      left.set(service.name, 'has failed before');
      return [];
    }
    return operations;
  });
  const running = wanted.filter((service) => service.state === 'running');
  const known = new Set([...desired.services.map(({ name }) => name), ...actual.services.keys()]);
  const networks = planNetworks(running, actual, avoid);
  throwAll([...failures, ...networks.failures, ...listMissingKept(running, actual)]);
  if (asked === 'stop') return { first: [], operations: decided, notes, left, names: known };
  const strays = [...actual.services.values()]
    .filter(({ name }) => isAsked(name) && !desired.services.some((service) => service.name === name))
    .sort((a, b) => compareBytes(a.name, b.name));
  const isContainer = ({ name }: Service): boolean => desired.containers.has(name);
  const remove = ({ id, name }: Service, cause: string): ServiceOperation => ({
    ...{ verb: 'remove', name, cause, what: { kind: 'service', id } },
  });
  const first = strays.filter(isContainer).map((service) => remove(service, 'its record makes a container now'));
  const orphans = strays.filter((service) => !isContainer(service));
  const rollouts = decided.flatMap((operation) => [
    ...(isRollout(operation) ? planKept(operation, desired, actual) : []),
    operation,
  ]);
  const own = [
    ...networks.operations.filter(({ create }) => create.driver === 'overlay'),
    ...withContainers(rollouts, running, actual),
    ...(removeOrphans ? orphans.map((service) => remove(service, 'orphan')) : []),
  ];
  return {
    first,
    operations: [...own, ...planRemovals([...first, ...own], desired, actual, names)],
    notes: [
      ...notes,
      ...listServiceNotes(own, running, actual),
      ...(removeOrphans
        ? []
        : orphans.map(
            ({ name }) => `orphan ${name}: no record wants it; docksmith reconcile --remove-orphans removes it`,
          )),
    ],
    left,
    names: known,
  };
}

function decideStop(now: Service | undefined, cause: string, failures?: Failure[]): readonly ServiceOperation[] {
  if (now === undefined) return [];
  const { name, id, body } = now;
  if (body.Mode.Replicated == null) {
    if (failures === undefined)
      return [
        {
          verb: 'remove',
          name,
          cause: `${cause}: a swarm cannot stop a global service`,
          what: { kind: 'service', id },
        },
      ];
    failures.push(
      new Failure(`cannot stop service "${name}"`, {
        why: 'it is global, and a swarm runs such one on each node as long as it is there',
        hint: `db docker_containers setprop ${name} status disabled; signal-event docker-container-update ${name}`,
      }),
    );
    return [];
  }
  return body.Mode.Replicated.Replicas === 0 ? [] : [{ verb: 'stop', name, cause }];
}

/** The operations for one service, in order. */
export function decideService(
  service: Running,
  now: Service | undefined,
  { asked, newImages = false }: Pick<ServicesOptions, 'asked' | 'newImages'> = {},
): readonly ServiceOperation[] {
  const { name, spec, login } = service;
  const body = withImage(service, newImages ? undefined : now);
  const rollout = { name, spec, login, digest: digestOf(service) };
  if (now === undefined) return [{ verb: 'create', cause: 'not there', body, ...rollout }];
  const differences = listDifferences(body, now.body).map(formatDifference);
  if ((now.body.Mode.Global == null) !== (body.Mode.Global == null)) {
    const cause = `${differences.join(', ')}: a swarm changes the mode of no service`;
    return [
      { verb: 'remove', name, cause, what: { kind: 'service', id: now.id } },
      { verb: 'create', cause: 'not there', body, ...rollout },
    ];
  }
  if (asked === 'restart')
    return [
      {
        verb: 'restart',
        cause: ['asked for', ...differences].join(', '),
        body,
        ...rollout,
      },
    ];
  return differences.length === 0 ? [] : [{ verb: 'update', cause: differences.join(', '), body, ...rollout }];
}

/** A service keeps the image that it was made with: what its name means by now is for an update of images. */
export function withImage(
  { made: { body }, digest }: Pick<Running, 'made' | 'digest'>,
  now: Pick<Service, 'body'> | undefined,
): ServiceBody {
  const reference = body.TaskTemplate.ContainerSpec.Image;
  const image = now?.body.TaskTemplate.ContainerSpec.Image ?? '';
  const isSameName = formatImageReference(image.split('@')[0] ?? '') === formatImageReference(reference);
  if (reference.includes('@')) return body;
  const found = isSameName ? image : digest === undefined ? reference : `${reference}@${digest}`;
  const { TaskTemplate: task } = body;
  return { ...body, TaskTemplate: { ...task, ContainerSpec: { ...task.ContainerSpec, Image: found } } };
}

/** Raised, all tasks are created again. */
export function withForce(body: ServiceBody, force: number): ServiceBody {
  return { ...body, TaskTemplate: { ...body.TaskTemplate, ForceUpdate: force } };
}

/** A container that its record makes a service of goes when that runs; where both want a port, before. */
function withContainers(
  operations: readonly ServiceOperation[],
  running: readonly Running[],
  { containers }: ActualServices,
): readonly ServiceOperation[] {
  const removals = running.flatMap(({ name, spec, made: { body } }) => {
    const container = containers.get(name);
    if (container === undefined) return [];
    const { HostConfig } = container.inspect;
    const ports = Object.values(HostConfig.PortBindings ?? {}).flatMap((bound) => bound ?? []);
    const isInTheWay = ports.some(({ HostPort }) =>
      (body.EndpointSpec?.Ports ?? []).some(({ PublishedPort: port }) => String(port) === HostPort),
    );
    const removal: ServiceOperation = {
      ...{ verb: 'remove', name, cause: 'its record makes a service now' },
      what: { kind: 'container', id: container.id, stop: getStopRequest(spec, container) },
      ...(isInTheWay ? {} : { service: name }),
    };
    return [{ removal, isInTheWay }];
  });
  return [
    ...removals.filter(({ isInTheWay }) => isInTheWay).map(({ removal }) => removal),
    ...operations,
    ...removals.filter(({ isInTheWay }) => !isInTheWay).map(({ removal }) => removal),
  ];
}

/** The identity of a failed service, with the names of all files that it is given. */
function digestOf({ made: { body }, digest = '' }: Running): string {
  return createHash('sha256').update(JSON.stringify(body)).update(digest).digest('hex');
}
