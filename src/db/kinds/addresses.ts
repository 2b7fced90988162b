import { isIP, isIPv4 } from 'node:net';

/** One part of a host name. */
export const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** `redis:6379`, `dns:53/udp`, `tcp://192.168.1.52:6379`, each with `OWNPORT=` in front or without */
export function checkTarget(value: string): string | undefined {
  const [, own, place, host = '', port] =
    /^(?:(\d+)=)?(?:([a-zA-Z0-9][\w.-]+)|(?:tcp|udp):\/\/(\[[^\]]+\]|[^:/]+)):(\d+)(?:\/(?:tcp|udp))?$/.exec(value) ??
    [];
  if (
    port === undefined ||
    (place === undefined && value.endsWith('/udp')) ||
    (place === undefined && value.endsWith('/tcp'))
  )
    return 'is not CONTAINER:PORT[/udp], or tcp://HOST:PORT or udp://HOST:PORT, as redis:6379';
  if (place === undefined && !isIP(host.replace(/^\[(.*)\]$/, '$1')) && checkHostName(host) !== undefined)
    return 'has no host name or address after the scheme';
  return checkPort(port) ?? (own === undefined ? undefined : checkPort(own));
}

export function checkHostName(value: string): string | undefined {
  const isName = value.length <= 253 && value.split('.').every((label) => LABEL.test(label));
  return isName ? undefined : 'is not a host name: labels of letters, digits and inner hyphens, with dots between';
}

export function checkHostAddress(value: string): string | undefined {
  const [, name = '', address = ''] = /^([^:]*):(.*)$/.exec(value) ?? [];
  if (isIP(address) === 0 && address !== 'host-gateway') return 'is not NAME:ADDRESS';
  return checkHostName(name) === undefined ? undefined : 'is not NAME:ADDRESS with a host name in front';
}

export function checkSubnet(value: string): string | undefined {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  return isIP(address) !== 0 && Number(bits) <= (isIPv4(address) ? 32 : 128)
    ? undefined
    : 'is not ADDRESS/BITS, as 10.5.0.0/24';
}

/** `10.5.0.7,2001:db8::7` */
export function checkFixedAddresses(value: string): string | undefined {
  const families = value.split(',').map((address) => isIP(address));
  return families.includes(0) || new Set(families).size < families.length
    ? 'is not one IPv4 address, one IPv6 address, or both with a comma between, as 10.5.0.7'
    : undefined;
}

/** `255.255.255.0` or a number of bits. */
export function checkNetmask(value: string): string | undefined {
  if (/^\d{1,3}$/.test(value)) return Number(value) <= 128 ? undefined : 'is more bits than an address has';
  if (!isIPv4(value)) return 'is not a mask, as 255.255.255.0 or 24';
  const bits = value
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) ? undefined : 'is not a mask: its ones are not all in front';
}

export function checkPort(value: string): string | undefined {
  return /^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65535 ? undefined : 'is not a port from 1 to 65535';
}

/** Where ssh gets to: `web2`, `root@web2.example.test:2222`, `[fd00::2]:22` */
export interface SshAddress {
  /** with the user in front, where there is one */
  readonly host: string;
  readonly port: string | undefined;
}

/** Undefined for what is none; nothing that ssh would take for an option is one. */
export function parseSshAddress(value: string): SshAddress | undefined {
  const [, user = '', ipv6, name, port] =
    /^([A-Za-z0-9_][\w.-]*@)?(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_][\w.-]*))(?::(\d+))?$/.exec(value) ?? [];
  if (port !== undefined && checkPort(port) !== undefined) return undefined;
  if (ipv6 !== undefined && isIP(ipv6) !== 6) return undefined;
  const host = ipv6 ?? name;
  return host === undefined ? undefined : { host: `${user}${host}`, port };
}

export function checkSshAddress(value: string): string | undefined {
  return parseSshAddress(value) === undefined
    ? 'is not [USER@]HOST[:PORT], as web2.example.test or root@10.0.0.2:2222'
    : undefined;
}
