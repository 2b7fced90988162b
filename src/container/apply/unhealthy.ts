import { Failure } from '../../base/errors.ts';

/** A container that was started and did not become healthy. */
export class Unhealthy extends Failure {
  /** why, on one line */
  readonly reason: string;
  /** the end of its log */
  readonly lines: readonly string[];

  constructor(what: string, reason: string, lines: readonly string[]) {
    super(what, {
      why: `${reason}${lines.length === 0 ? '; its log is empty' : `; its last lines were:\n${lines.map((line) => `  ${line}`).join('\n')}`}`,
    });
    this.reason = reason;
    this.lines = lines;
  }
}
