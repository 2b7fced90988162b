import path from 'node:path';
import { type Input, parseInput } from '../../container/spec/input.ts';
import { type NetworkDefinition, readNetworkDefinitions } from '../../container/spec/network-definition.ts';
import { parseEnvFile } from '../../container/spec/variables/env-file.ts';
import { fillVariables, NotSet } from '../../container/spec/variables/interpolate.ts';
import { toSet } from '../../container/spec/value.ts';
import { errorCode, Failure, reasonOf, throwAll } from '../../base/errors.ts';
import { findEntry, isNothing, showInput, tryTo, withText } from './compose-input.ts';
import type { LeftOut } from './candidate.ts';
import { type OwnRecords, readOwnRecords } from './own-records.ts';
import { NotText, readText as readUtf8 } from '../../files/read-file.ts';

/** A Compose file, with the names that Compose gives to what it makes of it. */
export interface Project {
  readonly name: string;
  /** relative paths begin here */
  readonly folder: string;
  readonly variables: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, Input>;
  /** by the key under which services name them; `default` always */
  readonly networks: ReadonlyMap<string, NetworkDefinition>;
  /** key -> the volume's name for the engine */
  readonly volumes: ReadonlyMap<string, string>;
  readonly leftOut: readonly LeftOut[];
  /** what a file that docksmith has exported says of records */
  readonly own: OwnRecords;
}

const TOP = ['version', 'name', 'services', 'networks', 'volumes', 'secrets', 'configs'];

/**
 * Reads a Compose file (https://compose-spec.io) as Compose does: variables from the environment
 * and from the file `.env` beside it, names with the project in front.
 * @param file as typed
 * @throws Failure(s) for a file that cannot be read, and for what would change the meaning of the rest
 */
export function readProject(
  file: string,
  { project, env = process.env }: { readonly project?: string | undefined; readonly env?: NodeJS.ProcessEnv } = {},
): Project {
  const folder = path.dirname(path.resolve(file));
  const variables = new Map([...readDotEnv(path.join(folder, '.env'), env), ...listSet(env)]);
  const fill = (text: string, refuse: Input['refuse']): string => {
    try {
      return fillVariables(text, variables);
    } catch (error) {
      if (error instanceof NotSet) return refuse(error.message, 'set it, or give it a default: ${NAME:-default}');
      throw error;
    }
  };
  const input = parseInput(file, readText(file), { what: 'the Compose file', fill });
  const entries = input.entries ?? input.refuse('must be a map');
  throwAll(
    entries.flatMap(([key, value]) =>
      TOP.includes(key) || key.startsWith('x-')
        ? []
        : (tryTo(() => value.refuse('docksmith does not read this', `docker compose -f ${file} config writes it out`))
            .failures ?? []),
    ),
  );
  const name = project ?? findName(input, variables, folder);
  const services = findEntry(input, 'services')?.entries ?? input.refuse('needs a map "services"');
  throwAll(
    services.flatMap(([, service]) => {
      const extending = findEntry(service, 'extends');
      return extending === undefined
        ? []
        : (tryTo(() =>
            extending.refuse('docksmith does not read this', `docker compose -f ${file} config writes it out`),
          ).failures ?? []);
    }),
  );
  const { networks, leftOut } = readNetworks(findEntry(input, 'networks'), input, name);
  const volumes = readVolumes(findEntry(input, 'volumes'), name);
  return {
    name,
    folder,
    variables,
    services: new Map(services),
    networks,
    volumes: volumes.names,
    leftOut: [...leftOut, ...volumes.leftOut],
    own: readOwnRecords(input),
  };
}

function listSet(env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  return new Map(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

function findName(input: Input, variables: ReadonlyMap<string, string>, folder: string): string {
  const given = findEntry(input, 'name');
  const name =
    variables.get('COMPOSE_PROJECT_NAME') ?? (given === undefined ? path.basename(folder) : showInput(given));
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '')
      .replace(/^[_-]+/, '') || 'default'
  );
}

function readText(file: string): string {
  try {
    return readUtf8(file);
  } catch (error) {
    if (error instanceof NotText) throw error;
    throw new Failure(`cannot read the Compose file "${file}"`, { why: reasonOf(error), cause: error });
  }
}

function readDotEnv(file: string, env: NodeJS.ProcessEnv): readonly (readonly [string, string])[] {
  try {
    return parseEnvFile(file, readUtf8(file), { variables: listSet(env), mayNameAlone: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
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
    const said = (value.entries ?? []).filter(([field]) => !['name', 'external'].includes(field));
    const known = isExternal
      ? []
      : said.filter((entry) => {
          const { failures } = tryTo(() =>
            readNetworkDefinitions({ ...value, entries: [[key, { ...value, entries: [entry] }]] }),
          );
          if (failures !== undefined)
            leftOut.push({
              name: `network ${name}`,
              key: entry[0],
              value: showInput(entry[1]),
              why: failures.map(({ why }) => why).join('; '),
            });
          return failures === undefined;
        });
    const definition =
      readNetworkDefinitions({ ...value, entries: [[key, { ...value, entries: known }]] }).get(key) ??
      file.refuse(`network "${key}" cannot be read`);
    for (const field of ['driver_opts', 'labels', 'attachable', 'enable_ipv6']) {
      const [, held] = known.find(([other, held]) => other === field && !isNothing(held)) ?? [];
      // the one option that a record has a prop for
      const isParent = field === 'driver_opts' && held?.entries?.every(([option]) => option === 'parent') === true;
      if (held !== undefined && !isParent)
        leftOut.push({
          name: `network ${name}`,
          key: field,
          value: showInput(held),
          why: 'a record of a network has no prop for it',
        });
    }
    return [key, { ...definition, name, external: isExternal }] as const;
  });
  return { networks: new Map(networks), leftOut };
}

function readVolumes(
  input: Input | undefined,
  project: string,
): { readonly names: ReadonlyMap<string, string>; readonly leftOut: readonly LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const names = (input?.entries ?? []).map(([key, value]) => {
    const { name } = findOwnName(key, value, project);
    for (const [field, held] of value.entries ?? []) {
      if (['name', 'external'].includes(field) || isNothing(held) || (field === 'driver' && held.scalar === 'local'))
        continue;
      // options of a driver may hold passwords
      leftOut.push({
        name: `volume ${name}`,
        key: field,
        value: toSet((held.entries ?? []).map(([option]) => option)).join(' ') || showInput(held),
        why: 'a record only names a volume, and cannot say how it is created',
      });
    }
    return [key, name] as const;
  });
  return { names: new Map(names), leftOut };
}
