import type { ChangeSet } from '../output/plan/change-set.ts';
import type { FilePair } from '../output/plan/diff.ts';
import type { Committed } from '../output/commit/commit.ts';

/** Where the order of things tells what it does; the command line decides how that looks. */
export interface Reporter {
  /** another event runs; `holder` is its words, undefined when it left none */
  waiting(holder: string | undefined): void;
  /** something is under way that may take a while: a line for a terminal, gone with the next one */
  progress(words: string): void;
  /** the files are in place; `edits` were made by hand in those that were there before */
  installed(changes: ChangeSet, kept: Committed['kept'], edits: readonly FilePair[]): void;
  /** a line that a step printed */
  line(step: string, text: string, stream: 'stdout' | 'stderr'): void;
  warning(text: string): void;
}
