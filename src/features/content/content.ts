import { throwAll } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { findSeenContent } from '../../flow/content/content-folder.ts';
import { type ContentState, readContentStates } from '../../flow/content/content-state.ts';
import { withoutContent } from '../../flow/content/update-content.ts';
import { readHostSnapshot } from '../../flow/host-state.ts';
import { listContents } from '../../model/content.ts';
import { formatRef } from '../../model/content-record.ts';

/** How things stand with the content of a container. Times are ISO 8601. */
export interface ContentStatus extends Pick<ContentState, 'checked' | 'failure'> {
  readonly name: string;
  readonly url: string;
  /** as it is asked for: `main`, `HEAD` */
  readonly ref: string;
  /** in the container */
  readonly path: string;
  /** what it sees; undefined: nothing */
  readonly revision: string | undefined;
  /** since when */
  readonly since: string | undefined;
  /** that is of another repository or ref than the record says now */
  readonly isOther: boolean;
}

/** @throws Failure(s) for names without content */
export function readContents(paths: Paths, names: readonly string[]): readonly ContentStatus[] {
  const snapshot = readHostSnapshot(paths);
  const all = listContents(snapshot);
  throwAll(names.filter((name) => !all.some(({ key }) => key === name)).map((name) => withoutContent(snapshot, name)));
  const states = readContentStates(paths);
  return all
    .filter(({ key }) => names.length === 0 || names.includes(key))
    .map(({ key: name, url, ref, path }) => {
      const seen = findSeenContent(paths, name);
      const state = states.get(name);
      return {
        name,
        url,
        ref: formatRef(ref),
        path,
        revision: seen?.revision,
        since: seen?.since,
        checked: state?.checked,
        failure: state?.failure,
        isOther: seen !== undefined && (state?.url !== url || state.ref !== ref),
      };
    });
}
