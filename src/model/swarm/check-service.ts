import { Failure } from '../../base/errors.ts';
import { Container, CONTAINERS } from '../container.ts';
import { DockerRecord } from '../docker-record.ts';
import { listNamedNetworks } from '../links/links.ts';
import { describeNetwork, NETWORKS } from '../network/networks.ts';
import { parsePortMappings } from '../network/parse-ports.ts';
import { CARRIED, REFUSED_PROPS } from './carried.ts';

/** Values that ask for nothing. */
const IDLE: readonly string[] = ['no', 'false'];

/**
 * What the record of a service asks for that no swarm can carry, all of it; and of a container, that it needs one.
 * What a custom fragment adds is found in the run spec.
 */
export function* checkService(container: Container): Generator<Failure> {
  const { snapshot, key } = container;
  const refuse = (prop: string, why: string, hint?: string): Failure => {
    const [, said] = container.listSaid(prop).find(([name]) => name === prop) ?? [];
    return refuseProp(container, prop, said, { why, hint });
  };
  if (!container.isSwarmService) {
    for (const name of container.needs)
      if (new Container(snapshot, name).isSwarmService)
        yield new Failure(`cannot run container "${key}" with "${name}"`, {
          why: `"${name}" has Replicas, and is a service of the swarm, whose tasks may be on other nodes`,
          hint: `put both on an overlay network that is Attachable: there the name "${name}" leads to it`,
        });
    return;
  }
  const { swarm } = new DockerRecord(snapshot);
  if (swarm !== 'manager' && swarm !== 'worker')
    yield refuse(
      'Replicas',
      'this host is in no swarm, and a service needs one',
      `config setprop docker Swarm manager; or: db ${CONTAINERS} delprop ${key} Replicas`,
    );
  if (container.role !== 'service')
    yield refuse('Role', 'a service of the swarm runs all the time: it is no job, data, ambassador or dom0');
  for (const { how, words, props } of Object.values(CARRIED))
    if (how === 'refused')
      for (const prop of props) for (const said of listAsking(container, prop)) yield refuse(said, words);
  for (const [prop, why] of Object.entries(REFUSED_PROPS))
    for (const said of listAsking(container, prop)) yield refuse(said, why);
  if (!container.hasOwnPorts)
    yield refuse(
      'network',
      'a service is on overlay networks, or on none of its own',
      `db ${CONTAINERS} setprop ${key} network custom:NET`,
    );
  for (const { name } of listNamedNetworks(container)) {
    const { driver, external } = describeNetwork(snapshot, name);
    if (driver !== 'overlay' && !external)
      yield new Failure(`cannot put service "${key}" on network "${name}"`, {
        why: `its Driver is ${driver}, which is a network of one host`,
        hint: `db ${NETWORKS} setprop ${name} Driver overlay`,
      });
  }
  if (container.hasPortMapping)
    for (const { address } of parsePortMappings(container.portMappings))
      if (address !== undefined)
        yield refuse('PortMappingPorts', `a swarm publishes on all addresses of a node, and not on ${address} alone`);
}

/** The prop that puts something at a path of a service; undefined: none, a custom fragment does. */
export function findMountProp(container: Container, target: string): string | undefined {
  const isThere = (word: string): boolean => word.trim().replace(/(?<=.)\/+$/, '') === target;
  return [CARRIED['volumes'], CARRIED['tmpfs']]
    .flatMap((carried) => carried?.props ?? [])
    .flatMap((prop) => container.listSaid(prop))
    .find(([, value]) => value.split(/[,:]/).some(isThere))?.[0];
}

/** A value, or a part of one, that a record of a service cannot have. */
export function refuseProp(
  { key }: Container,
  prop: string,
  value: string | undefined,
  { why, hint }: { readonly why: string; readonly hint?: string | undefined },
): Failure {
  return new Failure(
    `cannot accept ${CONTAINERS} ${key} ${prop}${value === undefined ? '' : ` ${JSON.stringify(value)}`}`,
    { why, ...(hint === undefined ? {} : { hint }) },
  );
}

/** The prop, and each PROP.NAME, as far as the record asks for something by it. */
function listAsking(container: Container, prop: string): readonly string[] {
  return container.listSaid(prop).flatMap(([name, value]) => (IDLE.includes(value) ? [] : [name]));
}
