import { type Failure, throwAll } from '../base/errors.ts';
import type { Input } from '../container/spec/input.ts';
import { tryTo } from './inputs.ts';
import { listNeeds } from './needs.ts';
import { type ComposeModel, isActive, listProfiles } from './read-project.ts';

export interface Selection {
  /** service -> who needs it; undefined: it was meant itself */
  readonly services: ReadonlyMap<string, string | undefined>;
  /** what is said of those that are left out */
  readonly notes: readonly string[];
}

/**
 * The services that Compose starts: those that are named and all that they need, or where none is named those without
 * a profile or with one that is asked for.
 * @param isRunning a service that runs was asked for once
 * @throws Failure(s) for what needs one whose profile nobody asked for
 */
export function selectServices(
  project: ComposeModel,
  named: readonly string[],
  isRunning: (service: string) => boolean,
): Selection {
  const isNamed = (service: string): boolean => named.includes(service);
  // who is named brings its profiles
  const profiles = new Set([
    ...project.profiles,
    ...[...project.services].flatMap(([name, service]) => (isNamed(name) ? listProfiles(service) : [])),
  ]);
  const isOn = (name: string, service: Input): boolean => isActive(service, { profiles }) || isRunning(name);
  const begin = [...project.services].filter(([name, service]) =>
    named.length === 0 ? isOn(name, service) : isNamed(name),
  );
  const services = new Map<string, string | undefined>(begin.map(([name]) => [name, undefined]));
  const failures: Failure[] = [];
  // what is added meanwhile is looked at, too
  for (const [name] of services) {
    const service = project.services.get(name);
    for (const { service: other, isOptional, input } of service === undefined ? [] : listNeeds(service)) {
      const needed = project.services.get(other);
      if (needed === undefined || services.has(other)) continue;
      if (isOn(other, needed)) services.set(other, name);
      else if (!isOptional && !isRunning(name)) failures.push(...refuseInactive(other, needed, input));
    }
  }
  throwAll(failures);
  const notes = [...project.services].flatMap(([name, service]) => {
    if (named.length > 0 || services.has(name)) return [];
    const [profile = ''] = listProfiles(service);
    return [`service "${name}" is left out: it has the profile ${profile}, which --profile ${profile} asks for`];
  });
  return { services, notes };
}

function refuseInactive(name: string, service: Input, at: Input): readonly Failure[] {
  const [profile = ''] = listProfiles(service);
  const refuse = (): never =>
    at.refuse(`it needs service "${name}", whose profile nobody asked for`, `--profile ${profile}`);
  return tryTo(refuse).failures ?? [];
}
