import { Failure, Failures, throwAll } from '../../base/errors.ts';
import { findNearest } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { type ComposeSource, findComposeSubjects } from './compose-subjects.ts';
import { type EngineView, findSummary, readRunning } from './running.ts';
import type { Subject } from './subject.ts';

/** What is to be adopted: containers by name or id, or what a Compose file describes. */
export type AdoptSource = { readonly kind: 'containers'; readonly names: readonly string[] } | ComposeSource;

/** @throws Failure(s) for all that cannot be found or adopted */
export async function findSubjects(paths: Paths, view: EngineView, source: AdoptSource): Promise<readonly Subject[]> {
  if (source.kind === 'compose') return findComposeSubjects(paths, view, source);
  const failures: Failure[] = [];
  const subjects: Subject[] = [];
  for (const name of new Set(source.names)) {
    try {
      subjects.push(await readNamed(view, name));
    } catch (error) {
      if (error instanceof Failures) failures.push(...error.failures);
      else if (error instanceof Failure) failures.push(error);
      else throw error;
    }
  }
  throwAll(failures);
  return subjects;
}

async function readNamed(view: EngineView, name: string): Promise<Subject> {
  const summary = findSummary(view, name);
  if (summary !== undefined) return readRunning(view, summary);
  const nearest = findNearest(
    name,
    view.containers.map((container) => container.name),
  );
  throw new Failure(`cannot adopt container "${name}"`, {
    why: 'the engine has none of that name',
    ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }),
  });
}
