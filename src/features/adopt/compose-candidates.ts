import path from 'node:path';
import type { ContainerSummary, NetworkSummary } from '../../engine/engine.ts';
import type { Input } from '../../container/spec/input.ts';
import { parseMounted } from '../../container/spec/mounted.ts';
import { isList, isMap } from '../../container/spec/value.ts';
import { saysMore, type VolumeDefinition } from '../../container/spec/volume-definition.ts';
import { Failure, failuresOf, throwAll } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { isOurs } from '../../container/spec/names.ts';
import { CONTAINERS } from '../../model/container.ts';
import type { Paths } from '../../base/paths.ts';
import { selectServices } from '../../compose/profiles.ts';
import { tryTo } from './compose-input.ts';
import { type Project, readProject } from './compose-project.ts';
import { dependenciesOf } from './compose-depends.ts';
import { imageNames } from './compose-image.ts';
import { containerNames, describeService, type ServiceContext } from './compose-service.ts';
import { refuseUnmade } from './folders/missing-folders.ts';
import { readEnvironment } from './compose-environment.ts';
import { describeNetwork, type EngineView, readRunning } from './running.ts';
import { findText, type LeftOut, type Candidate } from './candidate.ts';

export interface ComposeSource {
  readonly kind: 'compose';
  /** as typed, relative to the working folder: files, or the folder of a project */
  readonly files: readonly string[];
  readonly envFiles?: readonly string[] | undefined;
  readonly profiles?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly project?: string | undefined;
  /** the file is one of `docker stack deploy`: a service is one of a swarm */
  readonly isStack?: boolean | undefined;
  /** only these and what they need; empty: all but those of profiles that are not asked for */
  readonly services: readonly string[];
}

export interface Found {
  readonly candidates: readonly Candidate[];
  /** what Compose warns of, and the services of profiles that nobody asked for */
  readonly warnings: readonly string[];
}

/**
 * The containers of a Compose file: as they run where Compose has made them, else as the file
 * describes them.
 * @param hasRecord whether an application has a container already: those that others need are left as they are then
 * @throws Failure(s) for all that cannot be read or adopted
 */
export async function findComposeCandidates(
  paths: Paths,
  view: EngineView,
  source: ComposeSource,
  hasRecord: (name: string, application: string) => boolean = () => false,
): Promise<Found> {
  const { services } = source;
  const project = readProject(source);
  throwAll(
    services
      .filter((service) => !project.services.has(service))
      .map((service) => {
        return new Failure(`cannot adopt service "${service}"`, {
          why: `${project.files.join(', ')} has none of that name`,
          ...didYouMean(service, [...project.services.keys()]),
        });
      }),
  );
  const running = new Map(
    [...project.services.keys()].map(
      (service) => [service, source.isStack === true ? [] : listContainers(view, project, service)] as const,
    ),
  );
  const isRunning = (service: string): boolean => (running.get(service) ?? []).length > 0;
  const selected = selectServices(project, services, isRunning);
  const names = new Map(
    [...project.services].map(([service, input]) => {
      const there = running.get(service) ?? [];
      return [
        service,
        there.length > 0
          ? there.map(({ name }) => name)
          : source.isStack === true
            ? [stackName(project, service)]
            : containerNames(project.name, service, input),
      ] as const;
    }),
  );
  const context: ServiceContext = {
    paths,
    project,
    images: await listOwnImages(view, project),
    isStack: source.isStack,
    // of several containers others share what the first one has, as with Compose
    names: new Map(
      [...names].flatMap(([service, [first]]) => (first === undefined ? [] : [[service, first] as const])),
    ),
  };
  const failures: Failure[] = [];
  const candidates: Candidate[] = [];
  for (const [service, input] of project.services) {
    const name = context.names.get(service) ?? service;
    const needer = selected.services.get(service);
    if (!selected.services.has(service) || (needer !== undefined && hasRecord(name, project.name))) continue;
    const read = async (): Promise<readonly Candidate[]> => {
      const there = running.get(service) ?? [];
      if (there.length > 0)
        return Promise.all(there.map(async (summary) => withFile(context, input, await readRunning(view, summary))));
      const made = await describe(view, context, service, input);
      return (names.get(service) ?? []).map((one, n) => ({ ...made, name: one, leftOut: n === 0 ? made.leftOut : [] }));
    };
    try {
      const dependsOn = dependenciesOf(project, names, service);
      candidates.push(
        ...(await read()).map((candidate) => ({
          ...candidate,
          leftOut: [...candidate.leftOut, ...(candidate.there === undefined ? listOfProject(project, candidate) : [])],
          ...(dependsOn.length === 0 ? {} : { dependsOn }),
          ...(needer === undefined ? {} : { neededBy: context.names.get(needer) ?? needer }),
          ...withOwn(project, candidate),
        })),
      );
    } catch (error) {
      failures.push(...failuresOf(error));
    }
  }
  throwAll(failures);
  return {
    candidates,
    warnings: [
      ...project.notes.list(path.join(project.folder, '.env')),
      ...selected.notes,
      ...new Set(candidates.flatMap(({ warnings = [] }) => warnings)),
    ],
  };
}

/** As `docker stack deploy` calls a service; a file that docksmith has exported has the names of records. */
function stackName({ name, own }: Project, service: string): string {
  return own.get(CONTAINERS)?.has(service) === true ? service : `${name}_${service}`;
}

/** What the file itself says of its records, also that one is switched off. */
function withOwn({ own }: Project, { name, enabled }: Candidate): Partial<Candidate> {
  const said = own.get(CONTAINERS)?.get(name);
  const status = said === undefined || said === 'none' ? undefined : said.get('status');
  return own.size === 0 ? {} : { own, enabled: enabled && status !== 'disabled' };
}

/** Those that `up` has made; not those of `run`. */
function listContainers({ containers }: EngineView, { name }: Project, service: string): readonly ContainerSummary[] {
  const isLabelled = (labels: Readonly<Record<string, string>>, label: string, value: string): boolean =>
    labels[`com.docker.compose.${label}`] === value;
  return containers.filter(
    ({ labels }) =>
      isLabelled(labels, 'project', name) &&
      isLabelled(labels, 'service', service) &&
      !isLabelled(labels, 'oneoff', 'True'),
  );
}

async function listOwnImages({ engine }: EngineView, { name, services }: Project): Promise<ReadonlySet<string>> {
  const images = [...services.keys()].flatMap((service) => imageNames(name, service));
  const found = await Promise.all(
    images.map(async (image) => ((await engine.findImage(image)) === undefined ? [] : [image])),
  );
  return new Set(found.flat());
}

async function describe(
  { engine, networks, containers }: EngineView,
  context: ServiceContext,
  service: string,
  input: Input,
): Promise<Candidate> {
  refuseUnmade(input);
  const { joined, ...candidate } = describeService(context, service, input);
  const image = await engine.findImage(findText(candidate.values, 'image') ?? '');
  const isLocal = candidate.source.kind === 'pull' && image !== undefined && (image.RepoDigests ?? []).length === 0;
  const wanted = joined.flatMap((key) => context.project.networks.get(key) ?? []);
  const find = (name: string): NetworkSummary | undefined => networks.find((network) => network.name === name);
  const mounts = candidate.values['volumes'] ?? [];
  const sources = isList(mounts) ? mounts.map((text) => parseMounted(text).source) : [];
  const volumes: VolumeDefinition[] = [];
  const madeHere: string[] = [];
  for (const definition of context.project.volumes.values()) {
    if (!sources.includes(definition.name) || !saysMore(definition)) continue;
    const isMissing = definition.external && (await engine.findVolume(definition.name)) === undefined;
    if (isMissing) madeHere.push(`volume "${definition.name}"`);
    else volumes.push(definition);
  }
  return {
    ...candidate,
    volumes,
    isOrphan: containers.some(({ name, labels }) => name === candidate.name && isOurs({ labels })),
    ...(isLocal ? { source: { ...candidate.source, kind: 'local' as const } } : {}),
    networks: wanted.map((definition) => {
      const there = find(definition.name);
      // who shares it comes later, perhaps, and finds it there
      // a stack means one of the swarm by a network that says no driver
      const driver = context.isStack === true && definition.driver === 'bridge' ? 'overlay' : definition.driver;
      return there === undefined
        ? { ...definition, driver, external: false }
        : { ...describeNetwork(there), external: definition.external };
    }),
    warnings: [
      ...(candidate.warnings ?? []),
      ...[
        ...wanted
          .filter(({ name, external }) => external && find(name) === undefined)
          .map(({ name }) => `network "${name}"`),
        ...madeHere,
      ].map((what) => `${what} is external and not there, which Compose refuses: docksmith makes it`),
    ],
  };
}

/** One that runs, with what only the file says of it: that variables come from files. */
function withFile({ paths, project }: ServiceContext, input: Input, candidate: Candidate): Candidate {
  // files that have changed since, or are gone, are no help
  const envFiles = tryTo(() => readEnvironment(paths, project, input)).result?.envFiles;
  const has = new Map(
    (candidate.there?.inspect.Config.Env ?? []).map((line) => [
      line.slice(0, line.indexOf('=')),
      line.slice(line.indexOf('=') + 1),
    ]),
  );
  const isSame = envFiles !== undefined && Object.keys(envFiles.variables).every((name) => has.has(name));
  return isSame ? { ...candidate, envFiles } : candidate;
}

/** What the file says of networks and volumes that it uses, and records cannot. */
function listOfProject(
  { leftOut }: Project,
  { values: { networks = {}, volumes = [] } }: Candidate,
): readonly LeftOut[] {
  const used = [
    ...(isMap(networks) ? Object.keys(networks).map((name) => `network ${name}`) : []),
    ...(Array.isArray(volumes) ? volumes.map((text) => `volume ${String(text).split(':')[0] ?? ''}`) : []),
  ];
  return leftOut.filter(({ name }) => used.includes(name));
}
