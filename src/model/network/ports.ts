import type { Facts } from '../../host/facts.ts';
import type { Container } from '../container.ts';
import { findImageReference } from '../image.ts';
import { NotAccepted, parsePortMappings, parsePorts, type PublishedPort } from './parse-ports.ts';

/**
 * What a container's record publishes on the host: nothing on the networks host, none and
 * container:NAME, where the engine has no ports to publish.
 * @throws NotAccepted
 */
export function publishedPorts(container: Container, facts: Facts): readonly PublishedPort[] {
  if (!container.hasOwnPorts) return [];
  if (container.hasPortMapping) return unique(parsePortMappings(container.portMappings));
  return unique(namedPorts(container, facts).map(({ port, protocol }) => ({ host: port, container: port, protocol })));
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
  return [...new Map(ports.map((port) => [`${port.host}:${port.container}/${port.protocol}`, port])).values()];
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
