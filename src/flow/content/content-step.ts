import { NEVER } from '../../base/interrupt.ts';
import { formatRef } from '../../model/content-record.ts';
import type { PlannedEvent, StepPart } from '../step-part.ts';
import { findSeenContent } from './content-folder.ts';
import type { PlannedContent } from './planned-content.ts';
import { fetchContent, findAskedContents } from './update-content.ts';

/**
 * Of `docksmith update-content`. A dry run asks no repository, as it asks no registry. An event without files
 * has nothing to prepare: its step is the first to fetch.
 */
export function updateContentStep(names: readonly string[], onlyMissing: boolean): StepPart {
  const find = ({ hostState: { paths, snapshot } }: PlannedEvent): ReturnType<typeof findAskedContents> =>
    findAskedContents(paths, snapshot, { names, onlyMissing });
  return {
    prepare: async (event, reporter) => {
      // what a package's hook cannot fetch where it is called, the next event does
      if (event.isHook) return {};
      for (const content of find(event)) {
        reporter.progress(`content ${content.key}: ${content.url}`);
        await fetchContent(event.hostState.paths, content, NEVER);
      }
      return {};
    },
    leavesEngine: (event) => find(event).length === 0,
    plan: (event) =>
      Promise.resolve({
        contents: find(event).map(({ key: name, url, ref }): PlannedContent => {
          const isThere = findSeenContent(event.hostState.paths, name) !== undefined;
          const why = !onlyMissing ? 'asked for' : isThere ? 'its record has changed' : 'not there';
          return { name, cause: `${why}, from ${formatRef(ref)} of ${url}` };
        }),
      }),
  };
}
