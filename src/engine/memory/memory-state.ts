import { errorCode, Failure, reasonOf } from '../../base/errors.ts';
import { replaceFile } from '../../files/replace-file.ts';
import type { NetworkSummary, VolumeSummary } from '../engine.ts';
import type { ContainerConfig, ContainerInspect } from '../engine-api.ts';
import { readText } from '../../files/read-file.ts';

/** A container as the memory engine keeps it: what inspect says of it, to be changed. */
export interface StoredContainer {
  inspect: ContainerInspect;
  name: string;
}

export interface MemoryState {
  /** counts what was made and started, for ids and times: so a test sees what is new without a clock */
  count: number;
  containers: StoredContainer[];
  images: Record<string, ContainerConfig>;
  volumes: string[];
  /** what those were made with that more than a name is said of */
  volumeDetails?: Record<string, VolumeSummary>;
  networks?: NetworkSummary[];
  /** containers that have ended well as soon as they are started: no program runs in any that would */
  ends?: string[];
}

/** What an earlier process left; undefined where there is no such file. @throws Failure for one that is damaged */
export function readMemory(file: string): MemoryState | undefined {
  try {
    return JSON.parse(readText(file)) as MemoryState;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new Failure(`cannot read the engine that is kept in "${file}"`, {
      why: reasonOf(error),
      hint: 'remove the file to begin with an empty engine',
      cause: error,
    });
  }
}

/** Replaces the file as one step. */
export function writeMemory(file: string, state: MemoryState): void {
  replaceFile(file, {
    content: Buffer.from(JSON.stringify(state, undefined, 2)),
    mode: 0o600,
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
  });
}
