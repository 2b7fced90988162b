import { getDb, type Index, listRecords, lookUpIndex, type Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Facts } from '../../host/facts.ts';
import type { IsOther } from '../check-web.ts';
import { Container, containerOf, CONTAINERS } from '../container.ts';
import { type JoinedNetwork, listNamedNetworks, parseEndpointOptions } from '../links/links.ts';
import { canonicalAddress, firstAddress, overlaps, parseHost } from './network.ts';
import {
  type ContainerNetwork,
  describeNetwork,
  isWithin,
  NETWORKS,
  ON_THE_WIRE,
  overlappingNetworks,
  parseSubnet,
} from './networks.ts';
import { publishedPorts } from './ports.ts';

/** `overlappingNetworks`, for many containers on one network. */
export function overlapsFinder(snapshot: Snapshot): (network: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (network) => {
    let overlaps = known.get(network);
    if (overlaps === undefined) known.set(network, (overlaps = [...overlappingNetworks(snapshot, network)]));
    return overlaps;
  };
}

/** What records of networks need for their driver. */
export function* checkNetworkRecords(snapshot: Snapshot, facts: Facts): Generator<Failure> {
  const parents = new Map<string, string>();
  for (const { key, type } of listRecords(snapshot, NETWORKS)) {
    if (type !== 'network') continue;
    const network = describeNetwork(snapshot, key);
    if (network.external) continue;
    yield* checkSubnets(network);
    const { driver, parent, internal } = network;
    const isOnTheWire = ON_THE_WIRE.includes(driver);
    if (parent === undefined) {
      // the engine makes one for a network that leads nowhere
      if (isOnTheWire && !internal)
        yield new Failure(`cannot accept ${NETWORKS} ${key} Driver "${driver}"`, {
          why: 'it needs Parent, the interface of this host that leads to the network',
          hint: `db ${NETWORKS} setprop ${key} Parent eth0`,
        });
      continue;
    }
    const cannot = `cannot accept ${NETWORKS} ${key} Parent "${parent}"`;
    if (!isOnTheWire)
      yield new Failure(cannot, {
        why: `Driver ${driver} has none`,
        hint: `db ${NETWORKS} setprop ${key} Driver macvlan`,
      });
    // the engine makes the interface of a VLAN itself
    else if (facts.interfaces?.has(parent) === false && !facts.interfaces.has(parent.replace(/\.\d+$/, '')))
      yield new Failure(cannot, {
        why: 'this host has no interface of that name',
        ...didYouMean(parent, facts.interfaces, 'ip link lists them'),
      });
    const other = parents.get(parent);
    // the engine refuses it only when the second one is created
    if (other !== undefined)
      yield new Failure(cannot, { why: `network "${other}" has it, and an interface can be Parent of one network` });
    parents.set(parent, key);
  }
}

/** What lies in none of its subnets would be dropped without a word. */
function* checkSubnets({ name, driver, subnets, gateways, ranges, reserved }: ContainerNetwork): Generator<Failure> {
  const parts = [
    ...gateways.map((address) => ['Gateway', address] as const),
    ...ranges.map((range) => ['IPRange', range] as const),
    ...Object.entries(reserved).map(([host, address]) => [`AuxAddress.${host}`, address] as const),
  ];
  for (const [n, [prop, text]] of parts.entries()) {
    const cannot = `cannot accept ${NETWORKS} ${name} ${prop} "${text}"`;
    const own = subnets.find((subnet) => isWithin(subnet, text));
    if (own === undefined)
      yield new Failure(cannot, {
        why: subnets.length === 0 ? 'it has no Subnet' : `it is in no Subnet of ${subnets.join(', ')}`,
      });
    else if (parts.slice(0, n).some(([other, earlier]) => other === prop && isWithin(own, earlier)))
      yield new Failure(cannot, { why: `Subnet ${own} has one already` });
  }
  for (const family of driver === 'bridge' ? [4, 6] : []) {
    const [, second] = subnets.filter((subnet) => parseSubnet(subnet)?.family === family);
    if (second !== undefined)
      yield new Failure(`cannot accept ${NETWORKS} ${name} Subnet "${second}"`, {
        why: `a bridge has one for IPv${family}`,
      });
  }
}

/** Enabled containers by their names on the networks of records, `NET NAME`. */
const NAMED_ON: Index = {
  name: 'named on',
  db: CONTAINERS,
  listValues: (snapshot, record) =>
    listNamed(containerOf(snapshot, record)).flatMap(({ name, aliases }) =>
      [record.key, ...aliases].map((alias) => `${name} ${alias}`),
    ),
};

/** Enabled containers by their fixed addresses on the networks of records, `NET ADDRESS`. */
const ADDRESSED_ON: Index = {
  name: 'addressed on',
  db: CONTAINERS,
  listValues: (snapshot, record) =>
    listNamed(containerOf(snapshot, record)).flatMap(({ name, address, address6 }) =>
      [address, address6].flatMap((one) => (one === undefined ? [] : [`${name} ${canonicalAddress(one)}`])),
    ),
};

function listNamed(container: Container): readonly JoinedNetwork[] {
  return container.isEnabled ? listNamedNetworks(container) : [];
}

/** Networks have to be there and to be told apart, and so do addresses and names on each of them. */
export function* checkJoinedNetworks(
  container: Container,
  facts: Facts,
  listOverlaps: (network: string) => readonly string[],
  isOther: IsOther,
): Generator<Failure> {
  const { snapshot, key, furtherNetworks } = container;
  yield* checkFurther(container);
  const named = listNamedNetworks(container);
  for (const network of named) {
    const { name, options } = network;
    if (options !== undefined) parseEndpointOptions(options);
    if (getDb(snapshot, NETWORKS).get(name)?.type !== 'network') {
      yield new Failure(`cannot put container "${key}" on network "${name}"`, {
        why: `${furtherNetworks.includes(name) ? 'its Networks name it, and ' : ''}db ${NETWORKS} has no such record`,
        ...didYouMean(name, getDb(snapshot, NETWORKS).keys(), `db ${NETWORKS} set ${name} network`),
      });
      continue;
    }
    for (const why of describeNetwork(snapshot, name).external ? [] : listOverlaps(name))
      yield new Failure(`cannot make network "${name}" for container "${key}"`, { why });
    for (const address of [network.address, network.address6]) yield* checkAddress(container, name, address, isOther);
    yield* checkAliases(container, network, isOther);
  }
  const isInternal = ({ name }: JoinedNetwork): boolean => describeNetwork(snapshot, name).internal;
  // the engine would publish nothing, without a word
  const [first] = named;
  if (
    first !== undefined &&
    container.customNetwork !== undefined &&
    named.every(isInternal) &&
    publishedPorts(container, facts).length > 0
  )
    yield new Failure(`cannot publish ports of container "${key}"`, {
      why: `its network "${first.name}" is internal, and nothing can be published from there`,
    });
}

/** What `Networks` says, and the props of its networks. */
function* checkFurther({
  key,
  network,
  customNetwork,
  hasOwnPorts,
  furtherNetworks,
  networkProps,
}: Container): Generator<Failure> {
  const cannot = `cannot accept ${CONTAINERS} ${key} Networks "${furtherNetworks.join(',')}"`;
  if (furtherNetworks.length > 0 && !hasOwnPorts) {
    yield new Failure(cannot, { why: `with network ${network} it can be on no other one` });
    return;
  }
  const twice = furtherNetworks.find((name, n) => name === customNetwork || furtherNetworks.indexOf(name) < n);
  if (twice !== undefined)
    yield new Failure(cannot, {
      why: twice === customNetwork ? `"${twice}" is its network already` : `"${twice}" is in it twice`,
    });
  for (const prop of networkProps) {
    const name = prop.slice(prop.indexOf('.') + 1);
    if (furtherNetworks.includes(name)) continue;
    yield new Failure(`cannot accept ${CONTAINERS} ${key} ${prop}`, {
      why: `"${name}" is not among its Networks`,
      hint:
        name === customNetwork
          ? `db ${CONTAINERS} setprop ${key} ${prop.slice(0, prop.indexOf('.'))} VALUE is for the one of network`
          : `db ${CONTAINERS} setprop ${key} Networks ${[...furtherNetworks, name].join(',')}`,
    });
  }
}

function propOf({ customNetwork }: Container, prop: string, network: string): string {
  return network === customNetwork ? prop : `${prop}.${network}`;
}

function* checkAddress(
  container: Container,
  name: string,
  address: string | undefined,
  isOther: IsOther,
): Generator<Failure> {
  const host = address === undefined ? undefined : parseHost(address);
  if (address === undefined || host === undefined) return;
  const { snapshot, key } = container;
  const cannot = `cannot accept ${CONTAINERS} ${key} ${propOf(container, 'NetworkAddress', name)} "${address}"`;
  const { subnets, gateways, internal, driver } = describeNetwork(snapshot, name);
  const networks = subnets.map(parseSubnet).filter((network) => network !== undefined);
  if (networks.length > 0 && !networks.some((network) => overlaps(network, host)))
    yield new Failure(cannot, { why: `it is outside of Subnet ${subnets.join(',')} of ${NETWORKS} ${name}` });
  const taken = gateways.length > 0 || (internal && driver !== 'bridge') ? gateways : networks.map(firstAddress);
  if (taken.map(canonicalAddress).includes(canonicalAddress(address)))
    yield new Failure(cannot, { why: `it is the Gateway of ${NETWORKS} ${name}` });
  const other = lookUpIndex(snapshot, ADDRESSED_ON, `${name} ${canonicalAddress(address)}`).find(isOther);
  if (other !== undefined) yield new Failure(cannot, { why: `container "${other}" has it on network "${name}"` });
}

/** The name of a container is its own; who asks for it gets that one. */
function* checkAliases(container: Container, { name, aliases }: JoinedNetwork, isOther: IsOther): Generator<Failure> {
  const { snapshot, key } = container;
  const byKey = lookUpIndex(snapshot, NAMED_ON, `${name} ${key}`).find(isOther);
  if (byKey !== undefined)
    yield new Failure(`cannot put container "${key}" on network "${name}"`, {
      why: `container "${byKey}" is called so there: its ${propOf(new Container(snapshot, byKey), 'NetworkAlias', name)}`,
    });
  for (const alias of aliases)
    if (alias !== key && lookUpIndex(snapshot, NAMED_ON, `${name} ${alias}`).includes(alias) && isOther(alias))
      yield new Failure(`cannot accept ${CONTAINERS} ${key} ${propOf(container, 'NetworkAlias', name)} "${alias}"`, {
        why: `container "${alias}" is called so on network "${name}"`,
      });
}

/** Containers of one service of Compose: `shop-web-1` and `shop-web-2`. They share its name on purpose. */
function isReplica(one: string, other: string): boolean {
  const [stem, otherStem] = [one, other].map((key) => /^(.+)-\d+$/.exec(key)?.[1]);
  return stem !== undefined && stem === otherStem;
}

/** Names that several containers have on a network, as Compose allows: who asks gets now the one, now the other. */
export function listSharedAliases(container: Container): readonly string[] {
  const { snapshot, key } = container;
  return listNamed(container).flatMap(({ name, aliases }) =>
    aliases.flatMap((alias) => {
      const others = lookUpIndex(snapshot, NAMED_ON, `${name} ${alias}`).filter(
        (other) => other !== key && other !== alias && !isReplica(key, other),
      );
      return others.length === 0
        ? []
        : [`${CONTAINERS} ${key}: "${alias}" on network "${name}" is also ${others.join(', ')}: each is found in turn`];
    }),
  );
}
