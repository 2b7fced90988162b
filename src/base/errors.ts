/** Where in a file something is wrong; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** `file`, `file:line` or `file:line:column`, the form that editors jump to. */
export function formatPlace({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

export interface FailureDetails {
  /** the reason, lower case, no full stop */
  readonly why: string;
  readonly at?: Place;
  /** the one thing to do about it, where there is one */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * Something that could not be done. `what` is lower case and names the subject in
 * quotes: `new Failure('cannot read db "x"', { why: 'permission denied' })`.
 */
export class Failure extends Error {
  /** of a program that ends with it: 2 for wrong usage, 130 and the like where a signal has ended it */
  exitCode = 1;
  readonly why: string;
  readonly at: Place | undefined;
  /** may be added by who knows more of what was asked for */
  hint: string | undefined;

  constructor(what: string, { why, at, hint, cause }: FailureDetails) {
    super(`${at === undefined ? '' : `${formatPlace(at)}: `}${what}: ${why}`, cause === undefined ? {} : { cause });
    this.name = new.target.name;
    this.why = why;
    this.at = at;
    this.hint = hint;
  }
}

/** The command line itself is wrong: exit code 2. */
export class UsageFailure extends Failure {
  override readonly exitCode = 2;
}

/** Several mistakes of one kind, reported at once so that they can be fixed together. */
export class Failures extends Error {
  readonly exitCode = 1;
  readonly failures: readonly Failure[];

  constructor(failures: readonly Failure[]) {
    super(failures.map((failure) => failure.message).join('\n'));
    this.name = 'Failures';
    this.failures = failures;
  }
}

/** The exit code of who has failed so. */
export function worstOf(failures: readonly Failure[]): number {
  return Math.max(0, ...failures.map(({ exitCode }) => exitCode));
}

/** Throws all collected mistakes at once, or does nothing when there are none. */
export function throwAll(failures: readonly Failure[]): void {
  const [only, ...others] = failures;
  if (only === undefined) return;
  throw others.length === 0 ? only : new Failures(failures);
}

/** What to do about them, each once. */
export function listHints(failures: readonly Failure[]): readonly string[] {
  return [...new Set(failures.flatMap(({ hint }) => hint ?? []))];
}

/** The failures that were thrown. @throws whatever else it was */
export function failuresOf(error: unknown): readonly Failure[] {
  if (error instanceof Failures) return error.failures;
  if (error instanceof Failure) return [error];
  throw error;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or folder',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  EIO: 'input/output error',
  EEXIST: 'exists already',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was broken off',
  ELOOP: 'too many symbolic links',
  ENOTEMPTY: 'folder not empty',
  EXDEV: 'is on another file system',
  EBUSY: 'in use by something else',
  ETXTBSY: 'it is being written or run',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on this machine',
  EDQUOT: 'disk quota exceeded',
  ENAMETOOLONG: 'its name is too long',
  ENODEV: 'no such device',
  ENXIO: 'no such device',
  EHOSTUNREACH: 'host not reachable',
  ENETUNREACH: 'network not reachable',
  ENOTFOUND: 'there is no host of that name',
};

/** The reason in an admin's words, from a Node system error or whatever else was thrown. */
export function reasonOf(error: unknown): string {
  if (error instanceof Failure) return error.why;
  if (!(error instanceof Error)) return String(error);
  const code = errorCode(error);
  return (code !== undefined && SYSTEM_ERRORS[code]) || error.message;
}

/** `ENOENT` and the like, or undefined for what is no system error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
