import { Failure, failuresOf, throwAll } from '../../../base/errors.ts';
import { didYouMean } from '../../../base/nearest.ts';
import { byName } from '../../../container/service/host-files.ts';
import { nameNetworks } from '../../../container/service/name-networks.ts';
import { isOurs } from '../../../container/spec/names.ts';
import type { VolumeDefinition } from '../../../container/spec/volume-definition.ts';
import type { Snapshot } from '../../../db/snapshot.ts';
import type { NetworkSummary } from '../../../engine/engine.ts';
import type { Service, ServiceBody, ServiceMount } from '../../../engine/swarm-api.ts';
import { DockerRecord } from '../../../model/docker-record.ts';
import { STACK_LABEL } from '../../../model/container-parts/deployment.ts';
import { getManagedSwarm } from '../../../flow/swarm/managed-swarm.ts';
import type { Candidate } from '../candidate.ts';
import type { Found } from '../compose-candidates.ts';
import { describeNetwork, type EngineView } from '../running.ts';
import { readHostPorts, readKept, readServiceValues } from './service-values.ts';
import { listUnread } from './unread-fields.ts';

/** The services that `docker stack deploy` has made of a stack. */
export interface StackSource {
  readonly kind: 'stack';
  readonly stack: string;
  /** only these, `web` or `shop_web`; empty: all */
  readonly services: readonly string[];
}

/** The running services of a stack. @throws Failure(s) for all that cannot be found or adopted */
export async function findStackCandidates(
  snapshot: Snapshot,
  view: EngineView,
  { stack, services: asked }: StackSource,
): Promise<Found> {
  const { swarm, id: salt } = await getManagedSwarm(snapshot);
  if (new DockerRecord(snapshot).swarm !== 'manager')
    throw new Failure(`cannot adopt stack "${stack}"`, {
      why: 'by its records this host is no manager of the swarm, and so drives no services',
      hint: 'config setprop docker Swarm manager; signal-event docker-swarm-update',
    });
  const all = await swarm.listServices();
  const stackOf = ({ body }: Service): string | undefined => body.Labels[STACK_LABEL];
  const services = all.filter((service) => stackOf(service) === stack);
  if (services.length === 0) {
    const stacks = [...new Set(all.flatMap((service) => stackOf(service) ?? []))].sort();
    throw new Failure(`cannot adopt stack "${stack}"`, {
      why: `the swarm has no service of such a stack${stacks.length === 0 ? ', nor of any other' : `; there are: ${stacks.join(', ')}`}`,
      ...didYouMean(stack, stacks),
    });
  }
  const isMeant = (name: string, service: Service): boolean =>
    name === service.name || `${stack}_${name}` === service.name;
  throwAll(
    asked
      .filter((name) => !services.some((service) => isMeant(name, service)))
      .map((name) => {
        return new Failure(`cannot adopt service "${name}"`, {
          why: `stack "${stack}" has none of that name`,
          ...didYouMean(
            name,
            services.map((service) => service.name.slice(stack.length + 1)),
          ),
        });
      }),
  );
  const failures: Failure[] = [];
  const candidates: Candidate[] = [];
  for (const service of byName(services)) {
    if (asked.length > 0 && !asked.some((name) => isMeant(name, service))) continue;
    try {
      candidates.push(await readService(snapshot, view, service, { salt, stack }));
    } catch (error) {
      failures.push(...failuresOf(error));
    }
  }
  throwAll(failures);
  return { candidates, warnings: listSecretNotes(candidates) };
}

/** Nobody gets a secret back from a swarm. */
function listSecretNotes(candidates: readonly Candidate[]): readonly string[] {
  const secrets = candidates.flatMap(({ keptFiles = [] }) =>
    keptFiles.flatMap(({ kind, name }) => (kind === 'secret' ? [name] : [])),
  );
  const names = [...new Set(secrets)].sort();
  return names.length === 0
    ? []
    : [
        `what the secret${names.length === 1 ? '' : 's'} ${names.join(', ')} hold${names.length === 1 ? 's' : ''} cannot be read: the services go on with what the swarm keeps (SwarmSecrets), and no backup of the records has it`,
      ];
}

/** Stacks that run; none where the swarm cannot be asked. */
export async function listStacks(snapshot: Snapshot): Promise<readonly string[]> {
  if (new DockerRecord(snapshot).swarm !== 'manager') return [];
  try {
    const { swarm } = await getManagedSwarm(snapshot);
    return (await swarm.listServices()).flatMap(({ body }) => body.Labels[STACK_LABEL] ?? []);
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

/** A service as it runs. @throws Failure(s) for what no record of a service can say */
async function readService(
  snapshot: Snapshot,
  view: EngineView,
  service: Service,
  { salt, stack }: { readonly salt: string; readonly stack: string },
): Promise<Candidate> {
  const { name } = service;
  const refuse = (why: string, hint?: string): Failure =>
    new Failure(`cannot adopt service "${name}"`, hint === undefined ? { why } : { why, hint });
  const body = nameNetworks(service.body, view.networks);
  if (isOurs({ labels: body.Labels })) throw refuse("it is docksmith's already");
  if (body.Mode.Replicated == null && body.Mode.Global == null)
    throw refuse('it is a job, which runs to its end once; docksmith has no such service');
  const mounts = body.TaskTemplate.ContainerSpec.Mounts ?? [];
  const { nodeFolders } = new DockerRecord(snapshot);
  const folders = mounts.flatMap(({ Type, Source = '' }) => (Type === 'bind' ? [Source] : []));
  const missing = folders.filter(
    (one) => !nodeFolders.some((known) => `${one}/`.startsWith(`${known.replace(/\/+$/, '')}/`)),
  );
  throwAll([
    ...(missing.length === 0
      ? []
      : [
          refuse(
            `its tasks mount ${missing.join(', ')} of their nodes, and no record says that every node has that`,
            `config setprop docker NodeFolders ${[...nodeFolders, ...missing].join(',')}`,
          ),
        ]),
    ...mounts
      .filter(
        ({ Type, Source = '' }) => !['bind', 'volume', 'tmpfs'].includes(Type) || (Type === 'volume' && Source === ''),
      )
      .map(({ Type, Target }) =>
        refuse(
          Type === 'volume'
            ? `the volume at ${Target} has no name, and goes with its task`
            : `the mount at ${Target} is of the kind ${Type}, which no record says`,
        ),
      ),
  ]);
  const image = await view.engine.findImage(body.TaskTemplate.ContainerSpec.Image);
  const isLocal = image !== undefined && (image.RepoDigests ?? []).length === 0;
  return makeCandidate(body, { salt, stack, networks: view.networks, isLocal });
}

/** What records are made of. Pure. @param body with the names of networks */
export function makeCandidate(
  body: ServiceBody,
  {
    salt,
    stack,
    networks,
    isLocal,
  }: {
    readonly salt: string;
    readonly stack: string;
    readonly networks: readonly NetworkSummary[];
    /** no registry knows its image */
    readonly isLocal: boolean;
  },
): Candidate {
  const joined = (body.TaskTemplate.Networks ?? []).map(({ Target }) => Target);
  const mounts = body.TaskTemplate.ContainerSpec.Mounts ?? [];
  return {
    name: body.Name,
    values: readServiceValues(body),
    service: { body, salt },
    networks: networks.filter((network) => joined.includes(network.name)).map(describeNetwork),
    volumes: mounts.flatMap(describeVolume),
    enabled: true,
    application: stack,
    source: { kind: isLocal ? 'local' : 'pull' },
    keptFiles: readKept(body),
    leftOut: listUnread(body),
    hostPorts: readHostPorts(body),
    // its containers have it, and another label would be other containers
    chosen: new Map([[`Labels.${STACK_LABEL}`, stack]]),
  };
}

/** Of volumes that nodes make with more than their names. */
function describeVolume({
  Type,
  Source: name = '',
  VolumeOptions: options,
}: ServiceMount): readonly VolumeDefinition[] {
  if (Type !== 'volume' || options?.DriverConfig?.Name == null || options.DriverConfig.Name === '') return [];
  const { Name: driver, Options } = options.DriverConfig;
  return [{ name, external: false, driver, options: { ...Options }, labels: {} }];
}
