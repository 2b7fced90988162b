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
  const optional = container.dependencies.flatMap(({ name, isOptional }) => (isOptional ? [name] : []));
  for (const need of container.needs) {
    const needed = new Container(snapshot, need);
    if (needed.isEnabled || optional.includes(need)) continue;
    // a link or a network shows by itself which prop it is
    const props = container.dependencies.some(({ name }) => name === need) ? 'DependsOn' : undefined;
    if (!needed.isContainer) {
      yield new Failure(`cannot run container "${key}"`, {
        why: `it needs container "${need}"${props === undefined ? '' : ` by ${props}`}, and db ${CONTAINERS} has no such record`,
        ...didYouMean(
          need,
          listContainers(snapshot).map((one) => one.key),
        ),
      });
    } else yield needsDisabled(key, need, props);
  }
  yield* checkConditions(container);
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

/** @param props that say so, in words; absent: its run spec does */
export function needsDisabled(key: string, need: string, props?: string): Failure {
  return new Failure(`cannot run container "${key}"`, {
    why: `it is enabled and needs container "${need}"${props === undefined ? '' : ` by ${props}`}, which is disabled`,
    hint: `db ${CONTAINERS} setprop ${need} status enabled`,
  });
}

/** Those of a record by which it needs a container. */
function listNeedingProps(
  { links, dependencies, targets, network, volumesFrom }: Container,
  need: string,
): readonly string[] {
  const isTarget = targets.some(({ host, isContainer }) => isContainer && host === need);
  return [
    ...(links.some(({ target }) => target === need) && !isTarget ? ['Interlinked'] : []),
    ...(isTarget ? ['Target'] : []),
    ...(dependencies.some(({ name }) => name === need) ? ['DependsOn'] : []),
    ...(network === `container:${need}` ? ['network'] : []),
    ...(volumesFrom.includes(need) ? ['VolumesFrom'] : []),
  ];
}

/** `Interlinked of wiki` for each step of a circle. */
function listCycleProps(snapshot: Snapshot, cycle: readonly string[]): readonly string[] {
  return cycle.slice(1).map((need, n) => {
    const key = cycle[n] ?? '';
    return `${listNeedingProps(new Container(snapshot, key), need).join(' and ')} of ${key}`;
  });
}

/** Conditions that a container never meets, by what its own record says. */
function* checkConditions({ snapshot, key, dependencies }: Container): Generator<Failure> {
  for (const { name, condition } of dependencies) {
    const needed = new Container(snapshot, name);
    if (!needed.isEnabled) continue;
    const what = `cannot run container "${key}"`;
    const asks = `its DependsOn asks that "${name}" is ${condition}`;
    if (needed.whyNotUp !== undefined)
      yield new Failure(what, {
        why: `${asks}, and the Role of that is ${needed.role}: ${needed.whyNotUp}`,
        hint:
          condition === 'completed'
            ? `a container that runs once has no Role, and Restart no: db ${CONTAINERS} setprop ${name} Role service Restart no`
            : `db ${CONTAINERS} setprop ${key} VolumesFrom ${name} gives it the volumes of that`,
      });
    else if (condition === 'completed' && !/^(no|on-failure)/.test(needed.restart))
      yield new Failure(what, {
        why: `${asks}, and that never ends: its Restart is ${needed.restart}`,
        hint: `db ${CONTAINERS} setprop ${name} Restart no`,
      });
  }
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
          hint: `change ${listCycleProps(snapshot, cycle).join(', or ')}`,
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
