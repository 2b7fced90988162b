import type { Condition, Dependency } from '../../model/links/parse-links.ts';
import { listAsked } from '../spec/needs.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { isStarting, type Operation } from './operation.ts';
import { orderOperations } from './order.ts';
import type { Plan } from './plan.ts';
import type { Told } from './told.ts';

/**
 * One line per operation, `update wiki: memory 256m -> 512m`, or `nothing to do`; then the notes, and what is
 * refused. No newline at the end.
 */
export function formatPlan({ operations, services, notes, refused = [], specs }: Plan): string {
  const format = ({ verb, name, cause }: Told): string => `${verb} ${name}: ${cause}`;
  const lines = [
    ...(services?.first ?? []).map(format),
    ...operations.map((operation) => `${format(operation)}${formatWaits(listWaits(operation, specs))}`),
    ...(services?.operations ?? []).map(format),
  ];
  const left = refused.map(({ message, hint }) => `refused: ${message}${hint === undefined ? '' : `; ${hint}`}`);
  return [...(lines.length + left.length === 0 ? ['nothing to do'] : lines), ...notes, ...left].join('\n');
}

const MET: Readonly<Record<Condition, string>> = {
  started: 'is started',
  healthy: 'is healthy',
  completed: 'has completed',
};

/** What DependsOn asks for before a container is started; links and the like say nothing of it here. */
function listWaits(operation: Operation, specs: ReadonlyMap<string, RunSpec> = new Map()): readonly Dependency[] {
  if (!isStarting(operation)) return [];
  const spec = 'spec' in operation ? operation.spec : specs.get(operation.name);
  return spec === undefined ? [] : listAsked(spec);
}

function formatWaits(waits: readonly Dependency[]): string {
  const words = waits.map(({ name, condition }) => `${name} ${MET[condition]}`);
  return words.length === 0 ? '' : `; when ${words.join(', ')}`;
}

export interface ToldOperation extends Told {
  /** names of what has ended when it is begun */
  readonly after?: readonly string[];
  /** what its DependsOn waits for */
  readonly waitsFor?: readonly { readonly name: string; readonly condition: Condition }[];
}

/** The operations of a plan in parts, for programs. */
export function tellOperations({
  operations,
  services,
  specs,
}: Pick<Plan, 'operations' | 'services' | 'specs'>): readonly ToldOperation[] {
  const tell = ({ verb, name, cause }: Told): ToldOperation => ({ verb, name, cause });
  const ofContainers = orderOperations(operations, specs).map(({ operation, after }) => {
    const { verb, name, cause } = operation;
    const waits = listWaits(operation, specs);
    return {
      verb,
      name,
      cause,
      ...(after.length === 0 ? {} : { after: after.map((other) => other.name) }),
      ...(waits.length === 0
        ? {}
        : { waitsFor: waits.map(({ name: other, condition }) => ({ name: other, condition })) }),
    };
  });
  return services === undefined
    ? ofContainers
    : [...services.first.map(tell), ...ofContainers, ...services.operations.map(tell)];
}
