import { formatPort, formatPublished, parsePublished, type Published } from '../../../container/spec/published-port.ts';
import { isList, type Value } from '../../../container/spec/value.ts';
import type { PropContext, RecordBuilder } from './record-builder.ts';
import { findText } from '../candidate.ts';

const ALL = ['', '0.0.0.0', '::'];
const LOOPBACK = ['127.0.0.1', '::1'];

/** Ports of the container that are bound alike. */
interface Bound {
  readonly host: string;
  readonly port: string;
  readonly addresses: readonly string[];
  readonly texts: readonly string[];
}

/**
 * Published ports into `access` and the props of ports. A port that is bound as the record's access says needs no
 * address; any other one is written with its own, so that nothing is opened any wider than it was.
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

  const [others, sayable] = split(bound, ({ port }) => port.endsWith('/sctp'));
  leaveOut(others, 'ports of records are TCP or UDP');
  const [toAll, toSome] = split(sayable, ({ addresses }) => addresses.some((address) => ALL.includes(address)));
  const [toPrivate, elsewhere] = split(
    toSome,
    ({ addresses }) =>
      addresses.every((address) => privateAddresses.includes(address)) &&
      privateAddresses.every((address) => addresses.includes(address)),
  );
  // who may come to an address of its own is not limited by others: only loopback needs no access
  const isPublic =
    toAll.length > 0 || elsewhere.some(({ addresses }) => addresses.some((address) => !LOOPBACK.includes(address)));
  builder.set('ports', 'access', isPublic ? 'public' : 'private');
  setNumbers(builder, isPublic ? toAll : toPrivate, isPublic ? [...toPrivate, ...elsewhere] : elsewhere);
}

/** Of a service: who publishes its ports. @param hostPorts those that the nodes publish which run a task */
export function setPublishMode(
  builder: RecordBuilder,
  value: Value | undefined,
  hostPorts: readonly string[] = [],
): void {
  const isAll = value !== undefined && isList(value) && value.every((text) => hostPorts.includes(text));
  if (hostPorts.length === 0) return;
  if (isAll) return builder.set('ports', 'PublishMode', 'host');
  for (const text of hostPorts)
    builder.set('ports', `PublishMode.${formatPort(parsePublished(text)?.port ?? '')}`, 'host', text);
}

/** @param addressed those that are bound at addresses of their own */
function setNumbers(builder: RecordBuilder, ports: readonly Bound[], addressed: readonly Bound[]): void {
  if (addressed.length === 0 && ports.every(({ host, port }) => host === port.split('/')[0])) {
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
  builder.setList('ports', 'PortMappingPorts', [
    ...ports.map(({ host, port }) => formatPublished({ address: '', host, port })),
    ...addressed.flatMap(({ host, port, addresses }) =>
      addresses.map((address) => formatPublished({ address, host, port })),
    ),
  ]);
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
  return [...all.values()].sort(
    (a, b) => Number.parseInt(a.host || a.port, 10) - Number.parseInt(b.host || b.port, 10),
  );
}

function split<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
