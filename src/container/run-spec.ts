import path from 'node:path';
import type { Failure } from '../errors.ts';
import { type Input, parseInput } from './input.ts';
import { formatMounted, parseMounted } from './mounted.ts';
import { OWN_PREFIX } from './names.ts';
import { readFields, readText } from './read-input.ts';
import { SPEC_KEYS } from './spec-keys.ts';
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
}

export interface ParsedRunSpec {
  /** absent where there are mistakes */
  readonly spec?: RunSpec;
  readonly mistakes: readonly Failure[];
}

/**
 * Reads a run spec: a Compose file (https://compose-spec.io) with one service, whose name is
 * that of the file. `$$` reads as `$`. All mistakes are found, each with line and column.
 * @param file as the admin knows it: `/etc/docksmith/containers/wiki.yaml`
 */
export function parseRunSpec(file: string, text: string): ParsedRunSpec {
  const mistakes: Failure[] = [];
  const input = parseInput(file, text, mistakes);
  const spec = input && readDocument(input, file);
  return mistakes.length > 0 || spec === undefined ? { mistakes } : { spec, mistakes };
}

/** The image that a run spec is made from, `wiki:latest`. */
export function getImage(spec: RunSpec): string {
  return String(spec.values['image']);
}

/** The volumes with a name that a run spec mounts. */
export function listVolumeNames(spec: RunSpec): readonly string[] {
  const volumes = spec.values['volumes'];
  if (volumes === undefined || !isList(volumes)) return [];
  return toSet(volumes.map((text) => parseMounted(text).source).filter((source) => source !== '' && !source.startsWith('/')));
}

function readDocument(input: Input, file: string): RunSpec | undefined {
  const { services, volumes } = readFields(input, ['services', 'volumes']) ?? {};
  if (services?.entries === undefined) return (services ?? input).refuse('needs a map "services" with one service');
  const [first, second] = services.entries;
  if (first === undefined || second !== undefined) return services.refuse('must hold exactly one service');
  const [key, service] = first;
  const name = path.basename(file, '.yaml');
  if (key !== name) service.refuse(`the service of this file must be called "${name}"`);
  const values = readService(service, name);
  if (values['image'] === undefined && !service.entries?.some(([entry]) => entry === 'image')) service.refuse('needs an image');
  return nameVolumes(service, volumes, { name, file, ...takeOwnLabels(values) });
}

function readService(service: Input, name: string): Record<string, Value> {
  const values: Record<string, Value> = {};
  if (service.entries === undefined) service.refuse('must be a map');
  for (const [key, input] of service.entries ?? []) {
    if (key === 'container_name') {
      const given = readText(input);
      if (given !== undefined && given !== name) input.refuse(`"${given}" is not "${name}", the name of the record`);
      continue;
    }
    const row = SPEC_KEYS.find((row) => row.name === key);
    if (row === undefined) {
      input.refuse('docksmith does not carry this key out');
      continue;
    }
    const value = row.parse(input);
    if (value !== undefined) values[key] = value;
  }
  checkPorts(service, values);
  return values;
}

/** The engine would drop them without a word. */
function checkPorts(service: Input, { network_mode: network = 'bridge', ports = [] }: Readonly<Record<string, Value>>): void {
  if (network === 'bridge' || !isList(ports) || ports.length === 0) return;
  service.entries?.find(([key]) => key === 'ports')?.[1].refuse(`with network_mode ${String(network)} nothing can be published`);
}

function takeOwnLabels(values: Readonly<Record<string, Value>>): Pick<RunSpec, 'values' | 'ownLabels'> {
  const { labels, ...others } = values;
  if (labels === undefined || !isMap(labels)) return { values, ownLabels: {} };
  const [own, foreign] = [true, false].map((isOwn) => toMap(Object.entries(labels).filter(([name]) => name.startsWith(OWN_PREFIX) === isOwn)));
  return { values: foreign === undefined ? others : { ...others, labels: foreign }, ownLabels: own ?? {} };
}

/** Puts in the names that the engine knows: Compose calls a volume by a key of the top-level map, which may give it another name. */
function nameVolumes(service: Input, declared: Input | undefined, spec: RunSpec): RunSpec {
  const names = new Map<string, string>();
  for (const [key, volume] of declared?.entries ?? []) {
    const name = volume.entries === undefined ? undefined : readFields(volume, ['name'])?.name;
    names.set(key, (name && readText(name)) ?? key);
  }
  const undeclared = listVolumeNames(spec).filter((name) => !names.has(name));
  if (undeclared.length > 0) service.refuse(`the volumes ${undeclared.join(', ')} are not in the map "volumes" of the file`);
  const { volumes } = spec.values;
  if (volumes === undefined || !isList(volumes)) return spec;
  const named = volumes.map(parseMounted).map((mount) => formatMounted({ ...mount, source: names.get(mount.source) ?? mount.source }));
  return { ...spec, values: { ...spec.values, volumes: toSet(named) } };
}
