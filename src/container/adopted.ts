import path from 'node:path';
import { type Paths, STATE_DIR } from '../paths.ts';
import { readState, writeState } from '../state-file.ts';
import type { ContainerSummary, Engine } from './engine.ts';
import { HASH_LABEL, MANAGED_LABEL, NAME_LABEL, SPEC_LABEL } from './names.ts';
import { getHashedValues } from './spec-hash.ts';
import type { RunSpec } from './run-spec.ts';
import { formatCanonical, type TextMap } from './value.ts';

/**
 * Containers that somebody else made and that an admin gave into docksmith's hands: by id, the
 * labels that they would have. Labels of a living container cannot be changed; a recreate gives
 * it real ones, under another id.
 */
export type Adopted = ReadonlyMap<string, TextMap>;

const WHAT = 'the list of adopted containers';
const stateFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'adopted.json'));

export function readAdopted(paths: Paths): Adopted {
  return readState(stateFile(paths), WHAT, (state) => state.get('containers').map((labels) => Object.fromEntries(labels.map((label) => label.text())))) ?? new Map();
}

export function writeAdopted(paths: Paths, adopted: Adopted): void {
  writeState(stateFile(paths), WHAT, { containers: Object.fromEntries(adopted) });
}

/**
 * The labels of an adopted container. Their hash is of no version, so that it is compared by
 * what the engine says of it; the values of its run spec are there so that a key which the run
 * spec stops to name is seen.
 */
export function makeAdoptedLabels(spec: RunSpec): TextMap {
  return { [MANAGED_LABEL]: 'true', [NAME_LABEL]: spec.name, [HASH_LABEL]: 'adopted', [SPEC_LABEL]: formatCanonical(getHashedValues(spec)) };
}

/** The same engine, whose adopted containers look as if they had our labels. */
export function withAdopted<T extends Engine>(engine: T, adopted: Adopted): T {
  if (adopted.size === 0) return engine;
  const list = engine.listContainers.bind(engine);
  const listContainers = async (): Promise<readonly ContainerSummary[]> =>
    (await list()).map((summary) => ({ ...summary, labels: { ...summary.labels, ...adopted.get(summary.id) } }));
  return Object.assign(engine, { listContainers });
}
