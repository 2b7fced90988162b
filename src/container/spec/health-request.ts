import { parseMilliseconds } from '../../base/quantity.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import type { TextMap } from './value.ts';

/** What a run spec asks for beside the engine's own check; it stands in labels, since Compose has no keys for it. */
export interface HealthRequest {
  /** a TCP port of the container that must answer */
  readonly port: number | undefined;
  /** what is asked for there by HTTP */
  readonly path: string | undefined;
  /**
   * how long it may take, in milliseconds; 0: nobody waits for its health; undefined: a minute, or as long as its own
   * check takes to fail
   */
  readonly wait: number | undefined;
  /** how long it has to run where nothing else tells, in milliseconds */
  readonly uptime: number;
}

/** For containers that do not say it themselves; in milliseconds. */
export type HealthTimes = Pick<HealthRequest, 'wait' | 'uptime'>;

/** @param labels of the run spec, `docksmith.health-port` and its like; what does not read is as if it was not there */
export function readHealthRequest(labels: TextMap, times: HealthTimes): HealthRequest {
  const port = labels['docksmith.health-port'] ?? '';
  return {
    port: /^\d+$/.test(port) ? Number(port) : undefined,
    path: labels['docksmith.health-path'],
    wait: parseMilliseconds(labels['docksmith.health-wait']) ?? times.wait,
    uptime: parseMilliseconds(labels['docksmith.health-uptime']) ?? times.uptime,
  };
}

/** What the record `docksmith` says for containers that say nothing of their health. */
export function healthTimes(snapshot: Snapshot): HealthTimes {
  const { healthWait, healthUptime } = new DocksmithRecord(snapshot);
  return { wait: parseMilliseconds(healthWait), uptime: parseMilliseconds(healthUptime) ?? 0 };
}
