import { Failure } from '../../base/errors.ts';

/** A container that was started and did not become healthy. */
export class Unhealthy extends Failure {
  /** why, on one line */
  readonly reason: string;
  /** the end of its log; undefined: it is not at hand */
  readonly lines: readonly string[] | undefined;

  constructor(what: string, reason: string, lines: readonly string[] | undefined, hint?: string) {
    super(what, {
      why: `${reason}${formatLog(lines)}`,
      ...(hint === undefined ? {} : { hint }),
    });
    this.reason = reason;
    this.lines = lines;
  }
}

function formatLog(lines: readonly string[] | undefined): string {
  if (lines === undefined) return '';
  return lines.length === 0
    ? '; its log is empty'
    : `; its last lines were:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
