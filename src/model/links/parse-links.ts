import { splitList } from '../network/parse-ports.ts';

/** A container that another one reaches under a name of its own choice. */
export interface Link {
  readonly target: string;
  readonly alias: string;
}

/** Reads `wikidb:db,cache` (Interlinked, and Compose's `links`); without an alias it is the name. */
export function parseLinks(value: string): readonly Link[] {
  return splitList(value).map((item) => {
    const [target = '', alias = target] = item.split(':');
    return { target, alias };
  });
}

/** How far a container that another one depends on must have come before that one is started. */
export const CONDITIONS = ['started', 'healthy', 'completed'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** A container that another one waits for. */
export interface Dependency {
  readonly name: string;
  readonly condition: Condition;
  /** it is not missed where it is not there or not enabled, and what becomes of it keeps nobody from starting */
  readonly isOptional: boolean;
  /** who depends on it is restarted when it was restarted or recreated */
  readonly restarts: boolean;
}

/** Reads `db:healthy:restart,init:completed,cache?` (DependsOn). */
export function parseDependencies(value: string): readonly Dependency[] {
  return splitList(value).map((item) => parseDependency(item));
}

/** @param plain what an item without a condition means */
export function parseDependency(item: string, plain: Condition = 'started'): Dependency {
  const isOptional = item.endsWith('?');
  const [name = '', ...words] = item.replace(/\?$/, '').split(':');
  return {
    name,
    condition: CONDITIONS.find((condition) => words.includes(condition)) ?? plain,
    isOptional,
    restarts: words.includes('restart'),
  };
}

/** The way back. @param plain the condition that is left out; absent: none is */
export function formatDependency({ name, condition, isOptional, restarts }: Dependency, plain?: Condition): string {
  return `${name}${condition === plain ? '' : `:${condition}`}${restarts ? ':restart' : ''}${isOptional ? '?' : ''}`;
}

/** Both together, where two things say it of one container: what is stricter holds. */
export function joinDependencies(all: readonly Dependency[]): readonly Dependency[] {
  const joined = new Map<string, Dependency>();
  for (const one of all) {
    const other = joined.get(one.name) ?? one;
    joined.set(one.name, {
      name: one.name,
      condition: CONDITIONS.findLast((condition) => [one.condition, other.condition].includes(condition)) ?? 'started',
      isOptional: one.isOptional && other.isOptional,
      restarts: one.restarts || other.restarts,
    });
  }
  return [...joined.values()];
}

/** `NAME` of `container:NAME`. */
export function parseContainerNetwork(network: string): string | undefined {
  return /^container:(.+)$/.exec(network)?.[1];
}
