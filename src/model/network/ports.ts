import type { Facts } from '../../host/facts.ts';
import type { Container } from '../container.ts';
import type { PortMapping } from '../../base/port-mapping.ts';
import { findImageReference } from '../image.ts';
import { NotAccepted, parsePortMappings, parsePorts, type PublishedPort } from './parse-ports.ts';

/**
 * What a container's record publishes on the host: nothing on the networks host, none and
 * container:NAME, where the engine has no ports to publish.
 * @throws NotAccepted
 */
export function publishedPorts(container: Container, facts: Facts): readonly PublishedPort[] {
  if (!container.hasOwnPorts) return [];
  if (container.hasPortMapping)
    return unique(
      listMapped(container).flatMap(({ mapping: { container: inside, protocol, address }, host }) =>
        host === undefined ? [] : [{ host, container: inside, protocol, address }],
      ),
    );
  return unique(namedPorts(container, facts).map(({ port, protocol }) => ({ host: port, container: port, protocol })));
}

/**
 * What `PortMappingPorts` says, each with its port of the host: the one that is written, else the one that docksmith
 * has given it (`PortMappingGiven`), else none yet.
 * @throws NotAccepted
 */
export function listMapped(
  container: Container,
): readonly { readonly mapping: PortMapping; readonly host: number | undefined }[] {
  const given = parsePortMappings(container.givenPorts, 'PortMappingGiven');
  return parsePortMappings(container.portMappings).map((mapping) => {
    const { hosts } = mapping;
    if (hosts !== undefined && hosts[0] === hosts[1]) return { mapping, host: hosts[0] };
    const host = given.find((other) => isSamePort(other, mapping))?.hosts?.[0];
    return { mapping, host: host !== undefined && (hosts === undefined || isWithin(host, hosts)) ? host : undefined };
  });
}

function isSamePort(a: PortMapping, b: PortMapping): boolean {
  return a.container === b.container && a.protocol === b.protocol && a.address === b.address;
}

function isWithin(port: number, [first, last]: readonly [number, number]): boolean {
  return port >= first && port <= last;
}

/**
 * The container's ports that `TCPPort` and `UDPPort` name: on the host's network it listens there itself.
 * @throws NotAccepted
 */
export function namedPorts(
  container: Container,
  facts: Facts,
): readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[] {
  return (['tcp', 'udp'] as const).flatMap((protocol) => {
    const prop = protocol === 'tcp' ? 'TCPPort' : 'UDPPort';
    const value = protocol === 'tcp' ? container.tcpPort : container.udpPort;
    const ports = value === 'exposed' ? exposedPorts(container, facts, prop, protocol) : parsePorts(value, prop);
    return ports.map((port) => ({ port, protocol }));
  });
}

function unique(ports: readonly PublishedPort[]): readonly PublishedPort[] {
  return [
    ...new Map(
      ports.map((port) => [`${port.address ?? ''}:${port.host}:${port.container}/${port.protocol}`, port]),
    ).values(),
  ];
}

function exposedPorts(container: Container, facts: Facts, prop: string, protocol: string): readonly number[] {
  if (container.isAmbassador)
    return container.targets.filter((target) => target.protocol === protocol).map(({ listen }) => listen);
  const reference = findImageReference(container);
  const image = facts.images.get(reference);
  if (image === undefined)
    throw new NotAccepted(
      prop,
      'exposed',
      `the engine does not have the image "${reference}" yet, so its ports are not known: pull it, or name the ports`,
    );
  return image.exposedPorts.filter((port) => port.protocol === protocol).map(({ port }) => port);
}
