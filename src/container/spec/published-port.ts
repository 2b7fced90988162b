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

/**
 * Reads back what `formatPublished` writes, and Compose's short form in general but for ranges on both sides;
 * undefined for what is neither. A range of the host for one port of the container is left to the engine.
 */
export function parsePublished(text: string): Published | undefined {
  const match = /^(?:(?:\[([^\]]+)\]|([\d.]+)):(?=[^:]*:))?(?:(\d*|\d+-\d+):)?(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text);
  if (match === null) return undefined;
  const [, six, four, host = '', port = '', protocol = 'tcp'] = match;
  const address = six ?? four ?? '';
  if ((address !== '' && isIP(address) === 0) || ![...(host || '1').split('-'), port].every(isPort)) return undefined;
  return { address, host, port: `${port}/${protocol}` };
}

export function formatPort(port: string): string {
  return port.replace(/\/tcp$/, '');
}

/** Short or long form of an entry of `ports`: one port, or one for each of a range. */
export function readPublished(input: Input): readonly Published[] {
  if (input.entries !== undefined) return readLong(input);
  return readRanges(
    input,
    readText(input),
    'is not like [address:]host-port:container-port[/udp], with ports from 1 to 65535',
  );
}

function readRanges(input: Input, text: string, wrong: string): readonly Published[] {
  const [, front = '', hosts = '', inside = '', protocol = ''] =
    /^(.*?)(\d+(?:-\d+)?:)?(\d+-\d+)(\/.*)?$/.exec(text) ?? [];
  if (inside === '') return [parsePublished(text) ?? input.refuse(`"${text}" ${wrong}`)];
  const [[first = 0, last = 0], [host, end = host]] = [inside, hosts.slice(0, -1)].map((range) =>
    range.split('-').map(Number),
  ) as [number[], number[]];
  if (first > last || last > 65_535 || (hosts !== '' && (end ?? 0) - (host ?? 0) !== last - first))
    return input.refuse(`"${text}" has ranges of two lengths`);
  return Array.from({ length: last - first + 1 }, (_, n) => {
    const one = `${front}${hosts === '' ? '' : `${(host ?? 0) + n}:`}${first + n}${protocol}`;
    return parsePublished(one) ?? input.refuse(`"${text}" ${wrong}`);
  });
}

function readLong(input: Input): readonly Published[] {
  const {
    target,
    published,
    host_ip: hostIp,
    protocol,
    mode,
  } = readFields(
    input,
    ['target', 'published', 'host_ip', 'protocol', 'mode'],
    // one for people, one for proxies: the engine knows neither
    ['name', 'app_protocol'],
  );
  if (target === undefined) return input.refuse('needs a target, the port of the container');
  if (mode !== undefined) readChoice(mode, ['host', 'ingress']);
  const address = hostIp === undefined ? '' : readText(hostIp);
  const kind = protocol === undefined ? 'tcp' : readChoice(protocol, ['tcp', 'udp', 'sctp']);
  const host = published === undefined || published.scalar === '' ? '' : readText(published);
  const text = formatPublished({ address, host, port: `${readCount(target, 1)}/${kind}` });
  return readRanges(input, text, 'is not an address and ports from 1 to 65535');
}

/** An entry of `expose`, a port or a range, as the engine writes it: `8080/tcp`. */
export function readPort(input: Input): readonly string[] {
  const text = readText(input);
  const {
    1: first = '',
    2: last = first,
    3: protocol = 'tcp',
  } = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  if (!isPort(first) || !isPort(last) || Number(first) > Number(last))
    return input.refuse(`"${text}" is no port from 1 to 65535`);
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, n) => `${Number(first) + n}/${protocol}`);
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}
