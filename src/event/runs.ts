import { readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import { compareBytes } from '../base/layers.ts';
import type { Mask } from '../base/mask.ts';
import { type Paths, STATE_DIR } from '../base/paths.ts';
import { type Field, readState, writeState } from '../files/state-file.ts';
import { operationsFile } from './operations-log.ts';

export interface Who {
  readonly user: string;
  readonly uid: number;
  /** who became root by sudo */
  readonly sudoUser?: string;
}

export interface RunStep {
  readonly name: string;
  /** absent: it never started, or a signal ended it */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly seconds: number;
}

/** One run of an event, as `docksmith runs` shows it. */
export interface Run {
  /** sorts by time */
  readonly id: string;
  readonly event: string;
  readonly args: readonly string[];
  readonly who: Who;
  readonly pid: number;
  /** ISO 8601 */
  readonly started: string;
  /** absent: it still runs, or was killed */
  readonly ended?: string;
  /** id of the run whose step called this one */
  readonly parent?: string;
  /** paths of outputs, without the root */
  readonly installed: readonly string[];
  readonly removed: readonly string[];
  readonly steps: readonly RunStep[];
  /** what went wrong, as it was said */
  readonly failures?: readonly string[];
  readonly exitCode?: number;
}

const KEPT_RUNS = 500;
const RUN_FILE = /^(\d{8}T\d{6}\.\d{3}Z-\d+)\.json$/;

/** Where the records of runs are. */
export const runsFolder = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'runs'));

/** A run that begins now: `20261121T085201.123Z-812`. */
export function newRun(event: string, args: readonly string[], parent?: string, now = new Date()): Run {
  const id = `${now.toISOString().replaceAll(/[-:]/g, '')}-${process.pid}`;
  return {
    id,
    event,
    args,
    who: findWho(),
    pid: process.pid,
    started: now.toISOString(),
    ...(parent !== undefined && { parent }),
    installed: [],
    removed: [],
    steps: [],
  };
}

/**
 * Writes `state/runs/ID.json`, with secrets masked: once when the run begins and again when it has ended. Only
 * the last 500 runs are kept then.
 */
export function writeRun(paths: Paths, run: Run, mask: Mask): void {
  const [args, installed, removed, failures] = [run.args, run.installed, run.removed, run.failures].map((texts) =>
    texts?.map(mask),
  );
  writeState(path.join(runsFolder(paths), `${run.id}.json`), 'the record of a run', {
    ...run,
    args,
    installed,
    removed,
    ...(failures === undefined ? {} : { failures }),
  });
  if (run.ended === undefined) return;
  for (const id of listIds(paths).slice(KEPT_RUNS)) {
    for (const file of [path.join(runsFolder(paths), `${id}.json`), operationsFile(runsFolder(paths), id)])
      rmSync(file, { force: true });
  }
}

export interface RunList {
  /** the last one first */
  readonly runs: readonly Run[];
  /** about records that cannot be read: the others are worth seeing all the same */
  readonly warnings: readonly string[];
}

/** @param limit how many, at most */
export function listRuns(paths: Paths, limit = KEPT_RUNS): RunList {
  const runs: Run[] = [];
  const warnings: string[] = [];
  for (const id of listIds(paths).slice(0, limit)) {
    try {
      const run = readState(path.join(runsFolder(paths), `${id}.json`), 'the record of a run', parseRun);
      if (run !== undefined) runs.push(run);
    } catch (error) {
      // then it is none of the records that is at fault
      if (error instanceof Failure && errorCode(error.cause) === 'EACCES') throw error;
      warnings.push(error instanceof Failure ? error.message : reasonOf(error));
    }
  }
  return { runs, warnings };
}

/** The last one first. */
function listIds(paths: Paths): readonly string[] {
  try {
    return readdirSync(runsFolder(paths))
      .flatMap((name) => RUN_FILE.exec(name)?.[1] ?? [])
      .sort((a, b) => compareBytes(b, a));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new Failure('cannot list the runs of events', { why: reasonOf(error), cause: error });
  }
}

function findWho(): Who {
  const uid = process.getuid?.() ?? 0;
  const sudoUser = process.env['SUDO_USER'];
  return { user: findUserName(uid), uid, ...(sudoUser !== undefined && sudoUser !== '' && { sudoUser }) };
}

/** A user id without an entry in passwd (in a container, say) is its own name. */
function findUserName(uid: number): string {
  try {
    return os.userInfo().username;
  } catch {
    return String(uid);
  }
}

function parseRun(run: Field): Run {
  const text = (field: Field): string => field.text();
  const number = (field: Field): number => field.number();
  const [ended, parent, exitCode] = [
    run.get('ended').optional(text),
    run.get('parent').optional(text),
    run.get('exitCode').optional(number),
  ];
  const failures = run.get('failures').optional((field) => field.list(text));
  const who = run.get('who');
  const sudoUser = who.get('sudoUser').optional(text);
  return {
    id: run.get('id').text(),
    event: run.get('event').text(),
    args: run.get('args').list(text),
    who: { user: who.get('user').text(), uid: who.get('uid').number(), ...(sudoUser !== undefined && { sudoUser }) },
    pid: run.get('pid').number(),
    started: run.get('started').text(),
    ...(ended !== undefined && { ended }),
    ...(parent !== undefined && { parent }),
    installed: run.get('installed').list(text),
    removed: run.get('removed').list(text),
    steps: run.get('steps').list(parseStep),
    ...(failures === undefined ? {} : { failures }),
    ...(exitCode !== undefined && { exitCode }),
  };
}

function parseStep(step: Field): RunStep {
  const exitCode = step.get('exitCode').optional((field) => field.number());
  const signal = step.get('signal').optional((field) => field.text());
  return {
    name: step.get('name').text(),
    seconds: step.get('seconds').number(),
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
  };
}
