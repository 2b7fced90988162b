import path from 'node:path';
import { compareBytes } from '../../base/layers.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { type Field, readState, writeState } from '../../files/state-file.ts';

/** What is remembered of a container's content; which revision it sees, the link itself says. Times are ISO 8601. */
export interface ContentState {
  /** what the revision was fetched from; empty: nothing was yet */
  readonly url: string;
  readonly ref: string;
  /** when the repository was last asked and answered */
  readonly checked?: string | undefined;
  /** why that has failed since */
  readonly failure?: { readonly when: string; readonly why: string } | undefined;
}

const WHAT = 'the state of contents';
const stateFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'contents.json'));

export function readContentStates(paths: Paths): ReadonlyMap<string, ContentState> {
  return readState(stateFile(paths), WHAT, (state) => state.get('contents').map(parseContent)) ?? new Map();
}

function parseContent(field: Field): ContentState {
  return {
    url: field.get('url').text(),
    ref: field.get('ref').text(),
    checked: field.get('checked').optional((when) => when.text()),
    failure: field
      .get('failure')
      .optional((failure) => ({ when: failure.get('when').text(), why: failure.get('why').text() })),
  };
}

/** Replaces that of one container. */
export function writeContentState(paths: Paths, name: string, state: ContentState): void {
  writeStates(paths, new Map(readContentStates(paths)).set(name, state));
}

/** Of one whose content is removed. */
export function forgetContentState(paths: Paths, name: string): void {
  const states = new Map(readContentStates(paths));
  if (states.delete(name)) writeStates(paths, states);
}

function writeStates(paths: Paths, states: ReadonlyMap<string, ContentState>): void {
  const sorted = [...states].sort(([a], [b]) => compareBytes(a, b));
  writeState(stateFile(paths), WHAT, { contents: Object.fromEntries(sorted) });
}
