import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Calls of the original Perl `db` command with what they printed and the file that they left; beside the
 * checkout, not in it.
 */
export const ORACLE = path.resolve(import.meta.dirname, '../../../shared/oracle/db-calls.json');

export interface Sequence {
  /** the file before the first call; null: none */
  readonly start: string | null;
  readonly steps: readonly {
    readonly args: readonly string[];
    readonly exit: number | 'error';
    readonly stdout: string;
  }[];
  /** the lines of the file after the last call, without comments; null: none */
  readonly end: readonly string[] | null;
}

/** The recorded sequences; none where the file is not there. */
export function readOracle(): readonly Sequence[] {
  if (!existsSync(ORACLE)) return [];
  const { cases } = JSON.parse(readFileSync(ORACLE, 'utf8')) as { cases: readonly Sequence[] };
  return cases;
}

/** A db file's lines as the recording has them. */
export function withoutComments(content: Buffer | undefined): readonly string[] | null {
  return content === undefined
    ? null
    : content
        .toString()
        .split('\n')
        .filter((line) => !line.startsWith('#'));
}
