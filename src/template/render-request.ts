import type { Read } from '../db/record.ts';
import type { Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../host/facts.ts';
import type { Paths } from '../base/paths.ts';
import type { HelperTable } from './language/helper.ts';
import type { RecordRef } from './language/origin.ts';
import type { Rendered } from './rendered.ts';

/** What all renderings of one run share. */
export interface RenderContext {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly helpers: HelperTable;
  /** user or group name (or number) -> id; undefined when the host has none of that name */
  readonly findOwner: (kind: 'user' | 'group', name: string) => number | undefined;
  /** takes no short cut: every fragment is evaluated for every record */
  readonly isPlain?: boolean;
}

export interface RenderRequest {
  /** the template's path, which is its output's unless metadata says otherwise */
  readonly template: string;
  /** metadata that an event adds */
  readonly metadata?: { readonly file: string; readonly text: string };
  /** arguments of the event: the records to expand for, where metadata says `ONLY = arguments` */
  readonly args?: readonly string[];
  /** replaces OUTPUT_FILENAME */
  readonly outputFilename?: string;
}

/** What is expanded at once: a template, or one record of it with FOREACH. */
export interface RenderedInstance {
  /** with FOREACH: whose */
  readonly record?: RecordRef;
  readonly outputs: readonly Rendered[];
  /** what was read of all but its own record, each once; also to decide that there is no output */
  readonly reads: readonly Read[];
}

export interface RenderedTemplate {
  readonly template: string;
  readonly instances: readonly RenderedInstance[];
  /** of all units */
  readonly outputs: readonly Rendered[];
  readonly warnings: readonly string[];
  /** what the outputs are all of: the whole template, or with `ONLY = arguments` these records */
  readonly scope: 'all' | readonly RecordRef[];
}

/** What the outputs of a template are all of. @param only keys of records that alone are expanded */
export function scopeOf(db: string | undefined, only: readonly string[] | undefined): RenderedTemplate['scope'] {
  return db === undefined || only === undefined ? 'all' : only.map((key) => ({ db, key }));
}
