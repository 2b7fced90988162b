import path from 'node:path';
import type { Applied } from '../../container/apply/apply.ts';
import { formatStart } from '../../container/plan/boot-order.ts';
import type { Engine } from '../../engine/engine.ts';
import { listSpecNeeds } from '../../container/spec/needs.ts';
import { isStarting } from '../../container/plan/operation.ts';
import type { Plan } from '../../container/plan/plan.ts';
import { compareBytes } from '../../base/layers.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { readState, writeState } from '../../files/state-file.ts';

const WHAT = 'the starts of containers';
const startsFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'ordered-starts.json'));

/** By container, the start that was made in order, of one that ran on. */
export function readOrderedStarts(paths: Paths): ReadonlyMap<string, string> {
  return readState(startsFile(paths), WHAT, (state) => state.get('starts').map((start) => start.text())) ?? new Map();
}

/**
 * Writes down the starts that a plan has made of containers that need others, or that the engine does not start again:
 * when it comes up, it is only by this that one that ended with it is told from one that had completed.
 */
export async function rememberStarts(
  paths: Paths,
  engine: Engine,
  { specs = new Map() }: Plan,
  { done }: Applied,
): Promise<void> {
  const names = done
    .filter(isStarting)
    .map(({ name }) => name)
    .filter((name) => {
      const spec = specs.get(name);
      return spec !== undefined && (listSpecNeeds(spec).length > 0 || (spec.values['restart'] ?? 'no') === 'no');
    });
  if (names.length === 0) return;
  const starts = new Map(readOrderedStarts(paths));
  const containers = await engine.listContainers();
  for (const name of starts.keys()) if (!containers.some((container) => container.name === name)) starts.delete(name);
  for (const { id, name } of containers.filter((container) => names.includes(container.name))) {
    const inspect = await engine.findContainer(id);
    if (inspect?.State.Running === true) starts.set(name, formatStart(id, inspect.State.StartedAt));
  }
  writeState(startsFile(paths), WHAT, {
    starts: Object.fromEntries([...starts].sort(([a], [b]) => compareBytes(a, b))),
  });
}
