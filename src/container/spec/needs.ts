import {
  type Dependency,
  joinDependencies,
  parseContainerNetwork,
  parseDependency,
} from '../../model/links/parse-links.ts';
import type { RunSpec } from './run-spec.ts';
import { isList, type Value } from './value.ts';

/** All that a run spec needs to be started before it. */
export function listSpecNeeds(spec: RunSpec): readonly string[] {
  return listConditions(spec).map(({ name }) => name);
}

/** The same with how far each must have come: what says nothing of it must be healthy. */
export function listConditions(spec: RunSpec): readonly Dependency[] {
  const { depends_on: needs, links } = spec.values;
  const plain = [...toNames(links), ...listBound(spec)];
  const said = needs !== undefined && isList(needs) ? needs : [];
  return joinDependencies([...said, ...plain].map((item) => parseDependency(item, 'healthy')));
}

/** Of these, what DependsOn says: it is written with its condition. */
export function listAsked({ values: { depends_on: needs } }: RunSpec): readonly Dependency[] {
  return needs !== undefined && isList(needs)
    ? needs.filter((item) => item.includes(':')).map((item) => parseDependency(item))
    : [];
}

/** What must have run to its end before some of these are started. */
export function listAwaited(specs: Iterable<RunSpec>): readonly string[] {
  return [...specs].flatMap((spec) =>
    listConditions(spec).flatMap(({ name, condition }) => (condition === 'completed' ? [name] : [])),
  );
}

/**
 * Those whose new container the engine does not let it see: it holds on to the id of the one
 * whose network or processes it shares, to the links of the bridge and to the mounts that
 * were there when it was made.
 */
export function listBound({ values }: RunSpec): readonly string[] {
  const { network_mode: network = 'bridge', links, volumes_from: volumes } = values;
  const shared = [network, values['pid'], values['ipc']].flatMap((mode) => findSharedWith(mode) ?? []);
  return [...new Set([...shared, ...toNames(volumes), ...(network === 'bridge' ? toNames(links) : [])])];
}

/** `wikidb` of `container:wikidb`. */
export function findSharedWith(mode: Value | undefined): string | undefined {
  return typeof mode === 'string' ? parseContainerNetwork(mode) : undefined;
}

/** `wikidb` of `wikidb`, `wikidb:ro` and `wikidb:db`. */
function toNames(value: Value | undefined): readonly string[] {
  return value !== undefined && isList(value) ? value.map((text) => text.split(':')[0] ?? '') : [];
}
