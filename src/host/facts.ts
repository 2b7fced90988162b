import type { Layout } from '../web-server/layouts.ts';
import { type Lookups, NO_LOOKUPS } from './lookups.ts';

/** What rendering and planning must know of the world, and may not ask for themselves. */
export interface Facts {
  readonly host: HostFacts;
  /** addresses of this host, without loopback and link-local ones */
  readonly addresses: readonly Address[];
  /** names of all interfaces of this host; undefined where they are not known */
  readonly interfaces?: ReadonlySet<string> | undefined;
  /** who listens on this host, from `/proc/net`; looked up when it is first asked for */
  readonly listeners: readonly Listener[];
  /** TCP ports of this host that sockets have which do not listen; looked up when it is first asked for */
  readonly connectedPorts: ReadonlySet<number>;
  /** the ports that the kernel gives to outgoing connections */
  readonly localPorts: LocalPorts;
  /** ports that containers of the engine publish now, ours and others'; empty without an engine */
  readonly publishedPorts: readonly PublishedPort[];
  /** image reference -> what the image says of itself; only images that the engine has */
  readonly images: ReadonlyMap<string, ImageFacts>;
  /**
   * bridges of networks that the engine has under another name than docksmith would give them, by
   * network; without an engine those that carry a name of the engine's own, since which network
   * is theirs is not known then
   */
  readonly bridges: ReadonlyMap<string, string>;
  /** the nodes of the swarm; absent: this host is none of its managers, or they do not say */
  readonly nodes?: readonly NodeFacts[] | undefined;
  /** addresses of the other nodes of the swarm, as this host's engine knows them; absent: it does not */
  readonly peers?: readonly string[] | undefined;
  /** the systemd unit of the engine and its drop-ins, but for ours, where one is installed under the root */
  readonly dockerUnit?: UnitTexts | undefined;
  /**
   * loopback ports named in files that docksmith owns: `port -> path`. A function, since all of these files
   * have to be read for it; that is done once.
   */
  readonly portsInFiles: () => ReadonlyMap<number, string>;
  /** path -> the certificates of a file in PEM, and nothing else that is in it; undefined where it has none */
  readonly certificates: Pick<ReadonlyMap<string, string>, 'get'>;
  /** what makes the digests of secrets those of this host alone; looked up when it is first asked for */
  readonly secretSalt: string;
  /** what fragments ask for by name: files, packages, users, groups */
  readonly lookups: Lookups;
}

/** A node of the swarm, without how it is: files are made for all of them. */
export interface NodeFacts {
  readonly name: string;
  readonly address: string;
  readonly role: 'manager' | 'worker';
  readonly labels: Readonly<Record<string, string>>;
  /** it is this host */
  readonly isOwn: boolean;
}

/** A file as it is; the path is without the root. */
export interface FileText {
  readonly path: string;
  readonly text: string;
}

/** A unit of systemd, then its drop-ins in the order in which they are laid over it. */
export interface UnitTexts {
  readonly path: string;
  readonly texts: readonly FileText[];
}

/** What kind of host this is; the folders are looked for under the root. */
export interface HostFacts {
  /** by the folders that are there; undefined: none of an Apache */
  readonly apacheLayout: Layout | undefined;
  /**
   * an Apache is installed and may be asked to check files: never under a root, whose files the machine's own
   * does not read
   */
  readonly hasApache: boolean;
  /** /etc/debian_version is there */
  readonly isDebian: boolean;
  /** /home/e-smith is there */
  readonly hasSmeHome: boolean;
  readonly serviceManager: 'systemd' | 'sv' | 'command' | undefined;
}

/** `net.ipv4.ip_local_port_range`, and what `ip_local_reserved_ports` takes out of it. */
export interface LocalPorts {
  readonly first: number;
  readonly last: number;
  /** each with its last port */
  readonly reserved: readonly (readonly number[])[];
}

/** Others in their place. What is only looked up when it is asked for stays so, which a spread would not leave. */
export function withFacts(facts: Facts, others: Partial<Facts>): Facts {
  return Object.defineProperties(
    { ...NO_FACTS },
    { ...Object.getOwnPropertyDescriptors(facts), ...Object.getOwnPropertyDescriptors(others) },
  );
}

export interface Address {
  readonly address: string;
  readonly prefix: number;
  readonly interface: string;
}
export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /**
   * `nginx (pid 812)` where /proc tells, else undefined. Looked up when it is first asked for, since all
   * processes have to be searched.
   */
  readonly process?: string | undefined;
}
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly container: string;
  /** carries our labels */
  readonly ours: boolean;
  /** of the swarm, whose task it is */
  readonly service?: string;
}
export interface ImageFacts {
  readonly exposedPorts: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[];
}

export const NO_FACTS: Facts = {
  host: { apacheLayout: undefined, hasApache: false, isDebian: false, hasSmeHome: false, serviceManager: undefined },
  addresses: [],
  listeners: [],
  connectedPorts: new Set(),
  // what the kernel has where nobody has set it (Linux, Documentation/networking/ip-sysctl.rst)
  localPorts: { first: 32_768, last: 60_999, reserved: [] },
  publishedPorts: [],
  images: new Map(),
  bridges: new Map(),
  portsInFiles: () => new Map(),
  certificates: new Map(),
  secretSalt: '',
  lookups: NO_LOOKUPS,
};
