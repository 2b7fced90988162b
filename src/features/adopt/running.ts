import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { withNames } from '../../container/actual/actual.ts';
import { withoutImage } from '../../container/actual/difference.ts';
import { formatJoined, parseJoined } from '../../container/spec/endpoints.ts';
import type { ContainerSummary, Engine, NetworkSummary } from '../../engine/engine.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import type { EngineTraits } from '../../engine/engine-traits.ts';
import { GIVEN_OPTIONS } from '../../container/plan/made/network-mismatches.ts';
import { isOurs } from '../../container/spec/names.ts';
import { isAnonymousName, listMountedVolumes } from '../../container/spec/mounted.ts';
import { saysMore, type VolumeDefinition } from '../../container/spec/volume-definition.ts';
import { SPEC_KEYS } from '../../container/spec/spec-keys.ts';
import { isMap, isSame, toMap, type Value } from '../../container/spec/value.ts';
import { Failure } from '../../base/errors.ts';
import { listUnsupported } from './unsupported.ts';
import { type Candidate, isOfProgram, type LeftOut, type There } from './candidate.ts';

/** What the engine has, read once. */
export interface EngineView {
  readonly engine: Pick<Engine, 'findContainer' | 'findImage' | 'findVolume'>;
  readonly traits: Pick<EngineTraits, 'limitsSwap'>;
  readonly containers: readonly ContainerSummary[];
  readonly networks: readonly NetworkSummary[];
}

export async function readEngineView(engine: Engine): Promise<EngineView> {
  const [traits, containers, networks] = await Promise.all([
    engine.getTraits(),
    engine.listContainers(),
    engine.listNetworks(),
  ]);
  return { engine, traits, containers, networks };
}

/** The container of a name, or of the beginning of an id as `docker ps` shows it. */
export function findSummary({ containers }: EngineView, name: string): ContainerSummary | undefined {
  return (
    containers.find((container) => container.name === name) ??
    containers.find(({ id }) => name.length >= 12 && id.startsWith(name))
  );
}

/** A container of somebody else's as it is. @throws Failure for what can not be adopted */
export async function readRunning(
  view: EngineView,
  { id, name, labels, status }: ContainerSummary,
): Promise<Candidate> {
  const refuse = (why: string, hint?: string): never => {
    throw new Failure(`cannot adopt container "${name}"`, hint === undefined ? { why } : { why, hint });
  };
  if (isOurs({ labels })) refuse("it is docksmith's already");
  if ('com.docker.swarm.task.id' in labels) refuse('it belongs to a swarm, which would create it again');
  const found = (await view.engine.findContainer(id)) ?? refuse('it was removed in the meantime');
  const inspect = withNames(found, new Map(view.containers.map((container) => [container.id, container.name])));
  if ('AutoRemove' in inspect.HostConfig && inspect.HostConfig.AutoRemove === true) {
    refuse(
      'it was started with --rm: the engine removes it when it stops, with its anonymous volumes',
      'start it again without --rm',
    );
  }
  const image = await view.engine.findImage(inspect.Image);
  const there: There = { id, inspect, image };
  const values = readValues(view, there, name);
  const joined = values['networks'] ?? {};
  const networks = view.networks.filter(
    ({ name: network }) =>
      (network === values['network_mode'] || (isMap(joined) && network in joined)) &&
      !['bridge', 'host', 'none'].includes(network),
  );
  const project = labels['com.docker.compose.project'];
  return {
    name,
    values,
    there,
    ...(project === undefined ? {} : { application: project }),
    networks: networks.map(describeNetwork),
    volumes: await listSpecialVolumes(view, inspect),
    enabled: ['running', 'paused', 'restarting'].includes(status),
    // what no registry knows cannot be pulled
    source: { kind: image === undefined || (image.RepoDigests ?? []).length > 0 ? 'pull' : 'local' },
    leftOut: [...listUnsupported(inspect, name), ...(await listNewerImage(view, there, name))],
  };
}

/** What a record says of a network that is there. */
export function describeNetwork({ labels, ...network }: NetworkSummary): Candidate['networks'][number] {
  const options = Object.entries(network.options).filter(([option]) => !GIVEN_OPTIONS.includes(option));
  return { ...network, options: Object.fromEntries(options), labels: ownLabels(labels), external: false };
}

function ownLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return toMap(Object.entries(labels).filter(([label]) => !isOfProgram(label)));
}

/** All that keys read, without what the image, the engine and others put there. */
function readValues({ traits, networks }: EngineView, { inspect, image }: There, name: string): Candidate['values'] {
  const { HostConfig, Config } = inspect;
  const values = Object.fromEntries(
    SPEC_KEYS.flatMap((key) => {
      const value = withoutImage(key, key.read(inspect), image);
      return value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)
        ? []
        : [[key.name, value] as const];
    }),
  );
  const mode = networks.find(({ id }) => id === values['network_mode'])?.name ?? values['network_mode'];
  const drop = new Set<string>([
    ...(values['ipc'] === 'private' ? ['ipc'] : []),
    ...(values['cgroup'] === defaultCgroup() ? ['cgroup'] : []),
    ...(values['runtime'] === 'runc' ? ['runtime'] : []),
    ...(values['stop_signal'] === 'SIGTERM' || values['stop_signal'] === '15' ? ['stop_signal'] : []),
    // the host's own name, and that of the container whose network it has, come by themselves
    ...(mode === 'host' && Config.Hostname === hostname() ? ['hostname'] : []),
    ...(typeof mode === 'string' && mode.startsWith('container:') ? ['hostname', 'domainname'] : []),
    // for these the engine says so itself
    ...((HostConfig.Privileged === true || values['pid'] === 'host' || values['ipc'] === 'host') &&
    isSame(values['security_opt'], ['label=disable'])
      ? ['security_opt']
      : []),
    ...(!traits.limitsSwap || values['memswap_limit'] === 2 * Number(values['mem_limit'] ?? 0)
      ? ['memswap_limit']
      : []),
  ]);
  const kept = Object.entries(values).filter(([key]) => !drop.has(key));
  // an entrypoint of one's own takes the image's command away: what equals it was said, too
  const command =
    values['entrypoint'] === undefined ? undefined : SPEC_KEYS.find((key) => key.name === 'command')?.read(inspect);
  return {
    ...Object.fromEntries(kept),
    ...(mode === undefined ? {} : { network_mode: mode }),
    ...(command === undefined ? {} : { command }),
    networks: readEndpoints(values['networks'], name),
  };
}

/** The networks that it is on; its own name it has on all of them. */
function readEndpoints(value: Value | undefined, name: string): Readonly<Record<string, string>> {
  const entries = value !== undefined && isMap(value) ? Object.entries(value) : [];
  return toMap(
    entries
      .filter(([network]) => !['bridge', 'host', 'none'].includes(network))
      .map(([network, text]) => {
        const joined = parseJoined(text);
        return [
          network,
          formatJoined({ ...joined, aliases: joined.aliases.filter((alias) => alias !== name) }),
        ] as const;
      }),
  );
}

/** The reference may mean another image by now than the container has. */
async function listNewerImage({ engine }: EngineView, { inspect }: There, name: string): Promise<readonly LeftOut[]> {
  const reference = inspect.Config.Image ?? '';
  const now = await engine.findImage(reference);
  if (now?.Id === inspect.Image) return [];
  const why =
    now === undefined
      ? 'the engine no longer has the image under that name; a new container would pull it'
      : 'that name means another image by now, and a new container would use that one';
  return [{ name, key: 'image', value: `${reference} ${inspect.Image.slice(0, 19)}`, why }];
}

/** Its volumes that the engine could not create again from their names alone. */
async function listSpecialVolumes(
  { engine }: EngineView,
  inspect: ContainerInspect,
): Promise<readonly VolumeDefinition[]> {
  const volumes = await Promise.all(
    listMountedVolumes(inspect.Mounts).map(async (name) => [name, await engine.findVolume(name)] as const),
  );
  return volumes.flatMap(([name, volume]) => {
    if (volume === undefined || isAnonymousName(name)) return [];
    const { Driver: driver, Options: options, Labels: labels } = volume;
    const definition = { name, external: false, driver, options: options ?? {}, labels: ownLabels(labels ?? {}) };
    return saysMore(definition) ? [definition] : [];
  });
}

/** What the engine takes by itself, by the version of the kernel's control groups. */
function defaultCgroup(): string {
  return existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'private' : 'host';
}
