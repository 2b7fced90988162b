import type { Facts } from '../../host/facts.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Paths } from '../../base/paths.ts';
import { readHostState } from '../../flow/host-state.ts';
import { listContainers } from '../../model/container.ts';
import { isLocalPort } from '../../model/network/allocate-ports.ts';
import { containerPorts, servicePorts } from '../../model/network/port-users.ts';

export interface Port {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Who has a port of this host, by all that can tell. */
export interface PortWhy extends Port {
  /** what the dbs say: `container "wiki" (WebHostPort)`, `service "httpd" (TCPPort) of db configuration` */
  readonly records: readonly string[];
  /** containers that publish it now, with the address */
  readonly published: readonly { readonly container: string; readonly address: string; readonly ours: boolean }[];
  /** processes that listen; of TCP */
  readonly listeners: readonly { readonly process: string | null; readonly address: string }[];
  /** an outgoing connection has it */
  readonly isConnected: boolean;
  /** a file of docksmith's that names it; null: none does */
  readonly namedIn: string | null;
  /** the kernel may give it to an outgoing connection */
  readonly isLocal: boolean;
}

/** `:8080`, `:53/udp`; undefined for what is no port. */
export function parsePortTarget(target: string): Port | undefined {
  const [, digits = '', protocol = 'tcp'] = /^:(\d{1,5})(?:\/(tcp|udp))?$/.exec(target) ?? [];
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { port, protocol: protocol === 'udp' ? 'udp' : 'tcp' } : undefined;
}

export async function whyPort(paths: Paths, wanted: Port): Promise<PortWhy> {
  const { snapshot, facts } = await readHostState(paths);
  return findPortUsers(snapshot, facts, wanted);
}

/** Pure. */
export function findPortUsers(snapshot: Snapshot, facts: Facts, { port, protocol }: Port): PortWhy {
  const isIt = (other: Port): boolean => other.port === port && other.protocol === protocol;
  const isTcp = protocol === 'tcp';
  const kept = listContainers(snapshot).filter(
    ({ isEnabled, claimedWebPort }) => isTcp && !isEnabled && claimedWebPort === port,
  );
  return {
    port,
    protocol,
    records: [
      ...[...servicePorts(snapshot, facts), ...containerPorts(snapshot, facts)].filter(isIt).map(({ who }) => who),
      ...kept.map(({ key }) => `container "${key}" (WebHostPort), which is disabled`),
    ],
    published: facts.publishedPorts.filter(isIt).map(({ container, address, ours }) => ({ container, address, ours })),
    listeners: facts.listeners.filter(isIt).map(({ address, process }) => ({ process: process ?? null, address })),
    isConnected: isTcp && facts.connectedPorts.has(port),
    namedIn: (isTcp ? facts.portsInFiles().get(port) : undefined) ?? null,
    isLocal: isLocalPort(facts.localPorts, port),
  };
}
