import { isContainerName } from '../../container/spec/names.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { CONTAINERS } from '../../model/container.ts';
import { Failure, failuresOf, throwAll } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { type ComposeSource, findComposeCandidates, type Found } from './compose-candidates.ts';
import { type EngineView, findSummary, readRunning } from './running.ts';
import type { Candidate } from './candidate.ts';
import { findStackCandidates, listStacks, type StackSource } from './stack/stack-candidates.ts';

/** What is to be adopted: containers by name or id, what a Compose file describes, or the services of a stack. */
export type AdoptSource =
  | { readonly kind: 'containers'; readonly names: readonly string[] }
  | ComposeSource
  | StackSource;

/** @throws Failure(s) for all that cannot be found or adopted */
export async function findCandidates(
  paths: Paths,
  snapshot: Snapshot,
  view: EngineView,
  source: AdoptSource,
): Promise<Found> {
  if (source.kind === 'compose') {
    const found = await findComposeCandidates(
      paths,
      view,
      source,
      (name, application) => getDb(snapshot, CONTAINERS).get(name)?.props.get('Application') === application,
    );
    const [file = ''] = source.files;
    const isBoth = source.isStack === true && !file.includes('/') && (await listStacks(snapshot)).includes(file);
    return isBoth ? { ...found, warnings: [...found.warnings, formatBoth(file)] } : found;
  }
  if (source.kind === 'stack') return findStackCandidates(snapshot, view, source);
  const failures: Failure[] = [];
  const candidates: Candidate[] = [];
  for (const name of new Set(source.names)) {
    try {
      candidates.push(await readNamed(view, name));
    } catch (error) {
      failures.push(...failuresOf(error));
    }
  }
  throwAll(failures);
  return { candidates, warnings: [] };
}

function formatBoth(name: string): string {
  return `"${name}" is a file here and a stack of the swarm, and the file was taken; ./${name} says so, and the stack is taken in a folder without such a file`;
}

async function readNamed(view: EngineView, name: string): Promise<Candidate> {
  const summary = findSummary(view, name);
  if (summary !== undefined) return readRunning(view, summary);
  throw new Failure(`cannot adopt container "${name}"`, {
    why: 'the engine has none of that name',
    ...didYouMean(
      name,
      view.containers.map((container) => container.name),
    ),
  });
}

/** Names that are taken, or that docksmith keeps for itself. */
export function listRefused(snapshot: Snapshot, candidates: readonly Candidate[]): readonly Failure[] {
  return candidates.flatMap(({ name, there, service }, n) => {
    const what = `cannot adopt ${service === undefined ? 'container' : 'service'} "${name}"`;
    const hint =
      service !== undefined
        ? `the record has to go, as a service keeps its name: db ${CONTAINERS} delete ${name}`
        : there === undefined
          ? 'give its service another container_name'
          : `docker rename ${name} NEW-NAME gives it another name`;
    if (!isContainerName(name))
      return [new Failure(what, { why: 'that is no name for a record of a container', hint })];
    if (getDb(snapshot, CONTAINERS).has(name))
      return [new Failure(what, { why: `db ${CONTAINERS} has a record of that name already`, hint })];
    return candidates.findIndex((other) => other.name === name) < n
      ? [new Failure(what, { why: 'it is named twice' })]
      : [];
  });
}
