import type { Db } from '../db/record.ts';
import { Failure, throwAll } from '../errors.ts';
import { compareBytes } from '../layers.ts';
import type { RunSpec } from './run-spec.ts';

/** What the dbs ask for, in the order in which containers are started. */
export interface Desired {
  readonly containers: readonly DesiredContainer[];
}

export type DesiredContainer =
  | { readonly state: 'running'; readonly name: string; readonly spec: RunSpec }
  /** kept with its data if it is there, and never made */
  | { readonly state: 'stopped'; readonly name: string };

/** Without `InterLinkPriority` a container comes after those that have a small one. */
const PLAIN_PRIORITY = 50;

/**
 * @param records the db `docker_containers`; types other than `service` are no containers
 * @param specs by name; an enabled record without one is an error
 */
export function makeDesired(records: Db, specs: ReadonlyMap<string, RunSpec>): Desired {
  const failures: Failure[] = [];
  const containers: (DesiredContainer & { readonly priority: number })[] = [];
  for (const { key: name, type, props } of records.values()) {
    if (type !== 'service') continue;
    const spec = specs.get(name);
    const priority = Number(props.get('InterLinkPriority') ?? PLAIN_PRIORITY);
    if (props.get('status') !== 'enabled') containers.push({ state: 'stopped', name, priority });
    else if (spec !== undefined) containers.push({ state: 'running', name, spec, priority });
    else failures.push(new Failure(`cannot run container "${name}"`, { why: 'its record is enabled, and it has no run spec', hint: `signal-event docker-container-update ${name}` }));
  }
  throwAll(failures);
  containers.sort((a, b) => a.priority - b.priority || compareBytes(a.name, b.name));
  return { containers };
}
