import type { Operation } from './operation.ts';
import { orderOperations } from './order.ts';
import type { Plan } from './plan.ts';

/**
 * One line per operation, `update wiki: memory 256m -> 512m`, or `nothing to do`; then the notes, and what is
 * refused. No newline at the end.
 */
export function formatPlan({ operations, notes, refused = [] }: Plan): string {
  const lines = operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`);
  const left = refused.map(({ message, hint }) => `refused: ${message}${hint === undefined ? '' : `; ${hint}`}`);
  return [...(lines.length + left.length === 0 ? ['nothing to do'] : lines), ...notes, ...left].join('\n');
}

export interface ToldOperation extends Pick<Operation, 'verb' | 'name' | 'cause'> {
  /** names of what has ended when it is begun */
  readonly after?: readonly string[];
}

/** The operations of a plan in parts, for programs. */
export function tellOperations(operations: readonly Operation[]): readonly ToldOperation[] {
  return orderOperations(operations).map(({ operation: { verb, name, cause }, after }) => ({
    verb,
    name,
    cause,
    ...(after.length === 0 ? {} : { after: after.map((other) => other.name) }),
  }));
}
