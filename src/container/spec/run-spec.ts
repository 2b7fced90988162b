import path from 'node:path';
import { Failure, throwAll } from '../../base/errors.ts';
import { collectAll, type Input, parseInput } from './input.ts';
import type { KeptReference } from './kept/kept-references.ts';
import { findFirstNetwork, findPreferred } from './endpoints.ts';
import { type NetworkDefinition, readNetworkDefinitions } from './network-definition.ts';
import { formatMounted, parseMounted } from './mounted.ts';
import { isContainerName, OWN_PREFIX } from './names.ts';
import { readFields, readText } from './read-input.ts';
import { readEnvFiles, readSecretMounts, type SpecFiles, withOwnFolders } from './spec-files.ts';
import { readServicePart } from './service-spec.ts';
import { SPEC_KEYS } from './spec-keys.ts';
import { readVolumeDefinition, saysMore, type VolumeDefinition } from './volume-definition.ts';
import { isList, isMap, toMap, type TextMap, toSet, type Value } from './value.ts';

/** All that is needed to run one container. */
export interface RunSpec {
  readonly name: string;
  /** where it was read, for messages */
  readonly file: string;
  /** canonical values by Compose key; only what the file says, and `image` always */
  readonly values: Readonly<Record<string, Value>>;
  /** labels that begin with `docksmith.`: put on the container, and no part of what is compared */
  readonly ownLabels: TextMap;
  /** what is wrong with files that it names beside itself: its container is left as it is meanwhile */
  readonly unusable?: readonly Failure[];
  /** the networks that it is on, but for the engine's own */
  readonly networks: readonly NetworkDefinition[];
  /** those of its volumes that more is said of than their names */
  readonly volumes?: readonly VolumeDefinition[];
  /** of a service of the swarm: those of its ports that the nodes publish which run a task, not all nodes */
  readonly hostPorts?: readonly string[];
  /** the same: what the swarm keeps already, and its tasks see as files */
  readonly kept?: readonly KeptReference[];
}

/**
 * Reads a run spec: a Compose file (https://compose-spec.io) with one service, whose name is
 * that of the file. `$$` reads as `$`. Throws all mistakes at once, each with line and column.
 * @param file as the admin knows it: `/etc/docksmith/containers/wiki.yaml`
 * @param files where the files of `env_file` and `secrets` are
 */
export function parseRunSpec(file: string, text: string, files: SpecFiles = { file: (path) => path }): RunSpec {
  const input = parseInput(file, text);
  const name = path.basename(file, '.yaml');
  if (!isContainerName(name))
    return input.refuse(
      `"${name}" is no name for a container`,
      'two or more letters, digits, _ . -, the first a letter or digit',
    );
  const top = readFields(input, ['services', 'networks', 'volumes', 'secrets', 'configs']);
  const { services = input.refuse('needs a map "services"'), volumes, networks, secrets, configs } = top;
  const service = readOnlyService(services, name);
  const unusable: Failure[] = [];
  const values = readService(service, name, { secrets, files, unusable });
  const joined = nameNetworks(service, networks, name, values);
  const definitions = new Map(
    collectAll(volumes?.entries ?? [], ([key, volume]) => [key, readVolumeDefinition(key, volume)] as const),
  );
  const all = { ...values, ...nameVolumes(service, definitions, values), ...joined.values };
  const special = [...definitions.values()].filter(saysMore);
  checkPorts(service, all, joined.networks);
  const ofService = readServicePart(service, all, { networks: joined.networks, secrets, configs });
  return {
    name,
    file,
    ...takeOwnLabels(all),
    networks: joined.networks,
    ...ofService,
    ...(special.length === 0 ? {} : { volumes: special }),
    ...(unusable.length === 0 ? {} : { unusable }),
  };
}

/** An admin who adds a second service is told so, at that line. */
function readOnlyService(services: Input, name: string): Input {
  const entries = services.entries ?? services.refuse('must be a map');
  if (entries.length === 0) return services.refuse('must hold a service');
  throwAll(
    entries
      .filter(([key]) => key !== name)
      .map(
        ([, { path, place, keyPlace }]) =>
          new Failure(`cannot use "${path}"`, {
            why:
              entries.length === 1
                ? `the service of this file must be called "${name}"`
                : `a run spec holds one service, and that is "${name}"`,
            at: keyPlace ?? place,
          }),
      ),
  );
  return entries[0]?.[1] ?? services;
}

/** The image that a run spec is made from, `wiki:latest`. */
export function getImage(spec: RunSpec): string {
  const image = spec.values['image'];
  return typeof image === 'string' ? image : '';
}

/** The volumes with a name that a run spec mounts. */
export function listVolumeNames(spec: RunSpec): readonly string[] {
  const volumes = spec.values['volumes'];
  if (volumes === undefined || !isList(volumes)) return [];
  return toSet(volumes.map((text) => parseMounted(text).source).filter(isVolumeName));
}

function readService(
  service: Input,
  name: string,
  { secrets, files, unusable }: Beside,
): Readonly<Record<string, Value>> {
  const entries = service.entries ?? service.refuse('must be a map');
  const values = collectAll(entries, ([key, input]): readonly (readonly [string, Value])[] => {
    if (key === 'container_name') {
      const given = readText(input);
      return given === name ? [] : input.refuse(`"${given}" is not "${name}", the name of the record`);
    }
    // both end as what the engine knows: variables and mounts
    if (key === 'env_file') return [[key, readEnvFiles(input, files, (failures) => unusable.push(...failures))]];
    if (key === 'secrets') return [[key, readSecretMounts(input, secrets, files)]];
    // of the swarm alone
    if (key === 'configs') return [];
    const row = SPEC_KEYS.find((row) => row.name === key) ?? input.refuse('docksmith does not support this key');
    const value = row.parse(input);
    return [[key, key === 'volumes' && isList(value) ? withOwnFolders(value, files) : value]];
  });
  if (!entries.some(([key]) => key === 'image')) return service.refuse('needs an image');
  return withFiles(Object.fromEntries(values.flat()));
}

interface Beside {
  readonly secrets: Input | undefined;
  readonly files: SpecFiles;
  /** what is found wrong with other files */
  readonly unusable: Failure[];
}

/** `environment` wins over `env_file`. */
function withFiles({
  env_file: variables,
  secrets,
  ...values
}: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const { environment = {}, volumes = [] } = values;
  return {
    ...values,
    ...(variables !== undefined && isMap(variables) && isMap(environment)
      ? { environment: toMap(Object.entries({ ...variables, ...environment })) }
      : {}),
    ...(secrets !== undefined && isList(secrets) && isList(volumes)
      ? { volumes: toSet([...volumes, ...secrets]) }
      : {}),
  };
}

/** The engine would drop them without a word. */
function checkPorts(
  service: Input,
  { network_mode: network = 'bridge', ports = [] }: Readonly<Record<string, Value>>,
  networks: readonly NetworkDefinition[],
): void {
  if (!isList(ports) || ports.length === 0 || typeof network !== 'string') return;
  if (network === 'host' || network === 'none' || network.startsWith('container:'))
    findEntry(service, 'ports').refuse(`with network_mode "${network}" nothing can be published`);
  if (network !== 'bridge' && networks.every(({ internal }) => internal))
    findEntry(service, 'ports').refuse('from internal networks alone nothing can be published');
}

/** Puts in the names that the engine knows, and which of them it is made on. */
function nameNetworks(
  service: Input,
  declared: Input | undefined,
  name: string,
  { networks, network_mode: mode }: Readonly<Record<string, Value>>,
): Joining {
  if (networks === undefined || !isMap(networks) || Object.keys(networks).length === 0)
    return { values: {}, networks: [] };
  if (mode !== undefined)
    return findEntry(service, 'network_mode').refuse('network_mode and networks exclude each other');
  const definitions = readNetworkDefinitions(declared);
  const named = Object.entries(networks).map(([key, endpoint]) => {
    const definition =
      definitions.get(key) ??
      findEntry(service, 'networks').refuse(`network "${key}" is not in the map "networks" of the file`);
    return { definition, entry: [definition.name, endpoint] as const };
  });
  const preferred = findPreferred(findEntry(service, 'networks'));
  const first =
    preferred === undefined
      ? findFirstNetwork(
          named.map(({ definition }) => definition.name),
          name,
        )
      : (definitions.get(preferred)?.name ?? preferred);
  return {
    values: {
      networks: toMap(named.map(({ entry }) => entry)),
      ...(first === undefined ? {} : { network_mode: first }),
    },
    networks: named.map(({ definition }) => definition).filter((definition) => definition.name !== 'bridge'),
  };
}

interface Joining {
  readonly values: Readonly<Record<string, Value>>;
  readonly networks: readonly NetworkDefinition[];
}

function takeOwnLabels(values: Readonly<Record<string, Value>>): Pick<RunSpec, 'values' | 'ownLabels'> {
  const { labels, ...others } = values;
  if (labels === undefined || !isMap(labels)) return { values, ownLabels: {} };
  const [own, foreign] = [true, false].map((isOwn) =>
    toMap(Object.entries(labels).filter(([name]) => name.startsWith(OWN_PREFIX) === isOwn)),
  );
  return { values: foreign === undefined ? others : { ...others, labels: foreign }, ownLabels: own ?? {} };
}

/**
 * Puts in the names that the engine knows: Compose calls a volume by a key of the top-level map, which may
 * give it another name.
 */
function nameVolumes(
  service: Input,
  declared: ReadonlyMap<string, VolumeDefinition>,
  { volumes }: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  if (volumes === undefined || !isList(volumes)) return {};
  const named = volumes.map(parseMounted).map((mount) => {
    if (!isVolumeName(mount.source)) return mount;
    const source =
      declared.get(mount.source)?.name ??
      findEntry(service, 'volumes').refuse(`volume "${mount.source}" is not in the map "volumes" of the file`);
    return { ...mount, source };
  });
  return { volumes: toSet(named.map(formatMounted)) };
}

/** For what is wrong with a key as a whole, in the light of others. */
function findEntry(service: Input, name: string): Input {
  return service.entries?.find(([key]) => key === name)?.[1] ?? service;
}

function isVolumeName(source: string): boolean {
  return source !== '' && !source.startsWith('/');
}
