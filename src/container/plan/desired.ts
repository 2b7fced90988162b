import { Failure, throwAll } from '../../base/errors.ts';
import { needsDisabled } from '../../model/links/check-links.ts';
import type { Container } from '../../model/container.ts';
import type { ImageSource } from '../../model/image-source.ts';
import { findCycle, inStartOrder } from '../../model/links/start-order.ts';
import { listSpecNeeds } from '../spec/needs.ts';
import type { RunSpec } from '../spec/run-spec.ts';

/** What the dbs ask for, in the order in which containers are started. */
export interface Desired {
  readonly containers: readonly DesiredContainer[];
  /** by reference; what is not in it is pulled when it is missing */
  readonly images?: ReadonlyMap<string, ImageSource>;
  /** containers that others wait for to complete: they run once, and not for ever */
  readonly awaited?: ReadonlySet<string>;
  /** files that containers mount, by the names that run specs have for the same ones now */
  readonly renamed?: ReadonlyMap<string, string>;
  /** what a swarm runs; absent: there is none */
  readonly swarm?: SwarmNames;
}

export interface SwarmNames {
  /** of services by records, and of those that docksmith made */
  readonly known: ReadonlySet<string>;
  /** of services by records */
  readonly wanted: ReadonlySet<string>;
  /** whether this host drives it */
  readonly isManager: boolean;
}

export type DesiredContainer =
  | { readonly state: 'running'; readonly name: string; readonly spec: RunSpec }
  /** kept with its data if it is there, and never made */
  | { readonly state: 'stopped'; readonly name: string };

/**
 * @throws Failure(s) for what needs itself in the end, or a disabled one
 * @param specs by name; an enabled container without one is an error
 * @param images what the references of images mean
 */
export function makeDesired(
  containers: readonly Container[],
  specs: ReadonlyMap<string, RunSpec>,
  images: ReadonlyMap<string, ImageSource> = new Map(),
): Desired {
  const failures: Failure[] = [];
  const desired: DesiredContainer[] = [];
  const needsOf = (name: string): readonly string[] => {
    const spec = specs.get(name);
    return spec === undefined ? [] : listSpecNeeds(spec);
  };
  // records are checked before; fragments may say depends_on too
  const cycle = findCycle(
    containers.map(({ key }) => key),
    needsOf,
  );
  if (cycle !== undefined)
    failures.push(
      new Failure(`cannot start container "${cycle[0] ?? ''}"`, {
        why: `its run spec needs itself in the end: ${cycle.join(' -> ')}`,
      }),
    );
  const disabled = new Set(containers.filter(({ isEnabled }) => !isEnabled).map(({ key }) => key));
  const isDisabled = (name: string): boolean => disabled.has(name);
  for (const { key: name } of inStartOrder(containers, needsOf)) {
    const spec = specs.get(name);
    if (!isDisabled(name))
      failures.push(
        ...needsOf(name)
          .filter(isDisabled)
          .map((need) => needsDisabled(name, need)),
      );
    if (isDisabled(name)) desired.push({ state: 'stopped', name });
    else if (spec !== undefined) desired.push({ state: 'running', name, spec });
    else
      failures.push(
        new Failure(`cannot run container "${name}"`, {
          why: 'its record is enabled, and it has no run spec',
          hint: `signal-event docker-container-update ${name}`,
        }),
      );
  }
  throwAll(failures);
  return { containers: desired, images };
}

/** The run specs of those that are to run, by name. */
export function specsOf({ containers }: Pick<Desired, 'containers'>): ReadonlyMap<string, RunSpec> {
  return new Map(
    containers.flatMap((container) =>
      container.state === 'running' ? [[container.name, container.spec] as const] : [],
    ),
  );
}
