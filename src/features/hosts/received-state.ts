import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Paths } from '../../base/paths.ts';
import { type Field, formatState, readState, writeState } from '../../files/state-file.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { syncFolder } from '../../files/replace-file.ts';
import { PENDING_FILE } from '../../files/pending-receipt.ts';
import { HOSTS_DIR, type Revision } from './repository.ts';

/**
 * What is being received. `begun`: files of the admin's may be new, nothing else is; `applied`: all of it is there, and
 * waits to be confirmed; `confirmed` and `gone-back`: decided, and still to be noted.
 */
export type Phase = 'begun' | 'applied' | 'confirmed' | 'gone-back';

export interface Pending {
  readonly phase: Phase;
  readonly revision: Revision;
  /** of this host, in words: who sent it, and what */
  readonly what: string;
  /** ISO 8601; absent: the event is still under way, or was killed */
  readonly deadline?: string | undefined;
  readonly timeoutSeconds: number;
  /** what it goes back to failed with, in words; for `gone-back` */
  readonly why?: string | undefined;
}

/** What became of the last one that was received. */
export interface LastReceived {
  readonly when: string;
  readonly revision: Revision;
  readonly what: string;
  readonly outcome: 'confirmed' | 'went back' | 'refused';
  readonly why?: string | undefined;
}

const WHAT = 'what is received from another host';
const LAST_FILE = path.posix.join(HOSTS_DIR, 'last.json');
/** Held while something is received, confirmed or taken back. */
export const HOSTS_LOCK = path.posix.join(HOSTS_DIR, 'receive.lock');
/** Held by the process that waits for a confirmation. */
export const WAITER_LOCK = path.posix.join(HOSTS_DIR, 'wait.lock');

export function readPending(paths: Paths): Pending | undefined {
  return readState(paths.file(PENDING_FILE), WHAT, (state) => ({
    phase: parseChoice(state.get('phase'), ['begun', 'applied', 'confirmed', 'gone-back']),
    revision: state.get('revision').text(),
    what: state.get('what').text(),
    deadline: state.get('deadline').optional((field) => field.text()),
    timeoutSeconds: state.get('timeoutSeconds').number(),
    why: state.get('why').optional((field) => field.text()),
  }));
}

export function writePending(paths: Paths, pending: Pending): void {
  writeState(paths.file(PENDING_FILE), WHAT, { ...pending });
}

/** For who writes it together with others: by its path without the root. */
export function pendingFile(pending: Pending): ReadonlyMap<string, FileContent> {
  return new Map([[PENDING_FILE, formatState({ ...pending })]]);
}

export function removePending(paths: Paths): void {
  const file = paths.file(PENDING_FILE);
  rmSync(file, { force: true });
  syncFolder(path.dirname(file));
}

export function readLast(paths: Paths): LastReceived | undefined {
  return readState(paths.file(LAST_FILE), WHAT, (state) => ({
    when: state.get('when').text(),
    revision: state.get('revision').text(),
    what: state.get('what').text(),
    outcome: parseChoice(state.get('outcome'), ['confirmed', 'went back', 'refused']),
    why: state.get('why').optional((field) => field.text()),
  }));
}

export function writeLast(paths: Paths, last: LastReceived): void {
  writeState(paths.file(LAST_FILE), WHAT, { ...last });
}

function parseChoice<T extends string>(field: Field, choices: readonly T[]): T {
  return choices.find((choice) => choice === field.text()) ?? field.wrong(`one of ${choices.join(', ')}`);
}
