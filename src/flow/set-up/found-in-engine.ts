import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { findBuildMachine } from '../../host/build-machine.ts';
import { NO_FACTS } from '../../host/facts.ts';
import { readHostFacts } from '../../host/host.ts';
import { CONTAINERS } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import type { Paths } from '../../base/paths.ts';
import { findLostData } from '../daemon/lost-data.ts';
import { findEngine } from '../host-state.ts';

/** One value that was found and written: `prop` undefined for the record's type. */
export interface Found {
  readonly db: string;
  readonly key: string;
  readonly prop?: string;
  readonly value: string;
}

/**
 * A host that docksmith comes to is alive: where its engine keeps containers in another folder than docksmith
 * would have chosen, that folder stays its DataRoot. And where it has an image for dom0, dom0 has a record.
 */
export async function findInEngine(paths: Paths, dbs: Snapshot): Promise<readonly Found[]> {
  const wantsDataRoot = new DockerRecord(dbs).dataRoot === '';
  const wantsDom0 = !getDb(dbs, CONTAINERS).has(DOM0);
  if (findBuildMachine(paths) !== undefined || !(wantsDataRoot || wantsDom0)) return [];
  const snapshot = withHostDefaults(dbs, { ...NO_FACTS, host: readHostFacts(paths) });
  const engine = await findEngine(paths, snapshot);
  if (engine === undefined) return [];
  const lost = wantsDataRoot ? await findLostData(snapshot, engine) : undefined;
  const hasDom0 = wantsDom0 && (await engine.findImage(DOM0_IMAGE)) !== undefined;
  const dom0 = { db: CONTAINERS, key: DOM0 };
  return [
    ...(lost === undefined ? [] : [{ db: 'configuration', key: 'docker', prop: 'DataRoot', value: lost.from }]),
    ...(hasDom0
      ? [
          { ...dom0, value: 'service' },
          { ...dom0, prop: 'status', value: 'enabled' },
          { ...dom0, prop: 'Role', value: 'dom0' },
          { ...dom0, prop: 'Image', value: DOM0_IMAGE },
        ]
      : []),
  ];
}

/** The container that starts before all others, and what a host has its image under. */
const DOM0 = 'dom0';
const DOM0_IMAGE = 'dom0:latest';
