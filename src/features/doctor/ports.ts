import type { ContainerSummary } from '../../engine/engine.ts';
import { HttpdRecord } from '../../model/httpd-record.ts';
import { listEnabled } from '../../model/container.ts';
import { isLoopback } from '../../base/loopback.ts';
import { isLocalPort } from '../../model/network/allocate-ports.ts';
import { containerPorts, foreignUser } from '../../model/network/port-users.ts';
import { singleValue } from '../../model/web.ts';
import type { HostState } from '../../flow/host-state.ts';
import { type Finding, makeFinder } from './finding.ts';

/**
 * Ports that records declare against those that are there: published by their container, or listened on by
 * somebody else. Pure.
 */
export function checkPorts(
  { snapshot, facts }: Pick<HostState, 'snapshot' | 'facts'>,
  containers: readonly ContainerSummary[],
): readonly Finding[] {
  const finder = makeFinder('ports');
  const declared = containerPorts(snapshot, facts).map((port) => ({
    ...port,
    name: /^container "([^"]+)"/.exec(port.who)?.[1] ?? '',
    isWeb: port.who.endsWith('(WebHostPort)'),
  }));
  const mistakes = declared.flatMap(({ port, protocol, name, addresses }): readonly Finding[] => {
    const shown = `port ${port}${protocol === 'tcp' ? '' : `/${protocol}`} of ${name}`;
    const other = foreignUser(snapshot, facts, { port, protocol }, addresses);
    if (other !== undefined)
      return [
        finder.bad(
          `${shown} is taken by ${other}`,
          `give ${name} another port, or stop the process that uses this one, if it is not needed`,
        ),
      ];
    const isPublished = facts.publishedPorts.some(
      (published) => published.container === name && published.port === port && published.protocol === protocol,
    );
    // one that does not run publishes nothing, which is not a matter of its ports
    if (isPublished || !containers.some((container) => container.name === name && container.status === 'running'))
      return [];
    return [finder.bad(`${shown} is declared, and the container runs without it`, `docksmith plan ${name}`)];
  });
  const undeclared = facts.publishedPorts.filter(
    ({ container, port, protocol, ours }) =>
      ours && !declared.some((one) => one.name === container && one.port === port && one.protocol === protocol),
  );
  // an older range of docksmith's, or one that an admin has chosen, lies where the kernel looks for ports
  const local = declared.filter(({ port, isWeb }) => isWeb && isLocalPort(facts.localPorts, port));
  const left = [...new Set(undeclared.map(({ container, port }) => `${port} (${container})`))];
  return [
    ...mistakes,
    ...(left.length === 0
      ? []
      : [finder.warn(`published, and declared by no record: ${left.join(', ')}`, 'docksmith plan')]),
    ...(local.length === 0
      ? []
      : [
          finder.warn(
            `the kernel may give ${local.map(({ port, name }) => `${port} (${name})`).join(', ')} to an outgoing connection while the container is stopped`,
            `reserve ${local.length === 1 ? 'it' : 'them'} (net.ipv4.ip_local_reserved_ports = ${local.map(({ port }) => port).join(',')} in a file of /etc/sysctl.d, then sysctl --system), or for a port of PortRange delete WebHostPort of the record and signal docker-update`,
          ),
        ]),
    ...(mistakes.length + left.length === 0
      ? [
          finder.ok(
            declared.length === 0 ? 'none is declared' : `${declared.length} declared, none of them missing or taken`,
          ),
        ]
      : []),
    ...checkApachePorts({ snapshot, facts }),
  ];
}

/** Vhosts are of no use where no process listens. */
function checkApachePorts({ snapshot, facts }: Pick<HostState, 'snapshot' | 'facts'>): readonly Finding[] {
  const httpd = new HttpdRecord(snapshot);
  const behind = listEnabled(snapshot).filter(({ hasWeb }) => hasWeb);
  if (behind.length === 0 || !httpd.isEnabled) return [];
  const wanted = [
    httpd.tcpPort,
    ...(behind.some(({ certificate }) => certificate !== '') || httpd.certificate !== '' ? [httpd.sslPort] : []),
  ].filter((port) => port !== '');
  const silent = wanted.filter(
    (port) => !facts.listeners.some((listener) => listener.protocol === 'tcp' && String(listener.port) === port),
  );
  if (silent.length === 0) return [];
  return [
    makeFinder('apache').bad(
      `no process listens on port ${silent.join(' and ')}, through which ${behind.length === 1 ? 'a container is' : `${behind.length} containers are`} reached`,
      'start Apache, or see what TCPPort and SSLPort of httpd say',
    ),
  ];
}

/** Private ports are published on the addresses of LocalIP, which the engine refuses where no interface has them. */
export function checkAddresses({ snapshot, facts }: Pick<HostState, 'snapshot' | 'facts'>): readonly Finding[] {
  const local = (singleValue(snapshot, 'LocalIP') ?? '').split(',').filter((address) => address !== '');
  const missing = local.filter((one) => !isLoopback(one) && !facts.addresses.some(({ address }) => address === one));
  return missing.map((address) =>
    makeFinder('ports').warn(
      `no interface that is up has ${address}, which is in LocalIP: private ports cannot be published there`,
      'config set LocalIP ADDRESS, and signal-event docker-update; ip address lists those of this server',
    ),
  );
}
