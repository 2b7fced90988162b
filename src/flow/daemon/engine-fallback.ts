import { rmSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../base/errors.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import { addIntents, clearIntents } from '../../output/commit/intents.ts';
import { digestOf, formatLedger, LEDGER_FILE, readLedger } from '../../output/plan/ledger.ts';
import { carryOut, changeOf } from '../../output/commit/transaction.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { type Field, formatState, readState, writeState } from '../../files/state-file.ts';
import { DOCKER } from './foreign-daemon.ts';

/** The engine's files as they were when it was last started, until it has started with others. Without the root. */
const BEFORE_FILE = path.posix.join(STATE_DIR, 'engine-before.json');
/** The options with which it did not start. */
const FAILED_FILE = path.posix.join(STATE_DIR, 'engine-failed.json');
const WHAT = "the engine's former options";

interface Former {
  readonly path: string;
  readonly file: FileContent | undefined;
}

export interface FailedOptions {
  /** ISO 8601 */
  readonly when: string;
  readonly why: string;
  /** path -> digest of what was written, undefined for what was removed */
  readonly files: ReadonlyMap<string, string | undefined>;
}

/**
 * What a commit of the engine's files writes besides: how they are now, unless that is written down from an
 * earlier one that the engine has not been started with.
 */
export function formerOptions(paths: Paths, changes: ChangeSet): ReadonlyMap<string, FileContent> {
  const touched = touchedBy(changes);
  if (touched.length === 0) return new Map();
  const known = readFormer(paths);
  const files = [...known, ...touched.filter((one) => !known.some((other) => other.path === one.path))];
  return new Map([
    [
      BEFORE_FILE,
      formatState({
        files: files.map(({ path: name, file }) => ({
          path: name,
          ...(file === undefined
            ? {}
            : { content: file.content.toString('base64'), mode: file.mode, uid: file.uid, gid: file.gid }),
        })),
      }),
    ],
  ]);
}

function touchedBy({ install, remove }: ChangeSet): readonly Former[] {
  return [
    ...install
      .filter(({ output, reasons }) => reasons.length > 0 && output.services.includes(DOCKER))
      .map(({ output, old }) => ({ path: output.path, file: old })),
    ...remove.flatMap(({ owned, old }) =>
      old !== undefined && owned.services.includes(DOCKER) ? [{ path: owned.path, file: old }] : [],
    ),
  ];
}

function readFormer(paths: Paths): readonly Former[] {
  return readState(paths.file(BEFORE_FILE), WHAT, (state) => state.get('files').list(parseFormer)) ?? [];
}

function parseFormer(field: Field): Former {
  const name = field.get('path').text();
  if (field.get('content').value === undefined) return { path: name, file: undefined };
  return {
    path: name,
    file: {
      content: Buffer.from(field.get('content').text(), 'base64'),
      mode: field.get('mode').number(),
      uid: field.get('uid').number(),
      gid: field.get('gid').number(),
    },
  };
}

/** The engine runs with what its files say. */
export function forgetFormer(paths: Paths): void {
  for (const file of [BEFORE_FILE, FAILED_FILE]) rmSync(paths.file(file), { force: true });
}

/**
 * Puts the engine's files back as they were when it last started, all or none, and writes down
 * what failed, so that no event tries it again by itself.
 * @returns the files, without the root; none where nothing is known
 */
export async function putBackOptions(paths: Paths, why: string, now = new Date()): Promise<readonly string[]> {
  const former = readFormer(paths);
  if (former.length === 0) return [];
  const ledger = readLedger(paths);
  const changes = former.map(({ path: name, file }) => ({
    path: name,
    old: changeOf(paths, name, NOTHING).old,
    wanted: file,
  }));
  const owned = former.flatMap(({ path: name, file }) => {
    const entry = ledger.outputs.get(name);
    return entry === undefined || file === undefined
      ? []
      : [{ ...entry, digest: digestOf(file.content), mode: file.mode, uid: file.uid, gid: file.gid }];
  });
  const after = {
    ...ledger,
    outputs: ledger.outputs.with(
      owned,
      former.filter(({ file }) => file === undefined).map(({ path: name }) => name),
    ),
  };
  await carryOut(paths, {
    command: 'docksmith restart-daemon',
    changes: [
      ...changes.filter(({ old, wanted }) => old !== undefined || wanted !== undefined),
      changeOf(paths, LEDGER_FILE, formatLedger(after)),
    ],
    newFolders: [],
    emptied: [],
    keep: [],
  });
  writeState(paths.file(FAILED_FILE), WHAT, {
    when: now.toISOString(),
    why,
    files: changes.map(({ path: name, old }) => ({
      path: name,
      ...(old === undefined ? {} : { digest: digestOf(old.content) }),
    })),
  });
  rmSync(paths.file(BEFORE_FILE), { force: true });
  // the admin who starts it has to know which files changed
  clearIntents(paths, [{ kind: 'service', name: DOCKER }]);
  addIntents(paths, [
    {
      kind: 'service',
      name: DOCKER,
      verbs: ['restart'],
      causes: former.map(({ path: name }) => `${name} put back`),
      since: now.toISOString(),
    },
  ]);
  return former.map(({ path: name }) => name);
}

const NOTHING: FileContent = { content: Buffer.alloc(0), mode: 0o600, uid: 0, gid: 0 };

export function readFailedOptions(paths: Paths): FailedOptions | undefined {
  return readState(paths.file(FAILED_FILE), WHAT, (state) => ({
    when: state.get('when').text(),
    why: state.get('why').text(),
    files: new Map(
      state
        .get('files')
        .list(
          (file) =>
            [
              file.get('path').text(),
              file.get('digest').value === undefined ? undefined : file.get('digest').text(),
            ] as const,
        ),
    ),
  }));
}

/**
 * The same without changes of the engine's files where those are what it did not start with, and
 * the failure that this is. Others with one of these files changed again are tried.
 */
export function holdBackFailed<T extends { readonly changes: ChangeSet; readonly toRemember: unknown }>(
  paths: Paths,
  expanded: T,
  retry: boolean,
): { readonly expanded: T; readonly failure: Failure | undefined } {
  const failed = retry ? undefined : readFailedOptions(paths);
  const { changes } = expanded;
  const wanted = touchedBy(changes).map(({ path: name }) => name);
  const digests = new Map(changes.install.map(({ output }) => [output.path, output]));
  const isSame = (name: string): boolean => {
    const output = digests.get(name);
    return (
      failed?.files.has(name) === true &&
      failed.files.get(name) === (output === undefined ? undefined : digestOf(output.content))
    );
  };
  if (failed === undefined || wanted.length !== failed.files.size || !wanted.every(isSame))
    return { expanded, failure: undefined };
  const held = new Set(wanted);
  const left = {
    ...changes,
    install: changes.install.filter(({ output }) => !held.has(output.path)),
    remove: changes.remove.filter(({ owned }) => !held.has(owned.path)),
  };
  const failure = new Failure("cannot use the engine's new options", {
    why: `the engine did not start with them (${failed.when}): ${failed.why}`,
    hint: 'fix the options, or try the same ones again: signal-event --retry docker-update',
  });
  // what is remembered would be taken for installed
  return { expanded: { ...expanded, changes: left, toRemember: undefined }, failure };
}
