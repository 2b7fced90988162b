import path from 'node:path';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { formatState, readState, writeState } from '../../files/state-file.ts';
import type { ContainerSummary, Engine } from '../../engine/engine.ts';
import { getComparedValues } from './difference.ts';
import { HASH_LABEL, KEPT_LABEL, MANAGED_LABEL, NAME_LABEL, SPEC_LABEL } from '../spec/names.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { formatCanonical, type TextMap } from '../spec/value.ts';

/**
 * Containers that somebody else made and that an admin gave into docksmith's hands: by id, the
 * labels that they would have. Labels of a living container cannot be changed; a recreate gives
 * it real ones, under another id.
 */
export type Adopted = ReadonlyMap<string, TextMap>;

const WHAT = 'the list of adopted containers';
/** Without the root. */
export const ADOPTED_FILE = path.posix.join(STATE_DIR, 'adopted.json');
const stateFile = (paths: Paths): string => paths.file(ADOPTED_FILE);

export function readAdopted(paths: Paths): Adopted {
  return (
    readState(stateFile(paths), WHAT, (state) =>
      state.get('containers').map((labels) => Object.fromEntries(labels.map((label) => label.text()))),
    ) ?? new Map()
  );
}

export function writeAdopted(paths: Paths, adopted: Adopted): void {
  writeState(stateFile(paths), WHAT, stateOf(adopted));
}

/** The file, for who writes it together with others. */
export function formatAdopted(adopted: Adopted): FileContent {
  return formatState(stateOf(adopted));
}

function stateOf(adopted: Adopted): Readonly<Record<string, unknown>> {
  return { containers: Object.fromEntries(adopted) };
}

/**
 * The labels of an adopted container. Their hash is of no version, so that it is compared by
 * what the engine says of it; the values of its run spec are there so that a key which the run
 * spec stops to name is seen.
 * @param differing keys that the container has otherwise than the run spec says: nothing is done about them
 * until the run spec says something else
 */
export function makeAdoptedLabels(spec: RunSpec, differing: readonly string[] = []): TextMap {
  return {
    [MANAGED_LABEL]: 'true',
    [NAME_LABEL]: spec.name,
    [HASH_LABEL]: 'adopted',
    [SPEC_LABEL]: formatCanonical(getComparedValues(spec)),
    ...(differing.length === 0 ? {} : { [KEPT_LABEL]: differing.join(',') }),
  };
}

/**
 * Without those that are not there any more, once another container has their place or no record
 * wants one. The rest is kept: another engine may have been asked.
 * @param names of the records
 */
export function withoutGone(
  adopted: Adopted,
  containers: readonly ContainerSummary[],
  names: ReadonlySet<string>,
): Adopted {
  const isReplaced = (name: string): boolean =>
    containers.some(({ id, labels }) => labels[NAME_LABEL] === name && !adopted.has(id));
  return new Map(
    [...adopted].filter(
      ([id, { [NAME_LABEL]: name = '' }]) =>
        containers.some((container) => container.id === id) || (names.has(name) && !isReplaced(name)),
    ),
  );
}

/** The same engine, whose adopted containers look as if they had our labels. */
export function withAdopted<T extends Engine>(engine: T, adopted: Adopted): T {
  if (adopted.size === 0) return engine;
  const list = engine.listContainers.bind(engine);
  const listContainers = async (): Promise<readonly ContainerSummary[]> =>
    (await list()).map((summary) => ({ ...summary, labels: { ...summary.labels, ...adopted.get(summary.id) } }));
  return Object.assign(engine, { listContainers });
}
