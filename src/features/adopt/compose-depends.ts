import { Failure } from '../../base/errors.ts';
import type { Input } from '../../container/spec/input.ts';
import { readChoice, readFlag } from '../../container/spec/read-input.ts';
import { CONDITION_NAMES } from '../../container/spec/keys/others.ts';
import type { Dependency } from '../../model/links/parse-links.ts';
import { findEntry, isNothing, showInput } from './compose-input.ts';
import type { Project } from './compose-project.ts';

/** What a service says in `depends_on`, by the names of services; a list asks for started ones. */
export function readDependsOn(input: Input): readonly Dependency[] {
  const said = findEntry(input, 'depends_on');
  if (said === undefined || isNothing(said)) return [];
  if (said.items !== undefined)
    return said.items.map((item) => ({
      name: showInput(item),
      condition: 'started',
      isOptional: false,
      restarts: false,
    }));
  return (said.entries ?? said.refuse('must be a list or a map')).map(([name, how]) => {
    const [condition, required, restart] = ['condition', 'required', 'restart'].map((field) => findEntry(how, field));
    return {
      name,
      condition:
        CONDITION_NAMES[condition === undefined ? '' : readChoice(condition, Object.keys(CONDITION_NAMES))] ??
        'started',
      isOptional: required !== undefined && !readFlag(required),
      restarts: restart !== undefined && readFlag(restart),
    };
  });
}

/**
 * The same by the names of containers. A service that is not in the file may be missing where it is
 * optional.
 * @throws Failure for one that is not there, or for what depends on itself in the end
 */
export function dependenciesOf(
  { services }: Project,
  names: ReadonlyMap<string, readonly string[]>,
  service: string,
): readonly Dependency[] {
  const needsOf = (one: string): readonly Dependency[] => {
    const input = services.get(one);
    return input === undefined ? [] : readDependsOn(input);
  };
  const cycle = findWayBack(service, (one) => needsOf(one).map(({ name }) => name));
  if (cycle !== undefined)
    throw new Failure(`cannot adopt service "${service}"`, {
      why: `it depends on itself in the end: ${cycle.join(' -> ')}`,
    });
  return needsOf(service).flatMap((need): readonly Dependency[] => {
    // a service of no containers is waited for by nobody
    const all = names.get(need.name);
    if (all !== undefined) return all.map((name) => ({ ...need, name }));
    if (need.isOptional) return [];
    throw new Failure(`cannot adopt service "${service}"`, {
      why: `it depends on "${need.name}", and the file has no such service`,
    });
  });
}

/** `a -> b -> a` as a list; undefined: no way leads back. */
function findWayBack(start: string, needsOf: (name: string) => readonly string[]): readonly string[] | undefined {
  const seen = new Set<string>();
  const visit = (name: string, way: readonly string[]): readonly string[] | undefined => {
    for (const need of needsOf(name)) {
      if (need === start) return [...way, need];
      if (seen.has(need)) continue;
      seen.add(need);
      const found = visit(need, [...way, need]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return visit(start, [start]);
}
