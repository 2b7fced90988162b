import type { Plan } from './plan.ts';

/** One line per operation, `update wiki: memory 256m -> 512m`, or `nothing to do`; then the notes, and what is refused. No newline at the end. */
export function formatPlan({ operations, notes, refused = [] }: Plan): string {
  const lines = operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`);
  const left = refused.map(({ message, hint }) => `refused: ${message}${hint === undefined ? '' : `; ${hint}`}`);
  return [...(lines.length + left.length === 0 ? ['nothing to do'] : lines), ...notes, ...left].join('\n');
}
