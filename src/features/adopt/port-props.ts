import { parsePublished, type Published } from '../../container/spec/published-port.ts';
import { isList, type Value } from '../../container/spec/value.ts';
import type { PropContext, RecordBuilder } from './record-builder.ts';
import { findText } from './candidate.ts';

const ALL = ['', '0.0.0.0', '::'];
const LOOPBACK = '127.0.0.1';

/** Ports of the container that are bound alike. */
interface Bound {
  readonly host: string;
  readonly port: string;
  readonly addresses: readonly string[];
  readonly texts: readonly string[];
}

/**
 * Published ports into `access` and the props of ports: a record has one access for all of
 * them. What is bound otherwise is left out, so that nothing is opened any wider than it was.
 */
export function setPorts(
  builder: RecordBuilder,
  value: Value | undefined,
  { values, privateAddresses }: PropContext,
): void {
  const bound = listBound(value !== undefined && isList(value) ? value : []);
  if (bound.length === 0) return;
  const leaveOut = (ports: readonly Bound[], why: string): void => {
    for (const text of ports.flatMap(({ texts }) => texts)) builder.leaveOut('ports', text, why);
  };
  const mode = findText(values, 'network_mode') ?? 'bridge';
  if (['host', 'none'].includes(mode) || mode.startsWith('container:'))
    return leaveOut(bound, `with network ${mode} nothing is published`);

  const [sayable, others] = split(bound, ({ host, port }) => host !== '' && !port.endsWith('/sctp'));
  leaveOut(others, 'ports of records are TCP or UDP, each with the port of this server');
  const [toAll, toSome] = split(sayable, ({ addresses }) => addresses.some((address) => ALL.includes(address)));
  const [toPrivate, toOthers] = split(
    toSome,
    ({ addresses }) =>
      addresses.every((address) => privateAddresses.includes(address)) &&
      privateAddresses.every((address) => addresses.includes(address)),
  );
  const [toLoopback, elsewhere] = split(
    toOthers,
    ({ addresses, port }) => addresses.join() === LOOPBACK && port.endsWith('/tcp'),
  );
  leaveOut(elsewhere, `access private binds to ${privateAddresses.join(' and ')}, access public to all addresses`);

  const [web, ...moreLoopback] = toLoopback;
  if (web !== undefined) {
    builder.set('ports', 'WebPort', web.port.replace('/tcp', ''));
    builder.set('ports', 'WebHostPort', web.host);
    leaveOut([web], 'a port on loopback alone is for Apache: set SubDomain enabled, or WebAlias');
  }
  leaveOut(moreLoopback, 'a record has one port on loopback alone');
  if (toAll.length > 0) leaveOut(toPrivate, 'its other ports are bound to all addresses, and a record has one access');
  builder.set('ports', 'access', toAll.length > 0 ? 'public' : 'private');
  setNumbers(builder, toAll.length > 0 ? toAll : toPrivate);
}

function setNumbers(builder: RecordBuilder, ports: readonly Bound[]): void {
  if (ports.every(({ host, port }) => host === port.split('/')[0])) {
    for (const [protocol, prop] of [
      ['tcp', 'TCPPort'],
      ['udp', 'UDPPort'],
    ] as const) {
      const numbers = ports.filter(({ port }) => port.endsWith(`/${protocol}`)).map(({ host }) => host);
      builder.setList('ports', prop, numbers);
    }
    return;
  }
  builder.set('ports', 'PortMapping', 'custom');
  builder.setList(
    'ports',
    'PortMappingPorts',
    ports.map(({ host, port }) => `${host}:${port.replace('/tcp', '')}`),
  );
}

function listBound(texts: readonly string[]): readonly Bound[] {
  const all = new Map<string, Bound>();
  for (const text of texts) {
    const published: Published | undefined = parsePublished(text);
    if (published === undefined) continue;
    const { address, host, port } = published;
    const known = all.get(`${host} ${port}`) ?? { host, port, addresses: [], texts: [] };
    all.set(`${host} ${port}`, { ...known, addresses: [...known.addresses, address], texts: [...known.texts, text] });
  }
  return [...all.values()].sort((a, b) => Number(a.host) - Number(b.host));
}

function split<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
