import type { Scope } from './read-source.ts';
import type { Variables } from './variables.ts';

/** Files that are read as one: those of a project, or those of an include. */
export interface Layer extends Scope {
  /** relative paths begin here */
  readonly folder: string;
  /** the files that led here by include */
  readonly including: readonly string[];
  /** files of variables of services -> the variables of who names them */
  readonly scopes: Map<string, Variables>;
}
