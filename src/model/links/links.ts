import { isIPv4 } from 'node:net';
import { checkValue } from '../../db/check-value.ts';
import { type Index, lookUpIndex } from '../../db/snapshot.ts';
import type { Facts } from '../../host/facts.ts';
import { Container, containerOf, CONTAINERS } from '../container.ts';
import { findImageReference } from '../image.ts';
import { type Dependency, joinDependencies } from './parse-links.ts';
import { publishedPorts } from '../network/ports.ts';
import { NotAccepted } from '../network/parse-ports.ts';

/** The network that a container shares with those that it is linked with. */
export function groupNetwork(key: string): string {
  return `docksmith-${key}`;
}

/** Enabled containers by those that they are linked with. */
export const LINKED_WITH: Index = {
  name: 'linked with',
  db: CONTAINERS,
  listValues: (snapshot, record) => {
    const container = containerOf(snapshot, record);
    return container.isEnabled ? container.links.map(({ target }) => target) : [];
  },
};

/** Containers by those that they need, enabled or not. */
export const NEEDING: Index = {
  name: 'needing',
  db: CONTAINERS,
  listValues: (snapshot, record) => {
    const container = containerOf(snapshot, record);
    return container.isContainer ? container.needs : [];
  },
};

/** Enabled containers by those that must have completed before them. */
export const AWAITING: Index = {
  name: 'awaiting',
  db: CONTAINERS,
  listValues: (snapshot, record) => {
    const container = containerOf(snapshot, record);
    return container.isEnabled
      ? container.dependencies.flatMap(({ name, condition }) => (condition === 'completed' ? [name] : []))
      : [];
  },
};

/** The enabled containers that wait until this one has completed: it then runs once, and not for ever. */
export function listAwaiting({ snapshot, key }: Container): readonly string[] {
  return lookUpIndex(snapshot, AWAITING, key);
}

/**
 * All that a container waits for, and how far that must have come: what it is linked with or bound to must be
 * healthy. What it may do without and is not enabled is not among them.
 */
export function listConditions({ snapshot, links, dependencies, boundTo }: Container): readonly Dependency[] {
  const healthy = [...links.map(({ target }) => target), ...boundTo].map(
    (name): Dependency => ({ name, condition: 'healthy', isOptional: false, restarts: false }),
  );
  return joinDependencies([...healthy, ...dependencies]).filter(
    ({ name, isOptional }) => !isOptional || new Container(snapshot, name).isEnabled,
  );
}

/** Containers by those whose network or volumes they have. */
export const BOUND_TO: Index = {
  name: 'bound to',
  db: CONTAINERS,
  listValues: (snapshot, record) => {
    const container = containerOf(snapshot, record);
    return container.isContainer ? container.boundTo : [];
  },
};

/** JSON as a record has it, which may be wrong. */
export interface EndpointOptions {
  readonly prop: string;
  readonly value: string;
}

/** A network that a container is on. */
export interface JoinedNetwork {
  readonly name: string;
  readonly aliases: readonly string[];
  /** fixed, IPv4; undefined: the engine gives it one */
  readonly address?: string;
  /** the same of IPv6 */
  readonly address6?: string;
  /** what else it is there, as Compose calls it: `mac_address`, `gw_priority`, `link_local_ips`, `driver_opts` */
  readonly options?: EndpointOptions;
  /** of several, the one that it is made on, and that it cannot leave without a recreate */
  readonly isFirst?: true;
}

/** The networks that a record names, as what it is there: that of `network` first. */
export function listNamedNetworks(container: Container): readonly JoinedNetwork[] {
  const { key, customNetwork: custom, furtherNetworks } = container;
  if (!container.hasOwnPorts) return [];
  // its own name it has on every network anyway
  const join = (
    name: string,
    aliases: readonly string[],
    addresses: readonly string[],
    options: string,
    prop: string,
  ): JoinedNetwork => {
    const [address, address6] = [addresses.find(isIPv4), addresses.find((one) => !isIPv4(one))];
    return {
      name,
      aliases: aliases.filter((alias) => alias !== key),
      ...(address === undefined ? {} : { address }),
      ...(address6 === undefined ? {} : { address6 }),
      ...(options === '' ? {} : { options: { prop, value: options } }),
    };
  };
  const { networkAliases, networkAddresses, networkOptions } = container;
  return [
    ...(custom === undefined ? [] : [join(custom, networkAliases, networkAddresses, networkOptions, 'NetworkOptions')]),
    ...[...new Set(furtherNetworks)]
      .filter((name) => name !== custom)
      .map((name) =>
        join(
          name,
          container.networkAliasesOn(name),
          container.networkAddressesOn(name),
          container.networkOptionsOn(name),
          `NetworkOptions.${name}`,
        ),
      ),
  ];
}

/** @throws NotAccepted for what is no JSON, and for other fields */
export function parseEndpointOptions({ prop, value }: EndpointOptions): Readonly<Record<string, unknown>> {
  const wrong = checkValue({ doc: '', kind: 'endpoint-options' }, value);
  if (wrong !== undefined) throw new NotAccepted(prop, value, wrong);
  return JSON.parse(value) as Record<string, unknown>;
}

/**
 * The networks of a container beside or instead of the engine's own: `custom:NET`, `Networks`, its group's
 * when it is linked with others, and under their aliases those of enabled ones that are linked
 * with it. Empty: it is on the engine's `bridge` alone, or on none of its own.
 */
export function listJoinedNetworks(container: Container): readonly JoinedNetwork[] {
  const { snapshot, key } = container;
  const custom = container.customNetwork;
  if (!container.hasOwnPorts) return [];
  const isLinked = container.links.length > 0;
  const groups = lookUpIndex(snapshot, LINKED_WITH, key)
    .filter((other) => other !== key)
    .map((other): JoinedNetwork => {
      const aliases = new Container(snapshot, other).links
        .filter(({ target }) => target === key)
        .map(({ alias }) => alias);
      // its own name it has on every network anyway
      return { name: groupNetwork(other), aliases: aliases.filter((alias) => alias !== key) };
    });
  const named = listNamedNetworks(container);
  const own = [...named, ...(isLinked ? [{ name: groupNetwork(key), aliases: [] }] : [])];
  if (own.length + groups.length === 0) return [];
  // who is on no network by name and linked with nobody stays on the bridge, so that joining and leaving others
  // needs no new container
  const base: readonly JoinedNetwork[] = custom === undefined && !isLinked ? [{ name: 'bridge', aliases: [] }] : [];
  const first = custom ?? (isLinked ? groupNetwork(key) : 'bridge');
  const all = [...base, ...own, ...groups];
  return container.furtherNetworks.length === 0
    ? all
    : all.map((network) => (network.name === first ? { ...network, isFirst: true } : network));
}

/**
 * The variables that links of the old kind gave
 * (https://docs.docker.com/engine/network/links/#environment-variables), with names where
 * addresses stood. Without ports where the target's record names none and the engine does not
 * have its image.
 */
export function linkVariables({ snapshot, key, links }: Container, facts: Facts): ReadonlyMap<string, string> {
  return new Map(
    links.flatMap(({ target, alias }) => {
      const prefix = alias.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
      const ports = (linkPorts(new Container(snapshot, target), facts) ?? []).toSorted(
        (a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1),
      );
      const [first] = ports;
      return [
        [`${prefix}_NAME`, `/${key}/${alias}`] as const,
        ...(first === undefined ? [] : [[`${prefix}_PORT`, `${first.protocol}://${alias}:${first.port}`] as const]),
        ...ports.flatMap(({ port, protocol }) => {
          const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
          return [
            [name, `${protocol}://${alias}:${port}`],
            [`${name}_ADDR`, alias],
            [`${name}_PORT`, String(port)],
            [`${name}_PROTO`, protocol],
          ] as const;
        }),
      ];
    }),
  );
}

/** Whether an enabled container is linked with this one. */
export function isLinkTarget({ snapshot, key }: Container): boolean {
  return lookUpIndex(snapshot, LINKED_WITH, key).length > 0;
}

interface LinkPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** The target's ports, as its record names them or else its image; undefined when neither is known. */
export function linkPorts(target: Container, facts: Facts): readonly LinkPort[] | undefined {
  if (target.isAmbassador) return target.targets.map(({ listen, protocol }) => ({ port: listen, protocol }));
  const named = namedPorts(target, facts);
  return named.length > 0 ? named : facts.images.get(findImageReference(target))?.exposedPorts;
}

function namedPorts(target: Container, facts: Facts): readonly LinkPort[] {
  try {
    const ports = publishedPorts(target, facts).map(
      ({ container, protocol }) => [`${container}/${protocol}`, { port: container, protocol }] as const,
    );
    return [...new Map(ports).values()];
  } catch (error) {
    // a mistake of the target is told where the target is checked
    if (error instanceof NotAccepted) return [];
    throw error;
  }
}
