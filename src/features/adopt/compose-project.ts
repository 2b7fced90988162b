import type { Input } from '../../container/spec/input.ts';
import { type NetworkDefinition, readNetworkDefinitions } from '../../container/spec/network-definition.ts';
import { readVolumeDefinition, type VolumeDefinition } from '../../container/spec/volume-definition.ts';
import { type ComposeModel, type ProjectRequest, readComposeProject } from '../../compose/read-project.ts';
import { findEntry, isNothing, listReadable, showInput, withText } from './compose-input.ts';
import type { LeftOut } from './candidate.ts';
import { type OwnRecords, readOwnRecords } from './own-records.ts';

/** A Compose project, with the names that Compose gives to what it makes of it. */
export interface Project extends ComposeModel {
  /** by the key under which services name them; `default` always */
  readonly networks: ReadonlyMap<string, NetworkDefinition>;
  /** by the key under which services name them */
  readonly volumes: ReadonlyMap<string, VolumeDefinition>;
  readonly leftOut: readonly LeftOut[];
  /** the maps of the file, where it has them */
  readonly secrets: Input | undefined;
  readonly configs: Input | undefined;
  /** what a file that docksmith has exported says of records */
  readonly own: OwnRecords;
}

/**
 * The services, networks and volumes of a Compose project, with the names that Compose gives them.
 * @throws Failure(s) for files that cannot be read, and for what would change the meaning of the rest
 */
export function readProject(request: ProjectRequest): Project {
  const read = readComposeProject(request);
  const { networks, leftOut } = readNetworks(findEntry(read.model, 'networks'), read.model, read.name);
  const volumes = readVolumes(findEntry(read.model, 'volumes'), read.name);
  return {
    ...read,
    networks,
    volumes: volumes.volumes,
    leftOut: [...leftOut, ...volumes.leftOut],
    secrets: findEntry(read.model, 'secrets'),
    configs: findEntry(read.model, 'configs'),
    own: readOwnRecords(read.model),
  };
}

/**
 * What a network or volume is called: its own name where it has one, else that of the key with the project
 * in front.
 */
function findOwnName(
  key: string,
  value: Input,
  project: string,
): { readonly name: string; readonly isExternal: boolean } {
  const external = findEntry(value, 'external');
  const isExternal = external !== undefined && (external.entries !== undefined || String(external.scalar) === 'true');
  const given = findEntry(value, 'name') ?? (external === undefined ? undefined : findEntry(external, 'name'));
  if (given !== undefined) return { name: showInput(given), isExternal };
  return { name: isExternal ? key : `${project}_${key}`, isExternal };
}

function readNetworks(
  input: Input | undefined,
  file: Input,
  project: string,
): { readonly networks: ReadonlyMap<string, NetworkDefinition>; readonly leftOut: readonly LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const declared = new Map([['default', withText(file, '')], ...(input?.entries ?? [])]);
  const networks = [...declared].map(([key, value]) => {
    const { name, isExternal } = findOwnName(key, value, project);
    const said = (value.entries ?? []).filter(
      ([field, held]) =>
        !['name', 'external'].includes(field) && !field.startsWith('x-') && (held.scalar === false || !isNothing(held)),
    );
    const known = isExternal
      ? []
      : listReadable(
          said,
          (entry) => readNetworkDefinitions({ ...value, entries: [[key, { ...value, entries: [entry] }]] }),
          ([field, held], why) => leftOut.push({ name: `network ${name}`, key: field, value: showInput(held), why }),
        );
    const definition =
      readNetworkDefinitions({ ...value, entries: [[key, { ...value, entries: known }]] }).get(key) ??
      file.refuse(`network "${key}" cannot be read`);
    return [key, { ...definition, name, external: isExternal }] as const;
  });
  return { networks: new Map(networks), leftOut };
}

function readVolumes(
  input: Input | undefined,
  project: string,
): { readonly volumes: ReadonlyMap<string, VolumeDefinition>; readonly leftOut: readonly LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const volumes = (input?.entries ?? []).map(([key, value]) => {
    const { name, isExternal } = findOwnName(key, value, project);
    const said = (value.entries ?? []).filter(
      ([field, held]) =>
        !isExternal && !['name', 'external'].includes(field) && !field.startsWith('x-') && !isNothing(held),
    );
    const known = listReadable(
      said,
      (entry) => readVolumeDefinition(key, { ...value, entries: [entry] }),
      ([field, held], why) => {
        // options of a driver may hold passwords
        const shown = (held.entries ?? []).map(([option]) => option).join(' ') || showInput(held);
        leftOut.push({ name: `volume ${name}`, key: field, value: shown, why });
      },
    );
    const definition = readVolumeDefinition(key, { ...value, entries: known });
    return [key, { ...definition, name, external: isExternal }] as const;
  });
  return { volumes: new Map(volumes), leftOut };
}
