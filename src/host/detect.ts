import { statSync } from 'node:fs';
import os from 'node:os';
import { errorCode } from '../base/errors.ts';
import type { Paths } from '../base/paths.ts';
import { isPrivate, networkOf } from './address.ts';
import { listAddresses } from './addresses.ts';
import type { Address } from './facts.ts';
import { readText } from '../files/read-file.ts';

/** What a fresh host tells of itself, for values of the db that are not set. Undefined where it cannot be detected. */
export interface Detected {
  readonly systemName: string | undefined;
  readonly domainName: string | undefined;
  readonly localIP: string | undefined;
  /** the networks that `localIP` stands in, as the db `networks` has them: `192.168.1.0` and `255.255.255.0` */
  readonly localNetworks: readonly { readonly address: string; readonly mask: string }[];
  /** the interfaces that could be the local one, where there are several and so none was taken */
  readonly undecided: readonly Address[];
  /** a path; the root does not go in front of it */
  readonly engineSocket: string | undefined;
}

/** Texts and values from which `detectHost` concludes. */
export interface Traces {
  /** of the running kernel */
  readonly hostName: string;
  /** contents of /etc/hostname, /etc/hosts and /etc/resolv.conf; empty where they are not there */
  readonly hostnameFile: string;
  readonly hostsFile: string;
  readonly resolvFile: string;
  readonly addresses: readonly Address[];
  /** sockets of engines that are there, the likeliest first */
  readonly sockets: readonly string[];
}

/** Looks where the traces are: files under the root, addresses and the host name of the running system. */
export function readTraces(paths: Paths, env: NodeJS.ProcessEnv = process.env): Traces {
  const [, named] = /^unix:\/\/(\/.*)$/.exec(env['DOCKER_HOST'] ?? '') ?? [];
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  const sockets = [
    named ?? '',
    '/var/run/docker.sock',
    '/run/docker.sock',
    ...(runtimeDir === undefined ? [] : [`${runtimeDir}/docker.sock`]),
  ];
  return {
    hostName: os.hostname(),
    hostnameFile: readIfThere(paths.file('/etc/hostname')),
    hostsFile: readIfThere(paths.file('/etc/hosts')),
    resolvFile: readIfThere(paths.file('/etc/resolv.conf')),
    addresses: listAddresses(),
    sockets: sockets.filter(isSocket),
  };
}

/** Decides what the traces mean; where they allow two answers, none is given. */
export function detectHost(traces: Traces): Detected {
  const fullName =
    [...parseLines(traces.hostnameFile).map(([name]) => name), traces.hostName].map(normalize).find(isRealName) ?? '';
  const [systemName = '', ...domain] = fullName.split('.');
  const [local, ...others] = listLocalInterfaces(traces.addresses);
  const addresses = others.length === 0 && local !== undefined ? local : [];
  return {
    systemName: systemName === '' ? undefined : systemName,
    domainName: [domain.join('.'), ...findDomains(traces, systemName)].map(normalize).find(isRealName),
    localIP: addresses[0]?.address,
    // an address without neighbours stands in no network
    localNetworks: addresses
      .filter(({ address, prefix }) => prefix < (address.includes(':') ? 127 : 31))
      .map(({ address, prefix }) => networkOf(address, prefix)),
    undecided: others.length === 0 ? [] : [local, ...others].flatMap((list) => list ?? []),
    engineSocket: traces.sockets[0],
  };
}

/** Loopback, networks of containers, of virtual machines and of tunnels: not the ones that this host's users sit in. */
const VIRTUAL =
  /^(lo$|docker|br-[0-9a-f]{12}$|docksmith|veth|virbr|vnet|cni|flannel|cali|lxc|lxd|podman|tun|tap|wg|zt|tailscale)/;

/**
 * The private addresses of each interface that could lead to the local network, IPv4 first. Public
 * addresses never count: private containers would be open to the provider's other customers.
 */
function listLocalInterfaces(addresses: readonly Address[]): readonly (readonly Address[])[] {
  const byInterface = new Map<string, Address[]>();
  for (const address of addresses) {
    if (VIRTUAL.test(address.interface) || !isPrivate(address.address)) continue;
    byInterface.set(address.interface, [...(byInterface.get(address.interface) ?? []), address]);
  }
  return [...byInterface.values()].map((list) =>
    list.sort((a, b) => Number(a.address.includes(':')) - Number(b.address.includes(':'))),
  );
}

/** Domains that the kernel and /etc/hosts give this host (hosts(5)), then those of resolv.conf(5). */
function* findDomains({ hostName, hostsFile, resolvFile }: Traces, systemName: string): Generator<string> {
  const fullNames = [hostName, ...parseLines(hostsFile).flatMap(([, ...names]) => names)].map(normalize);
  yield* fullNames
    .filter((name) => systemName !== '' && name.startsWith(`${systemName}.`))
    .map((name) => name.slice(systemName.length + 1));
  for (const [keyword = '', ...domains] of parseLines(resolvFile))
    if (keyword === 'domain' || keyword === 'search') yield* domains;
}

/** The words of each line, without comments. */
function parseLines(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/[#;].*/, '')
        .trim()
        .split(/\s+/),
    )
    .filter(([first]) => first !== '');
}

const normalize = (name = ''): string => name.toLowerCase().replace(/\.$/, '');

/** A host name or domain (RFC 1123) that is not one of those which every host has. */
function isRealName(name: string): boolean {
  return (
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name) &&
    !/^(localhost|localdomain|localhost\.localdomain|local|\(none\))$/.test(name)
  );
}

/** One that we may not even look at is of no use to us. */
function isSocket(file: string): boolean {
  try {
    return statSync(file).isSocket();
  } catch {
    return false;
  }
}

function readIfThere(file: string): string {
  try {
    // names and addresses are ASCII, and a comment may be anything
    return readText(file, 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
