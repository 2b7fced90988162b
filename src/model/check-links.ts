import { findProp, getDb, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import { linkPorts, listNeeds, parseLinks } from './links.ts';
import { describeNetwork, NETWORKS, overlappingNetworks } from './networks.ts';
import { CONTAINERS, hasOwnPorts, publishedPorts } from './ports.ts';
import { findCycle } from './start-order.ts';

/** `overlappingNetworks`, for many containers on one network. */
export function overlapsFinder(snapshot: Snapshot): (network: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (network) => {
    let overlaps = known.get(network);
    if (overlaps === undefined) known.set(network, (overlaps = [...overlappingNetworks(snapshot, network)]));
    return overlaps;
  };
}

/** What an enabled container needs has to be there, enabled and reachable; networks have to be told apart. */
export function* checkNeeds(snapshot: Snapshot, facts: Facts, key: string, listOverlaps: (network: string) => readonly string[]): Generator<Failure> {
  const records = getDb(snapshot, CONTAINERS);
  const props = records.get(key)?.props ?? new Map<string, string>();
  for (const need of listNeeds(props)) {
    const record = records.get(need);
    if (record?.type !== 'service') {
      yield new Failure(`cannot run container "${key}"`, { why: `it needs container "${need}", and db ${CONTAINERS} has no such record` });
    } else if (findProp(snapshot, CONTAINERS, need, 'status') !== 'enabled') {
      yield needsDisabled(key, need);
    }
  }
  const links = parseLinks(props.get('Interlinked') ?? '');
  for (const one of links.length === 0 ? [] : [key, ...links.map(({ target }) => target)]) {
    if (records.has(one) && !hasOwnPorts(snapshot, one)) {
      yield new Failure(`cannot link container "${key}" with ${links.map(({ target }) => `"${target}"`).join(', ')}`, { why: `container "${one}" has network ${findProp(snapshot, CONTAINERS, one, 'network') ?? ''}, and so no network to share` });
    }
  }
  const aliases = links.map(({ alias }) => alias);
  const twice = aliases.find((alias, n) => aliases.indexOf(alias) < n);
  if (twice !== undefined) yield new Failure(`cannot link container "${key}"`, { why: `two of its links have the alias "${twice}"` });
  yield* checkNetwork(snapshot, facts, key, listOverlaps);
}

export function needsDisabled(key: string, need: string): Failure {
  return new Failure(`cannot run container "${key}"`, { why: `it is enabled and needs container "${need}", which is disabled`, hint: `db ${CONTAINERS} setprop ${need} status enabled` });
}

function* checkNetwork(snapshot: Snapshot, facts: Facts, key: string, listOverlaps: (network: string) => readonly string[]): Generator<Failure> {
  const name = /^custom:(.+)$/.exec(findProp(snapshot, CONTAINERS, key, 'network') ?? '')?.[1];
  if (name === undefined) return;
  if (getDb(snapshot, NETWORKS).get(name)?.type !== 'network') {
    yield new Failure(`cannot put container "${key}" on network "${name}"`, { why: `db ${NETWORKS} has no such record`, hint: `db ${NETWORKS} set ${name} network` });
    return;
  }
  for (const why of listOverlaps(name)) yield new Failure(`cannot make network "${name}" for container "${key}"`, { why });
  // the engine would publish nothing, without a word
  if (describeNetwork(snapshot, name).internal && publishedPorts(snapshot, facts, key).length > 0) {
    yield new Failure(`cannot publish ports of container "${key}"`, { why: `its network "${name}" is internal, and nothing can be published from there` });
  }
}

/** A circle of needs among all enabled containers that one of the keys is part of. */
export function checkCycle(snapshot: Snapshot, keys: readonly string[]): readonly Failure[] {
  const records = getDb(snapshot, CONTAINERS);
  const isEnabled = (key: string): boolean => records.get(key)?.type === 'service' && findProp(snapshot, CONTAINERS, key, 'status') === 'enabled';
  const cycle = findCycle(keys.filter(isEnabled), (key) => listNeeds(records.get(key)?.props ?? new Map<string, string>()).filter(isEnabled));
  return cycle === undefined ? [] : [new Failure(`cannot start container "${cycle[0] ?? ''}"`, { why: `it needs itself in the end: ${cycle.join(' -> ')}`, hint: 'change Interlinked, network or VolumesFrom of one of them' })];
}

/** Links whose variables have no ports yet. */
export function listUnknownPorts(snapshot: Snapshot, facts: Facts, key: string): readonly string[] {
  const { props } = getDb(snapshot, CONTAINERS).get(key) ?? { props: new Map<string, string>() };
  return parseLinks(props.get('Interlinked') ?? '').filter(({ target }) => linkPorts(snapshot, facts, target) === undefined)
    .map(({ target }) => `${CONTAINERS} ${key}: its variables for "${target}" have no ports yet, since "${target}" names none and the engine does not have its image`);
}
