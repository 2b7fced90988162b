import type { Paths } from '../../base/paths.ts';
import { isOurs } from '../../container/spec/names.ts';
import { findEngine, readHostSnapshot } from '../../flow/host-state.ts';
import { listContainers } from '../../model/container.ts';
import { examineHost } from '../doctor/doctor.ts';
import type { Finding } from '../doctor/finding.ts';

/** How a server is that was set up. */
export interface Checked {
  readonly findings: readonly Finding[];
  /** the next three commands, each with what it is for */
  readonly next: readonly (readonly [command: string, words: string])[];
}

export async function checkSetup(paths: Paths): Promise<Checked> {
  const findings = await examineHost(paths);
  return { findings, next: await listNext(paths, !findings.some(({ level }) => level === 'bad')) };
}

async function listNext(paths: Paths, isWell: boolean): Promise<Checked['next']> {
  const snapshot = readHostSnapshot(paths);
  const engine = await findEngine(paths, snapshot);
  const others = ((await engine?.listContainers()) ?? []).filter((container) => !isOurs(container));
  const [first] = others;
  return [
    ...(isWell ? [] : [['docksmith doctor', 'once the above is fixed'] as const]),
    ...(first === undefined
      ? []
      : [[`docksmith adopt --dry-run ${first.name}`, 'records for a container that runs already'] as const]),
    ...(listContainers(snapshot).length > 0
      ? []
      : [['docksmith add wiki', 'a first container, of a recipe (--help)'] as const]),
    ['docksmith status', 'what runs, and where it is reached'] as const,
    ['signal-event --dry-run docker-update', 'what the next event would do'] as const,
    ['docksmith props', 'all that a record can say'] as const,
  ].slice(0, 3);
}
