import { Failure } from '../../base/errors.ts';
import type { ServiceBody } from '../../engine/swarm-api.ts';
import type { Kept } from '../../engine/swarm-engine.ts';
import { isOurs, NAME_LABEL } from '../spec/names.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { byName } from './host-files.ts';
import { isRollout, type RolloutOperation, type ServiceOperation } from './service-operation.ts';
import type { ActualServices, DesiredServices } from './services.ts';

const KINDS: readonly Kept[] = ['secret', 'config'];

/** The secrets and configs that a service needs, and the swarm does not keep yet. */
export function planKept(
  { name }: RolloutOperation,
  { services }: DesiredServices,
  { kept }: ActualServices,
): readonly ServiceOperation[] {
  const service = services.find((one) => one.name === name);
  if (service?.state !== 'running') return [];
  return service.made.kept
    .filter((file) => !kept[file.kind].some((there) => there.name === file.name))
    .map((file) => ({ verb: file.kind, name: file.name, cause: `of ${name}`, file, service: name }));
}

/** What services are given by its name in the swarm, and the swarm does not keep. */
export function listMissingKept(
  running: readonly { readonly name: string; readonly spec: RunSpec }[],
  { keptNames }: ActualServices,
): readonly Failure[] {
  return running.flatMap(({ name, spec: { kept = [] } }) =>
    [...new Map(kept.map((one) => [`${one.kind} ${one.name}`, one])).values()]
      .filter((one) => !keptNames[one.kind].has(one.name))
      .map(
        (one) =>
          new Failure(`cannot give service "${name}" the ${one.kind} "${one.name}"`, {
            why: `the swarm keeps no ${one.kind} of that name`,
            hint: `docker ${one.kind} ls; docker ${one.kind} create ${one.name} FILE`,
          }),
      ),
  );
}

/** Names of what a service is given. */
export function listKept({ TaskTemplate: { ContainerSpec: container } }: ServiceBody, kind: Kept): readonly string[] {
  return kind === 'secret'
    ? (container.Secrets ?? []).map(({ SecretName }) => SecretName)
    : (container.Configs ?? []).map(({ ConfigName }) => ConfigName);
}

/**
 * What the swarm keeps of ours, and our overlay networks, that nothing uses once the operations are done.
 * @param names of services: of others what they leave is left
 */
export function planRemovals(
  operations: readonly ServiceOperation[],
  { services, containerNetworks }: DesiredServices,
  actual: ActualServices,
  names: readonly string[] | undefined,
): readonly ServiceOperation[] {
  const isRemoved = (name: string): boolean =>
    operations.some(({ verb, name: other }) => verb === 'remove' && other === name) &&
    !operations.some((operation) => isRollout(operation) && operation.name === name);
  const after = new Map([
    ...[...actual.services].filter(([name]) => !isRemoved(name)).map(([name, { body }]) => [name, body] as const),
    ...operations.filter(isRollout).map(({ name, body }) => [name, body] as const),
  ]);
  const bodies = [
    ...after.values(),
    ...actual.foreign.map(({ body }) => body),
    // what failed to run needs its files for another try
    ...services.flatMap((service) => (service.state === 'running' ? [service.made.body] : [])),
  ];
  const removals = KINDS.flatMap((kind) => {
    const used = new Set(bodies.flatMap((body) => listKept(body, kind)));
    return byName(actual.kept[kind])
      .filter(({ name, labels }) => !used.has(name) && (names?.includes(labels[NAME_LABEL] ?? '') ?? true))
      .map(
        ({ id, name, labels }): ServiceOperation => ({
          ...{ verb: 'remove', name: `${kind} ${name}`, cause: 'no service uses it', what: { kind, id } },
          service: labels[NAME_LABEL] ?? '',
        }),
      );
  });
  const joined = new Set(
    bodies.flatMap(({ TaskTemplate }) => (TaskTemplate.Networks ?? []).map(({ Target }) => Target)),
  );
  const networks =
    names === undefined
      ? byName([...actual.networks.values()]).filter(
          (network) =>
            network.driver === 'overlay' &&
            isOurs(network) &&
            !joined.has(network.name) &&
            !containerNetworks.has(network.name) &&
            (actual.networkUsers.get(network.name) ?? []).length === 0,
        )
      : [];
  return [
    ...removals,
    ...networks.map(
      ({ id, name }): ServiceOperation => ({
        ...{ verb: 'remove', name: `network ${name}`, cause: 'nothing uses it', what: { kind: 'network', id } },
      }),
    ),
  ];
}
