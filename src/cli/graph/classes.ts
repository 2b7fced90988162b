import { compareBytes } from '../../base/layers.ts';
import type { Graph } from '../../features/graph/graph.ts';

/** More of them do not tell a reader anything any more. */
const MOST_CLASSES = 14;

/**
 * Containers that depend alike: they have outputs of the same templates, and need and are needed
 * by containers that are alike in turn.
 * @returns name -> the first name of its class
 */
export function classifyContainers({ nodes, edges }: Graph): ReadonlyMap<string, string> {
  const outputs = new Map<string, string[]>();
  for (const { of, kind, group } of nodes.values())
    if (of !== undefined) outputs.set(of, [...(outputs.get(of) ?? []), `${kind} ${group}`]);
  const names = [...outputs.keys()].sort(compareBytes);
  const needs = edges
    .filter(({ kind }) => kind === 'needs')
    .map(({ from, to }) => [nodes.get(from)?.of ?? '', nodes.get(to)?.of ?? ''] as const);
  const plain = toClasses(names, (name) => (outputs.get(name) ?? []).toSorted(compareBytes).join());
  let classes = plain;
  // what two are alike in besides their links is found farther away with each round; a chain of four is as
  // far as one looks
  for (let round = 0; round < 4; round++) {
    const before = classes;
    const around = (name: string): string =>
      [
        ...new Set(
          needs.flatMap(([need, of]) =>
            of === name
              ? [`needs ${before.get(need) ?? need}`]
              : need === name
                ? [`needed by ${before.get(of) ?? of}`]
                : [],
          ),
        ),
      ]
        .sort(compareBytes)
        .join();
    classes = toClasses(names, (name) => `${before.get(name) ?? ''} ${around(name)}`);
  }
  return new Set(classes.values()).size > MOST_CLASSES ? plain : classes;
}

function toClasses(names: readonly string[], describe: (name: string) => string): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  return new Map(
    names.map((name) => {
      const description = describe(name);
      const representative = first.get(description) ?? name;
      first.set(description, representative);
      return [name, representative];
    }),
  );
}
