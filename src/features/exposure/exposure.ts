import type { ContainerSummary, Engine } from '../../engine/engine.ts';
import { findOwner, findServing } from '../../container/actual/whose.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { openLabels } from '../../container/spec/sealed.ts';
import { isMadeOf, readRecordedSpec } from '../../container/spec/spec-hash.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { readKernelRules } from '../../firewall/kernel.ts';
import { Failure } from '../../base/errors.ts';
import { countWanted, listRunning, readServiceViews, type ServiceViews } from '../../flow/swarm/service-views.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { HttpdRecord } from '../../model/httpd-record.ts';
import { SITE_TEMPLATES } from '../../web-server/layouts.ts';
import { Container, listContainers } from '../../model/container.ts';
import { installedUnder } from '../../output/plan/installed.ts';
import { listIntents } from '../../output/commit/intents.ts';
import { digestOf } from '../../output/plan/ledger.ts';
import type { Paths } from '../../base/paths.ts';
import { type ExposedAddress, listExposedAddresses } from './addresses.ts';
import { type ExposedUrl, listExposedUrls, type SiteFile } from './apache.ts';
import type { KernelRules } from './filter.ts';
import { type ExposedPort, listExposedPorts } from './ports.ts';
import { listServicePorts } from './service-ports.ts';
import { TASK_LABEL } from '../../container/spec/names.ts';
import { hasRoutingMesh } from '../../host/routing-mesh.ts';
import { readUnloaded } from '../../flow/loaded/loaded.ts';
import { readRunSpecs } from '../../flow/containers/run-specs.ts';
import { refuseUnknown } from '../status/status.ts';
import { getEngine, readHostState, type HostState } from '../../flow/host-state.ts';

/** Who can reach a container, and who should. */
export interface Exposure {
  readonly name: string;
  /** `private` or `public`; undefined: no record wants the container */
  readonly access: string | undefined;
  readonly network: string | undefined;
  /** running, exited and so on, or missing */
  readonly state: string;
  readonly ports: readonly ExposedPort[];
  /** its own, while it runs */
  readonly addresses: readonly ExposedAddress[];
  readonly urls: readonly ExposedUrl[];
  /** about the container as a whole */
  readonly mismatches: readonly string[];
}

/**
 * What is declared, and what is so: the addresses that the engine has bound, the rules that the
 * kernel has, the vhosts that are installed. Changes nothing.
 * @throws Failure(s) for names that are neither record nor container, and where the engine does not answer
 */
export async function readExposure(paths: Paths, names: readonly string[]): Promise<readonly Exposure[]> {
  const hostState = await readHostState(paths);
  const { snapshot, facts } = hostState;
  const engine = await getEngine(paths, snapshot);
  const onEngine = await engine.listContainers();
  const ours = await Promise.all(
    onEngine.flatMap((container) => {
      const owner = findOwner(container);
      return owner === undefined
        ? []
        : [withOpenLabels(engine, container).then((open) => ({ container: open, owner }))];
    }),
  );
  const all = ours.map(({ container }) => container);
  const records = listContainers(snapshot);
  const enabled = records.filter(({ isEnabled }) => isEnabled).map(({ key }) => key);
  const known = [...records.map(({ key }) => key), ...ours.flatMap(({ owner, container }) => [owner, container.name])];
  refuseUnknown(names, known);
  const shown =
    names.length > 0
      ? names
      : [
          ...new Set([
            ...enabled,
            ...ours.filter(({ container }) => container.status === 'running').map(({ owner }) => owner),
          ]),
        ].sort();
  const kernelRules = readKernelRules(paths);
  const rules: KernelRules = new Map([...(await kernelRules)].map(([{ name }, read]) => [name, read]));
  const unloaded = await readUnloaded(paths, snapshot, facts, kernelRules);
  const specs = readRunSpecs(paths);
  const services = await readServiceViews(snapshot);
  const networks = new Map((await engine.listNetworks()).map((network) => [network.name, network]));
  const isOfSwarm = (container: ContainerSummary | undefined, name: string): boolean =>
    container === undefined && new Container(snapshot, name).isSwarmService;
  return Promise.all(
    shown.map(async (name): Promise<Exposure> => {
      const container = findServing(all, name);
      const inspect = container === undefined ? undefined : await engine.findContainer(container.id);
      return {
        addresses:
          inspect === undefined ? [] : listExposedAddresses({ snapshot, facts, rules }, name, inspect, networks),
        name,
        ...describe(snapshot, name),
        state: container?.status ?? describeService(snapshot, name, services) ?? 'missing',
        ports: isOfSwarm(container, name)
          ? listServicePorts({ snapshot, facts, rules }, new Container(snapshot, name), {
              view: services instanceof Failure ? undefined : services.get(name),
              tasks: onEngine.filter(({ labels, status }) => labels[TASK_LABEL] === name && status === 'running'),
              hasMesh: hasRoutingMesh(),
            })
          : listExposedPorts({ snapshot, facts, rules }, name, container),
        urls:
          enabled.includes(name) && new HttpdRecord(snapshot).isEnabled
            ? listExposedUrls(new Container(snapshot, name), (of) => findSite(hostState, of, name))
            : [],
        mismatches: enabled.includes(name)
          ? isOfSwarm(container, name)
            ? (unloaded.byContainer.get(name) ?? [])
            : [...listMismatches(container, specs.get(name)), ...(unloaded.byContainer.get(name) ?? [])]
          : container?.status === 'running'
            ? ['it runs, and no enabled record asks for it']
            : [],
      };
    }),
  );
}

/** As its run spec is compared with. */
async function withOpenLabels(engine: Engine, container: ContainerSummary): Promise<ContainerSummary> {
  const inspect = await engine.findContainer(container.id);
  return inspect === undefined ? container : { ...container, labels: openLabels(container.labels, inspect) };
}

function describe(snapshot: Snapshot, name: string): Pick<Exposure, 'access' | 'network'> {
  const container = new Container(snapshot, name);
  if (!container.isContainer) return { access: undefined, network: undefined };
  return { access: container.isPublic ? 'public' : 'private', network: container.network };
}

/** Of a service of a swarm, how many of its tasks run; `in the swarm` where this host is not told. */
function describeService(snapshot: Snapshot, name: string, services: ServiceViews): string | undefined {
  if (!new Container(snapshot, name).isSwarmService) return undefined;
  if (services instanceof Failure || new DockerRecord(snapshot).swarm !== 'manager') return 'in the swarm';
  const view = services.get(name);
  return view === undefined ? undefined : `${listRunning(view).length}/${countWanted(view)}`;
}

function listMismatches(container: ContainerSummary | undefined, spec: RunSpec | undefined): readonly string[] {
  if (container === undefined) return ['it is not there'];
  // one of another release of docksmith, or an adopted one, has none to compare with
  const isOlder =
    spec !== undefined && readRecordedSpec(container.labels).isComparable && !isMadeOf(spec, container.labels);
  return [
    ...(container.status === 'running' ? [] : [`it does not run (${container.status})`]),
    ...(isOlder ? ['it runs with an older run spec'] : []),
    ...(spec === undefined ? ['it has no run spec'] : []),
  ];
}

/**
 * The installed file that is made of a template, for a container or for all; undefined: there should be none
 * or none was made yet.
 */
function findSite({ paths, ledger }: HostState, of: keyof typeof SITE_TEMPLATES, name: string): SiteFile | undefined {
  const owned = [...ledger.outputs.values()].find(
    ({ template, record }) => SITE_TEMPLATES[of].includes(template) && (record === undefined || record.key === name),
  );
  if (owned === undefined) return undefined;
  const found = installedUnder(paths)(owned.path);
  const content = found.kind === 'file' ? found.file.content : undefined;
  return {
    path: owned.path,
    text: content?.toString(),
    isEdited: content !== undefined && digestOf(content) !== owned.digest,
    isPending: listIntents(paths).some((intent) => intent.kind === 'service' && owned.services.includes(intent.name)),
  };
}
