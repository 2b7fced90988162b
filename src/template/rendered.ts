import type { RecordRef } from './language/origin.ts';
import type { ReadScope, TrackedText } from './language/tracked-text.ts';

/** One output file, wholly expanded, not installed yet. */
export interface Rendered {
  /** without the root */
  readonly path: string;
  readonly content: Buffer;
  /** sha256 of the content, hex */
  readonly digest: string;
  /** permission bits, `0o644` */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** the template's path, `/etc/docker/daemon.json` */
  readonly template: string;
  /** with `FOREACH`: whose output it is */
  readonly record?: RecordRef;
  /** the content with what made each piece of it: `text.lineOrigins()` says where its lines come from */
  readonly text: TrackedText;
  /** everything that was read for it: `scope.noted()`, each once */
  readonly scope: ReadScope;
  /** something secret is among that */
  readonly isSecret: boolean;
  /** services whose file this is */
  readonly services: readonly string[];
  /** shell command with `%s` for the staged file */
  readonly check?: string;
}
