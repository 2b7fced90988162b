import type { Plan } from './plan.ts';

/** One line per operation, `update wiki: memory 256m -> 512m`, or `nothing to do`; then the notes. No newline at the end. */
export function formatPlan({ operations, notes }: Plan): string {
  const lines = operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`);
  return [...(lines.length === 0 ? ['nothing to do'] : lines), ...notes].join('\n');
}
