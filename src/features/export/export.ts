import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Failure, throwAll } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { listServiceMounts } from '../../container/service/service-mounts.ts';
import { isService } from '../../container/spec/service-spec.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { parseInput } from '../../container/spec/input.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { readSpecs, type RenderedSpec, renderSpecs, withEnabled } from '../../flow/containers/render-specs.ts';
import { writeMissingSecrets } from '../../flow/containers/secret-files.ts';
import { readHostState } from '../../flow/host-state.ts';
import { readSources } from '../../flow/swarm/host-files.ts';
import { secretsOf } from '../../flow/secrets.ts';
import { Container, CONTAINERS, listContainers } from '../../model/container.ts';
import { ImageRecord, IMAGES } from '../../model/image-record.ts';
import { NETWORKS } from '../../model/network/networks.ts';
import { findComposeCandidates } from '../adopt/compose-candidates.ts';
import { OWN_KEY } from '../adopt/own-records.ts';
import { makeRecords, type NewRecord } from '../adopt/records.ts';
import type { EngineView } from '../adopt/running.ts';
import { makeComments } from './comments.ts';
import { type ComposeDocument, type ExportedSpec, joinSpecs, mapTexts, type PlainMap } from './compose-document.ts';
import { findOwnDelta } from './own-delta.ts';
import { makeStackComments } from './stack/stack-comments.ts';
import { findVersion, makeStackDocument } from './stack/stack-document.ts';
import type { NotCarried } from './stack/sheet.ts';
import { SecretVariables } from './variables.ts';
import { writeYaml } from './write-yaml.ts';

export interface Exported {
  readonly names: readonly string[];
  /** a Compose file, without secrets */
  readonly text: string;
  readonly document: PlainMap;
  /** what stands for secrets in it */
  readonly variables: SecretVariables;
  /** what a stack file cannot say */
  readonly notCarried: readonly NotCarried[];
}

export interface ExportRequest {
  /** names; empty: all containers */
  readonly asked: readonly string[];
  /** for `docker stack deploy -c` */
  readonly isStack: boolean;
}

/**
 * One Compose file for containers, as their records are now. `docksmith adopt` makes the same records of it.
 * Touches nothing, but that a stack file names files of secrets, which are there then.
 * @throws Failure(s) for unknown names, and for records that make no run spec
 */
export async function exportCompose(paths: Paths, { asked, isStack }: ExportRequest): Promise<Exported> {
  const hostState = await readHostState(paths, [], { isForced: true });
  const { snapshot } = hostState;
  const all = listContainers(snapshot).map(({ key }) => key);
  throwAll(asked.filter((name) => !all.includes(name)).map((name) => unknown(name, all)));
  const names = all.filter((name) => asked.length === 0 || asked.includes(name));
  throwAll(names.flatMap((name) => listPortless(new Container(snapshot, name))));
  const specs: ReadonlyMap<string, RenderedSpec> =
    names.length === 0 ? new Map() : readSpecs(hostState, renderSpecs(withEnabled(hostState, names), names));
  const joined = joinSpecs(
    names.flatMap((name): readonly ExportedSpec[] => {
      const output = specs.get(name)?.output;
      if (output === undefined) return [];
      const file = parseInput(output.path, output.content.toString(), { fill: (text) => text });
      return [{ name, file, buildFolder: findBuildFolder(new Container(snapshot, name)) }];
    }),
  );
  if (isStack) writeMissingSecrets(paths, snapshot, names);
  const { document, notCarried } = isStack
    ? makeStackDocument(
        joined,
        [...specs.values()].map(({ spec }) => ({ spec, container: new Container(snapshot, spec.name) })),
        {
          facts: hostState.facts,
          fileOf: (file) => paths.file(file),
          listFiles: ({ container, spec }) =>
            isService(spec)
              ? listServiceMounts(spec, readSources(paths, container, spec, []), new DockerRecord(snapshot).nodeFolders)
                  .files
              : [],
        },
      )
    : { document: joined, notCarried: [] };
  const made = await adoptAgain(paths, snapshot, names, document, isStack);
  const own = findOwnDelta(snapshot, names, Object.keys(document.networks), made);
  const variables = new SecretVariables(secretsOf(paths, snapshot).mask, { forShell: isStack });
  const written: PlainMap = withoutEmpty({
    ...(isStack ? { version: findVersion(document) } : {}),
    services: Object.fromEntries(
      Object.entries(document.services).map(([name, service]) => [name, variables.replaceIn(name, service)]),
    ),
    networks: document.networks,
    volumes: variables.replaceIn('volumes', document.volumes),
    secrets: document.secrets,
    configs: document.configs,
    [OWN_KEY]: mapTexts(own, (text) => text.replaceAll('$', '$$$$')),
  });
  const comments = makeComments(snapshot, names, variables.values);
  return {
    names,
    document: written,
    variables,
    notCarried,
    text: writeYaml(written, isStack ? makeStackComments(comments, notCarried, variables.values) : comments),
  };
}

function unknown(name: string, all: readonly string[]): Failure {
  return new Failure(`cannot export container "${name}"`, {
    why: `db ${CONTAINERS} has no such record`,
    ...didYouMean(name, all),
  });
}

/** Its port is part of the file, and the first event chooses it. */
function listPortless({ key, hasWeb, webHostPort }: Container): readonly Failure[] {
  if (!hasWeb || webHostPort !== undefined) return [];
  return [
    new Failure(`cannot export container "${key}"`, {
      why: 'it has no WebHostPort yet: the next event gives it one',
      hint: `signal-event docker-container-update ${key}`,
    }),
  ];
}

/** Only a folder of this host: what else an image is made of, Compose cannot say. */
function findBuildFolder({ snapshot, image }: Container): string | undefined {
  const record = new ImageRecord(snapshot, image);
  return record.isThere && record.source === 'build' && record.baseImage === ''
    ? record.buildPath || undefined
    : undefined;
}

/**
 * The records that an adoption of the file would make on a host that has none of them, and no engine: what
 * the engine has is no reason for other records.
 */
async function adoptAgain(
  paths: Paths,
  snapshot: Snapshot,
  names: readonly string[],
  document: ComposeDocument,
  isStack: boolean,
): Promise<readonly NewRecord[]> {
  if (names.length === 0) return [];
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-export-'));
  try {
    const file = path.join(folder, 'compose.yaml');
    // its services are called as the records are
    const own = { [OWN_KEY]: { [CONTAINERS]: Object.fromEntries(names.map((name) => [name, {}])) } };
    writeFileSync(file, writeYaml(withoutEmpty({ ...document, ...(isStack ? own : {}) })), { mode: 0o600 });
    const source = { kind: 'compose', files: [file], services: [], isStack } as const;
    const { candidates } = await findComposeCandidates(paths, NOTHING_THERE, source);
    const { records, failures } = makeRecords(without(snapshot, names, Object.keys(document.networks)), candidates);
    throwAll(failures);
    return records;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const NOTHING_THERE: EngineView = {
  engine: {
    findContainer: async () => Promise.resolve(undefined),
    findImage: async () => Promise.resolve(undefined),
    findVolume: async () => Promise.resolve(undefined),
  },
  traits: { limitsSwap: true },
  containers: [],
  networks: [],
};

/** The dbs without these containers, without images, and without the networks. */
function without(snapshot: Snapshot, names: readonly string[], networks: readonly string[]): Snapshot {
  const dbs = new Map(snapshot.dbs);
  const drop = (db: string, isDropped: (key: string) => boolean): void => {
    dbs.set(db, new Map([...getDb(snapshot, db)].filter(([key]) => !isDropped(key))));
  };
  drop(CONTAINERS, (key) => names.includes(key));
  drop(IMAGES, () => true);
  drop(NETWORKS, (key) => networks.includes(key));
  return { ...snapshot, dbs };
}

function withoutEmpty(map: PlainMap): PlainMap {
  return Object.fromEntries(
    Object.entries(map).filter(([, held]) => typeof held !== 'object' || held === null || Object.keys(held).length > 0),
  );
}
