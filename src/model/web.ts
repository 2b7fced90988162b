import type { Facts } from '../host/facts.ts';
import { findRecord, type Index, lookUpIndex, type Snapshot } from '../db/snapshot.ts';
import { compareBytes } from '../base/layers.ts';
import { type Container, containerOf, CONTAINERS } from './container.ts';
import { HttpdRecord } from './httpd-record.ts';
import { findImageReference } from './image.ts';
import { namedPorts, publishedPorts } from './network/ports.ts';
import { NotAccepted, parsePorts } from './network/parse-ports.ts';

/**
 * The container's port that Apache talks to: `WebPort`, else the only one that the record or
 * else the image names, else 80 or 8080 among those.
 * @throws NotAccepted when that leaves a choice
 */
export function webPort(container: Container, facts: Facts): number {
  const set = container.webPort;
  const [port, second] = parsePorts(set, 'WebPort');
  if (second !== undefined) throw new NotAccepted('WebPort', set, 'it is one port');
  if (port !== undefined) return port;
  const isTcp = ({ protocol }: { readonly protocol: string }): boolean => protocol === 'tcp';
  const ofRecord = container.hasOwnPorts
    ? publishedPorts(container, facts)
        .filter(isTcp)
        .map((published) => published.container)
    : namedPorts(container, facts)
        .filter(isTcp)
        .map((named) => named.port);
  const reference = findImageReference(container);
  const image = facts.images.get(reference);
  const candidates =
    ofRecord.length > 0
      ? ofRecord
      : container.isAmbassador
        ? container.targets.filter(isTcp).map(({ listen }) => listen)
        : (image?.exposedPorts ?? []).filter(isTcp).map((exposed) => exposed.port);
  const [only, other] = candidates;
  if (only !== undefined && other === undefined) return only;
  const usual = [80, 8080].find((candidate) => candidates.includes(candidate));
  if (usual !== undefined) return usual;
  const named =
    candidates.length > 0
      ? `${candidates.join(', ')} could all be the web port`
      : image === undefined
        ? `neither the record names a port nor is the image "${reference}" on the engine`
        : 'neither the record nor the image names a port';
  throw new NotAccepted('WebPort', '', `${named}: set WebPort`);
}

/**
 * The loopback port on which Apache finds the container: its own on the host's network, else the one that
 * was allocated.
 */
export function backEndPort(container: Container, facts: Facts): number | undefined {
  return container.hasOwnPorts ? container.webHostPort : webPort(container, facts);
}

/** The full host name of a container's vhost. @throws NotAccepted when there is no DomainName to put behind a label */
export function subDomainName({ snapshot, subDomain: name }: Container): string {
  if (name.includes('.')) return name.toLowerCase();
  const domain = singleValue(snapshot, 'DomainName');
  if (domain === undefined)
    throw new NotAccepted(
      'SubDomainName',
      name,
      'it is no full name and there is no DomainName: config set DomainName example.org',
    );
  return `${name}.${domain}`.toLowerCase();
}

/** Enabled containers by the names of their subdomains, as their records spell them: whole or a label. */
export const BY_HOST_NAME: Index = {
  name: 'host name',
  db: CONTAINERS,
  listValues: (snapshot, record) => {
    const container = containerOf(snapshot, record);
    return container.isEnabled && container.hasSubDomain ? [container.subDomain.toLowerCase()] : [];
  },
};

/** Enabled containers by their paths on the primary host. */
export const BY_WEB_ALIAS: Index = {
  name: 'web alias',
  db: CONTAINERS,
  listValues: (snapshot, record) => {
    const container = containerOf(snapshot, record);
    return container.isEnabled ? container.webAliases : [];
  },
};

/** The enabled containers whose subdomain has this full name, in byte order. */
export function listOwnersOfName(snapshot: Snapshot, name: string): readonly string[] {
  const domain = singleValue(snapshot, 'DomainName')?.toLowerCase();
  const label = domain !== undefined && name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : '.';
  return [
    ...lookUpIndex(snapshot, BY_HOST_NAME, name),
    ...(label.includes('.') ? [] : lookUpIndex(snapshot, BY_HOST_NAME, label)),
  ].sort(compareBytes);
}

/** The enabled containers that have this path on the primary host, in byte order. */
export function listOwnersOfPath(snapshot: Snapshot, alias: string): readonly string[] {
  return lookUpIndex(snapshot, BY_WEB_ALIAS, alias);
}

/**
 * The name of the host that carries the paths of WebAlias: `PrimaryHost`, else SystemName.DomainName;
 * undefined when neither is known.
 */
export function primaryHost(snapshot: Snapshot): string | undefined {
  const [system, domain] = [singleValue(snapshot, 'SystemName'), singleValue(snapshot, 'DomainName')];
  const host =
    new HttpdRecord(snapshot).primaryHost ||
    (system === undefined || domain === undefined ? undefined : `${system}.${domain}`);
  return host?.toLowerCase();
}

/** A record of `configuration` whose type is its value, as SME keeps DomainName. */
export function singleValue(snapshot: Snapshot, key: string): string | undefined {
  return findRecord(snapshot, 'configuration', key)?.type || undefined;
}
