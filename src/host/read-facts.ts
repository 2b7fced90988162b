import type { Paths } from '../base/paths.ts';
import { listAddresses, listInterfaces } from './addresses.ts';
import { listEngineBridges } from './bridges.ts';
import { findBuildMachine } from './build-machine.ts';
import { findDockerUnit } from './docker-unit.ts';
import { type Facts, NO_FACTS } from './facts.ts';
import { readCertificates } from './certificates.ts';
import { readHostFacts } from './host.ts';
import { listListeners } from './listeners.ts';
import { listConnectedPorts, readLocalPorts } from './local-ports.ts';
import { readLookups } from './lookups.ts';
import { findPortsInFiles } from './ports-in-files.ts';
import { getSecretSalt } from './secret-salt.ts';

export interface FactSources {
  readonly paths: Paths;
  readonly ownedFiles: OwnedPaths;
}

/** Paths of what docksmith wrote, without the root. */
export interface OwnedPaths {
  has(path: string): boolean;
  paths(): Iterable<string>;
}

/**
 * The facts that the host itself tells. What its engine knows (published ports, images) is left
 * empty: which engine to ask is said by the db, with defaults that depend on these facts.
 * @throws {Failure}, also by `portsInFiles`, when a file that docksmith owns can't be read
 */
export function readFacts({ paths, ownedFiles }: FactSources): Facts {
  let ports: ReadonlyMap<number, string> | undefined;
  let bridges: Facts['bridges'] | undefined;
  let listeners: Facts['listeners'] | undefined;
  // what runs and listens there is of the machine that this host is laid out on
  const isElsewhere = findBuildMachine(paths) !== undefined;
  const dockerUnit = findDockerUnit(paths, { without: ownedFiles });
  return {
    host: readHostFacts(paths),
    addresses: isElsewhere ? [] : listAddresses(),
    get interfaces() {
      return isElsewhere ? undefined : listInterfaces();
    },
    get listeners() {
      return (listeners ??= isElsewhere ? [] : listListeners());
    },
    get connectedPorts() {
      return isElsewhere ? NO_FACTS.connectedPorts : listConnectedPorts();
    },
    get localPorts() {
      return isElsewhere ? NO_FACTS.localPorts : readLocalPorts();
    },
    publishedPorts: [],
    images: new Map(),
    get bridges() {
      return (bridges ??= isElsewhere ? new Map() : listEngineBridges());
    },
    ...(dockerUnit === undefined ? {} : { dockerUnit }),
    portsInFiles: () => (ports ??= findPortsInFiles(paths, ownedFiles.paths())),
    certificates: { get: (file) => readCertificates(paths, file) },
    lookups: readLookups(paths),
    get secretSalt() {
      return getSecretSalt(paths);
    },
  };
}
