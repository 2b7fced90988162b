import { Failure, failuresOf, throwAll } from '../../base/errors.ts';
import { NEVER } from '../../base/interrupt.ts';
import type { Paths } from '../../base/paths.ts';
import type { ActualContainer } from '../../container/actual/actual.ts';
import type { Inventory } from '../../container/actual/inventory.ts';
import { applyServices } from '../../container/service/apply/apply-services.ts';
import { nameNetworks } from '../../container/service/name-networks.ts';
import { planServices, type ServicesOptions, type ServicesPlan } from '../../container/service/plan-services.ts';
import { makeServiceBody } from '../../container/service/service-body.ts';
import type { ServiceOperation } from '../../container/service/service-operation.ts';
import type { ActualServices, DesiredService, DesiredServices } from '../../container/service/services.ts';
import { healthTimes } from '../../container/spec/health-request.ts';
import { isOurs, NAME_LABEL, TASK_LABEL } from '../../container/spec/names.ts';
import { getImage, type RunSpec } from '../../container/spec/run-spec.ts';
import { isService } from '../../container/spec/service-spec.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Service } from '../../engine/swarm-api.ts';
import type { ImageInspect } from '../../engine/engine-api.ts';
import type { Engine } from '../../engine/engine.ts';
import type { SwarmEngine } from '../../engine/swarm-engine.ts';
import { type Container, listContainers } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import type { ImageSource } from '../../model/image-source.ts';
import type { ReconcileKind } from '../reconcile/kind.ts';
import { type Coming, readSources } from './host-files.ts';
import { isOwnService } from './own-service.ts';

/** What the services of a swarm are planned from. */
export interface ServicesContext extends ServicesOptions {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly engine: Engine;
  readonly inventory: Inventory;
  readonly swarm: SwarmEngine;
  /** of the swarm: makes the names of what it keeps those of this swarm alone */
  readonly salt: string;
  readonly specs: ReadonlyMap<string, RunSpec>;
  readonly images: ReadonlyMap<string, ImageSource>;
  /** files that are about to be installed */
  readonly coming: readonly Coming[];
}

/** Whether a swarm runs it, by its run spec, else by its record. */
export function isServiceOf(container: Container, specs: ReadonlyMap<string, RunSpec>): boolean {
  const spec = specs.get(container.key);
  return spec === undefined || !container.isEnabled ? container.isSwarmService : isService(spec);
}

/** Services of a swarm as what is reconciled. */
export function servicesKind(
  context: ServicesContext,
): ReconcileKind<DesiredServices, ActualServices, ServicesPlan, ServiceOperation> {
  const { snapshot, engine, swarm } = context;
  return {
    readDesired: () => readDesired(context),
    readActual: (desired) => readActual(context, desired),
    plan: (desired, actual) => planServices(desired, actual, context),
    apply: ({ operations }, onProgress, signal = NEVER) =>
      applyServices(operations, { swarm, engine, times: healthTimes(snapshot), onProgress, signal }),
  };
}

async function readDesired(context: ServicesContext): Promise<DesiredServices> {
  const { snapshot, specs, names } = context;
  const all = listContainers(snapshot);
  const failures: Failure[] = [];
  const services = await Promise.all(
    all
      .filter((container) => isServiceOf(container, specs))
      .map(async (container): Promise<DesiredService> => {
        // of those that are not asked for only the names count
        if (!container.isEnabled || names?.includes(container.key) === false)
          return { state: 'stopped', name: container.key };
        try {
          return await describe(context, container);
        } catch (error) {
          failures.push(...failuresOf(error));
          return { state: 'stopped', name: container.key };
        }
      }),
  );
  throwAll(failures);
  const ofHost = all.filter((container) => !isServiceOf(container, specs));
  return {
    services,
    containers: new Set(ofHost.map(({ key }) => key)),
    containerNetworks: new Set(ofHost.flatMap(({ key }) => specs.get(key)?.networks.map(({ name }) => name) ?? [])),
  };
}

async function describe(context: ServicesContext, container: Container): Promise<DesiredService> {
  const { paths, snapshot, inventory, salt, specs, images, coming } = context;
  const { key: name } = container;
  const spec = specs.get(name);
  if (spec === undefined)
    throw new Failure(`cannot run service "${name}"`, {
      why: 'its record is enabled, and it has no run spec',
      hint: `signal-event docker-container-update ${name}`,
    });
  throwAll(spec.unusable ?? []);
  const reference = getImage(spec);
  const { nodeFolders } = new DockerRecord(snapshot);
  return {
    state: 'running',
    name,
    spec,
    made: makeServiceBody(spec, { sources: readSources(paths, container, spec, coming), nodeFolders, container, salt }),
    login: images.get(reference)?.login,
    digest: findRepoDigest(await inventory.findImage(reference), reference),
  };
}

/** What the repository of a reference calls the image that it means here. */
function findRepoDigest(image: ImageInspect | undefined, reference: string): string | undefined {
  const repository = reference.replace(/:[^:/]*$/, '');
  return (image?.RepoDigests ?? [])
    .map((text) => text.split('@'))
    .find(([name = '']) => name === repository || repository.endsWith(`/${name}`))?.[1];
}

async function readActual(
  { snapshot, engine, inventory, swarm }: ServicesContext,
  { services: wanted }: DesiredServices,
): Promise<ActualServices> {
  const [services, secrets, configs, networks, containers] = await Promise.all([
    swarm.listServices(),
    swarm.listKept('secret'),
    swarm.listKept('config'),
    inventory.listNetworks(),
    listOwnContainers(
      inventory,
      wanted.map(({ name }) => name),
    ),
  ]);
  // tasks go with their services, and the engine has an endpoint of its own on each of these networks
  const ofHost = new Set(
    (await inventory.listContainers()).filter(({ labels }) => labels[TASK_LABEL] === undefined).map(({ name }) => name),
  );
  const listUsers = async (network: string): Promise<readonly string[]> =>
    (await engine.listNetworkUsers(network)).filter((name) => ofHost.has(name));
  const isOwn = (service: Service): boolean => isOwnService(snapshot, service);
  const named = services.map((service) => ({ ...service, body: nameNetworks(service.body, networks) }));
  const overlays = networks.filter((network) => network.driver === 'overlay' && isOurs(network));

  return {
    services: new Map(named.filter(isOwn).map((service) => [service.name, service])),
    foreign: named.filter((service) => !isOwn(service)),
    kept: { secret: secrets.filter(isOurs), config: configs.filter(isOurs) },
    keptNames: { secret: new Set(secrets.map(({ name }) => name)), config: new Set(configs.map(({ name }) => name)) },
    networks: new Map(networks.map((network) => [network.name, network])),
    networkUsers: new Map(await Promise.all(overlays.map(async ({ name }) => [name, await listUsers(name)] as const))),
    containers: new Map(containers.map((container) => [container.name, container])),
  };
}

/** Containers of ours on this host by these names. */
async function listOwnContainers(inventory: Inventory, names: readonly string[]): Promise<readonly ActualContainer[]> {
  const own = (await inventory.listContainers()).filter(
    (container) => isOurs(container) && names.includes(container.labels[NAME_LABEL] ?? ''),
  );
  const inspected = await Promise.all(
    own.map(async ({ id, name: nameNow, labels }) => ({
      id,
      nameNow,
      labels,
      inspect: await inventory.findContainer(id),
    })),
  );
  return inspected.flatMap(({ inspect, ...container }) =>
    inspect === undefined
      ? []
      : [{ ...container, name: container.labels[NAME_LABEL] ?? '', inspect, image: undefined, memoryUse: undefined }],
  );
}
