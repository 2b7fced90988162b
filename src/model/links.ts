import { findProp, type Index, lookUpIndex, type Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../facts/facts.ts';
import { findImageReference } from './image.ts';
import { CONTAINERS, NotAccepted, publishedPorts, splitList } from './ports.ts';

/** A container that another one reaches under a name of its own choice. */
export interface Link {
  readonly target: string;
  readonly alias: string;
}

/** Reads `wikidb:db,cache` (Interlinked, and Compose's `links`); without an alias it is the name. */
export function parseLinks(value: string): readonly Link[] {
  return splitList(value).map((item) => {
    const [target = '', alias = target] = item.split(':');
    return { target, alias };
  });
}

/** The network that a container shares with those that it is linked with. */
export function groupNetwork(key: string): string {
  return `docksmith-${key}`;
}

/** `NAME` of `container:NAME`. */
export function parseContainerNetwork(network: string): string | undefined {
  return /^container:(.+)$/.exec(network)?.[1];
}

/** Enabled containers by those that they are linked with. */
export const LINKED_WITH: Index = {
  name: 'linked with', db: CONTAINERS,
  listValues: (snapshot, { key, type }) => (type !== 'service' || findProp(snapshot, CONTAINERS, key, 'status') !== 'enabled' ? []
    : parseLinks(findProp(snapshot, CONTAINERS, key, 'Interlinked') ?? '').map(({ target }) => target)),
};

/** What a record's container needs, by the props alone: those that it is linked with, whose network it uses, and whose volumes. */
export function listNeeds(props: ReadonlyMap<string, string>): readonly string[] {
  const network = parseContainerNetwork(props.get('network') ?? '');
  return [...new Set([
    ...parseLinks(props.get('Interlinked') ?? '').map(({ target }) => target),
    ...(network === undefined ? [] : [network]),
    ...splitList(props.get('VolumesFrom') ?? '').map((item) => item.split(':')[0] ?? ''),
  ])];
}

/** Containers by those that they need, enabled or not. */
export const NEEDING: Index = { name: 'needing', db: CONTAINERS, listValues: (_, { props }) => listNeeds(props) };

/** A network that a container is on. */
export interface JoinedNetwork {
  readonly name: string;
  readonly aliases: readonly string[];
  /** fixed, IPv4; undefined: the engine gives it one */
  readonly address?: string;
}

/**
 * The networks of a container beside or instead of the engine's own: `custom:NET`, its group's
 * when it is linked with others, and under their aliases those of enabled ones that are linked
 * with it. Empty: it is on the engine's `bridge` alone, or on none of its own.
 */
export function listJoinedNetworks(snapshot: Snapshot, key: string): readonly JoinedNetwork[] {
  const network = findProp(snapshot, CONTAINERS, key, 'network') ?? 'bridge';
  const custom = /^custom:(.+)$/.exec(network)?.[1];
  if (network !== 'bridge' && custom === undefined) return [];
  const isLinked = parseLinks(findProp(snapshot, CONTAINERS, key, 'Interlinked') ?? '').length > 0;
  const groups = lookUpIndex(snapshot, LINKED_WITH, key).filter((other) => other !== key).map((other): JoinedNetwork => {
    const aliases = parseLinks(findProp(snapshot, CONTAINERS, other, 'Interlinked') ?? '').filter(({ target }) => target === key).map(({ alias }) => alias);
    // its own name it has on every network anyway
    return { name: groupNetwork(other), aliases: aliases.filter((alias) => alias !== key) };
  });
  const address = findProp(snapshot, CONTAINERS, key, 'NetworkAddress');
  const own: readonly JoinedNetwork[] = [
    ...(custom === undefined ? [] : [{ name: custom, aliases: splitList(findProp(snapshot, CONTAINERS, key, 'NetworkAlias') ?? '').filter((alias) => alias !== key), ...(address === undefined ? {} : { address }) }]),
    ...(isLinked ? [{ name: groupNetwork(key), aliases: [] }] : []),
  ];
  // who is only linked to stays on the bridge too, so that joining and leaving a group needs no new container
  return own.length === 0 && groups.length > 0 ? [{ name: 'bridge', aliases: [] }, ...groups] : [...own, ...groups];
}

/**
 * The variables that links of the old kind gave
 * (https://docs.docker.com/engine/network/links/#environment-variables), with names where
 * addresses stood. Without ports where the target's record names none and the engine does not
 * have its image.
 */
export function linkVariables(snapshot: Snapshot, facts: Facts, key: string): ReadonlyMap<string, string> {
  const links = parseLinks(findProp(snapshot, CONTAINERS, key, 'Interlinked') ?? '');
  return new Map(links.flatMap(({ target, alias }) => {
    const prefix = alias.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
    const ports = (linkPorts(snapshot, facts, target) ?? []).toSorted((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
    const [first] = ports;
    return [
      [`${prefix}_NAME`, `/${key}/${alias}`] as const,
      ...(first === undefined ? [] : [[`${prefix}_PORT`, `${first.protocol}://${alias}:${first.port}`] as const]),
      ...ports.flatMap(({ port, protocol }) => {
        const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
        return [[name, `${protocol}://${alias}:${port}`], [`${name}_ADDR`, alias], [`${name}_PORT`, String(port)], [`${name}_PROTO`, protocol]] as const;
      }),
    ];
  }));
}

/** Whether an enabled container is linked with this one. */
export function isLinkTarget(snapshot: Snapshot, key: string): boolean {
  return lookUpIndex(snapshot, LINKED_WITH, key).length > 0;
}

interface LinkPort { readonly port: number; readonly protocol: 'tcp' | 'udp' }

/** The target's ports, as its record names them or else its image; undefined when neither is known. */
export function linkPorts(snapshot: Snapshot, facts: Facts, target: string): readonly LinkPort[] | undefined {
  const named = namedPorts(snapshot, facts, target);
  return named.length > 0 ? named : facts.images.get(findImageReference(snapshot, target))?.exposedPorts;
}

function namedPorts(snapshot: Snapshot, facts: Facts, target: string): readonly LinkPort[] {
  try {
    const ports = publishedPorts(snapshot, facts, target).map(({ container, protocol }) => [`${container}/${protocol}`, { port: container, protocol }] as const);
    return [...new Map(ports).values()];
  } catch (error) {
    // a mistake of the target is told where the target is checked
    if (error instanceof NotAccepted) return [];
    throw error;
  }
}
