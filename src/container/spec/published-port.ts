import { isIP } from 'node:net';
import type { Input } from './input.ts';
import { readCount, readChoice, readFields, readText } from './read-input.ts';

/** A port of the container that is reached on the host. */
export interface Published {
  /** IPv4 or IPv6, or empty for every address of the host */
  readonly address: string;
  /** empty: the engine chooses */
  readonly host: string;
  /** `80/tcp`, as the engine writes it */
  readonly port: string;
}

/** `127.0.0.1:47000:80`, `53:53/udp`, `[::1]:80:80`: Compose's short form; `/tcp` is not said. */
export function formatPublished({ address, host, port }: Published): string {
  const at = address === '' ? '' : `${isIP(address) === 6 ? `[${address}]` : address}:`;
  return `${at}${host === '' && at === '' ? '' : `${host}:`}${formatPort(port)}`;
}

/** Reads back what `formatPublished` writes, and Compose's short form in general; undefined for what is neither. */
export function parsePublished(text: string): Published | undefined {
  const match = /^(?:(?:\[([^\]]+)\]|([\d.]+)):(?=[^:]*:))?(?:(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text);
  if (match === null) return undefined;
  const [, six, four, host = '', port = '', protocol = 'tcp'] = match;
  const address = six ?? four ?? '';
  if ((address !== '' && isIP(address) === 0) || ![host || '1', port].every(isPort)) return undefined;
  return { address, host, port: `${port}/${protocol}` };
}

export function formatPort(port: string): string {
  return port.replace(/\/tcp$/, '');
}

/** Short or long form of an entry of `ports`. */
export function readPublished(input: Input): Published {
  if (input.entries !== undefined) return readLong(input);
  const text = readText(input);
  if (/\d-\d/.test(text))
    return input.refuse(
      `"${text}" is a port range, and the engine cannot allocate from one atomically`,
      'publish each port by itself',
    );
  return (
    parsePublished(text) ??
    input.refuse(`"${text}" is not like [address:]host-port:container-port[/udp], with ports from 1 to 65535`)
  );
}

function readLong(input: Input): Published {
  const {
    target,
    published,
    host_ip: hostIp,
    protocol,
    mode,
  } = readFields(input, ['target', 'published', 'host_ip', 'protocol', 'mode']);
  if (target === undefined) return input.refuse('needs a target, the port of the container');
  if (mode !== undefined) readChoice(mode, ['host', 'ingress']);
  const address = hostIp === undefined ? '' : readText(hostIp);
  const kind = protocol === undefined ? 'tcp' : readChoice(protocol, ['tcp', 'udp', 'sctp']);
  const [port, host] = [readCount(target, 1), published === undefined ? '' : readCount(published, 1)];
  const text = formatPublished({ address, host: String(host), port: `${port}/${kind}` });
  return parsePublished(text) ?? input.refuse(`"${text}" is not an address and ports from 1 to 65535`);
}

/** An entry of `expose`, as the engine writes it: `8080/tcp`. */
export function readPort(input: Input): string {
  const text = readText(input);
  const { 1: port = '', 2: protocol = 'tcp' } = /^(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  return isPort(port) ? `${port}/${protocol}` : input.refuse(`"${text}" is no port from 1 to 65535`);
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}
