import type { LogLine } from '../../engine/admin-engine.ts';

export interface LogsRequest {
  readonly names: readonly string[];
  /** RFC 3339 */
  readonly since?: string | undefined;
  /** that many lines of each, the last ones */
  readonly tail?: number | undefined;
  readonly follow: boolean;
  /** ends it */
  readonly signal?: AbortSignal | undefined;
}

export interface NamedLine extends LogLine {
  readonly name: string;
  /** of a service of a swarm: the node that it comes from */
  readonly node?: string;
}
