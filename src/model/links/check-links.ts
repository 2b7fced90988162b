import type { Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Facts } from '../../host/facts.ts';
import { Container, CONTAINERS, listContainers } from '../container.ts';
import { linkPorts } from './links.ts';
import { findCycle } from './start-order.ts';

/** What an enabled container needs has to be there, enabled and reachable. */
export function* checkNeeds(container: Container): Generator<Failure> {
  const { snapshot, key, links } = container;
  for (const need of container.needs) {
    const needed = new Container(snapshot, need);
    if (!needed.isContainer) {
      yield new Failure(`cannot run container "${key}"`, {
        why: `it needs container "${need}", and db ${CONTAINERS} has no such record`,
        ...didYouMean(
          need,
          listContainers(snapshot).map((one) => one.key),
        ),
      });
    } else if (!needed.isEnabled) {
      yield needsDisabled(key, need);
    }
  }
  for (const one of links.length === 0
    ? []
    : [key, ...links.map(({ target }) => target)].map((name) => new Container(snapshot, name))) {
    if (one.isContainer && !one.hasOwnPorts) {
      yield new Failure(`cannot link container "${key}" with ${links.map(({ target }) => `"${target}"`).join(', ')}`, {
        why: `container "${one.key}" has network ${one.network}, and so no network to share`,
      });
    }
  }
  for (const need of container.needs) {
    const needed = new Container(snapshot, need);
    if (
      needed.whyNotUp !== undefined &&
      (links.some(({ target }) => target === need) || container.network === `container:${need}`)
    )
      yield new Failure(`cannot link container "${key}" with "${need}"`, {
        why: `the Role of "${need}" is ${needed.role}: ${needed.whyNotUp}, and only its volumes can be used`,
        hint: `db ${CONTAINERS} setprop ${key} VolumesFrom ${need}`,
      });
  }
  const aliases = links.map(({ alias }) => alias);
  const twice = aliases.find((alias, n) => aliases.indexOf(alias) < n);
  if (twice !== undefined)
    yield new Failure(`cannot link container "${key}"`, { why: `two of its links have the alias "${twice}"` });
}

export function needsDisabled(key: string, need: string): Failure {
  return new Failure(`cannot run container "${key}"`, {
    why: `it is enabled and needs container "${need}", which is disabled`,
    hint: `db ${CONTAINERS} setprop ${need} status enabled`,
  });
}

/** A circle of needs among all enabled containers that one of the keys is part of. */
export function checkCycle(snapshot: Snapshot, keys: readonly string[]): readonly Failure[] {
  const isEnabled = (key: string): boolean => new Container(snapshot, key).isEnabled;
  const cycle = findCycle(keys.filter(isEnabled), (key) => new Container(snapshot, key).needs.filter(isEnabled));
  return cycle === undefined
    ? []
    : [
        new Failure(`cannot start container "${cycle[0] ?? ''}"`, {
          why: `it needs itself in the end: ${cycle.join(' -> ')}`,
          hint: 'change Interlinked, network or VolumesFrom of one of them',
        }),
      ];
}

/** Links whose variables have no ports yet. */
export function listUnknownPorts({ snapshot, key, links }: Container, facts: Facts): readonly string[] {
  return links
    .filter(({ target }) => linkPorts(new Container(snapshot, target), facts) === undefined)
    .map(
      ({ target }) =>
        `${CONTAINERS} ${key}: its variables for "${target}" have no ports yet, since "${target}" names none and the engine does not have its image`,
    );
}
