import path from 'node:path';
import { findOwn } from '../../base/own.ts';
import { withoutImage } from '../../container/actual/difference.ts';
import type { Input } from '../../container/spec/input.ts';
import { formatMounted, parseMounted } from '../../container/spec/mounted.ts';
import { listHostPorts } from '../../container/spec/service-spec.ts';
import { SPEC_KEYS } from '../../container/spec/spec-keys.ts';
import { isList, toSet, type Value } from '../../container/spec/value.ts';
import { type Failure, throwAll } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { isTmpfs, withTmpfsVolumes } from './compose-tmpfs.ts';
import { readFiles } from './compose-files.ts';
import { readImage } from './compose-image.ts';
import { readScale, withDeploy } from './compose-deploy.ts';
import { withStackDeploy } from './stack/stack-deploy.ts';
import { leniently } from './lenient-input.ts';
import { findEntry, isNothing, readKey, showInput, tryTo, withText } from './compose-input.ts';
import type { Project } from './compose-project.ts';
import { readEnvironment } from './compose-environment.ts';
import { type LeaveOut, readNetworkOf } from './compose-network.ts';
import type { LeftOut, Candidate } from './candidate.ts';

/** Keys of a service that are read otherwise than those of a run spec, or say nothing of the container. */
const OWN = [
  'image',
  'build',
  'platform',
  'pull_policy',
  'container_name',
  'depends_on',
  'env_file',
  'environment',
  'networks',
  'network_mode',
  'volumes',
  'volumes_from',
  'secrets',
  'configs',
  'tmpfs',
  'logging',
  'profiles',
];

const NO_KEY = 'docksmith has no key for it';

/** Keys that mean nothing for a container on a Linux server. */
const WORDS: Readonly<Record<string, string>> = {
  attach: 'docksmith attaches to no container',
  cpu_count: 'only containers of Windows have it',
  cpu_percent: 'only containers of Windows have it',
  credential_spec: 'only containers of Windows have it',
  develop: 'only docker compose watch reads it',
  isolation: 'only containers of Windows have it',
};

/** `volumes[0].bind.recursive` of `services.web.volumes[0].bind.recursive`. */
function shorten(path: string, front: string): string {
  return path.startsWith(front) ? path.slice(front.length).replace(/^\./, '') : path;
}

/** An entrypoint without words takes that of the image away; a command without words is that of the image. */
function saysNothing(key: string, part: Input): boolean {
  if (key === 'command' && part.items?.length === 0) return true;
  return isNothing(part) && !(key === 'entrypoint' && part.scalar === '');
}

/** What the containers of a service are called: as it says, else as Compose calls them. */
export function containerNames(project: string, service: string, input: Input): readonly string[] {
  const given = findEntry(input, 'container_name');
  const { count, whyOne } = readScale(input);
  if (given !== undefined && !isNothing(given)) return count === 0 ? [] : [showInput(given)];
  return Array.from({ length: whyOne === undefined ? count : 1 }, (_, n) => `${project}-${service}-${n + 1}`);
}

/** What only people, swarms and proxies read of a port; and ports where the engine publishes none. */
function ignorePorts(input: Input, mode: string, ignore: LeaveOut): boolean {
  const ports = findEntry(input, 'ports')?.items ?? [];
  if (ports.length > 0 && ['host', 'none'].includes(mode)) {
    const what = mode === 'host' ? 'its programs listen on this server itself' : 'it has no network';
    ignore('ports', ports.map(showInput).join(' '), `with network_mode ${mode} ${what}`);
    return true;
  }
  for (const port of ports)
    for (const field of ['name', 'app_protocol']) {
      const held = findEntry(port, field);
      if (held !== undefined && !isNothing(held))
        ignore(`ports.${field}`, showInput(held), 'the engine does nothing with it');
    }
  return false;
}

/** What else there is to know where a service is read. */
export interface ServiceContext {
  readonly paths: Paths;
  readonly project: Project;
  /** the containers of services, as they are called */
  readonly names: ReadonlyMap<string, string>;
  /** images that the engine has */
  readonly images: ReadonlySet<string>;
  /** it is a service of a swarm: what `deploy` says is kept */
  readonly isStack?: boolean | undefined;
}

/**
 * What a service describes, for a container that is not there yet.
 * @throws Failure(s) for variables that are not set, and for files that are not there
 */
export function describeService(
  { paths, project, names, images, isStack = false }: ServiceContext,
  service: string,
  input: Input,
): Omit<Candidate, 'networks'> & { readonly joined: readonly string[] } {
  throwAll(listUnreadable(input));
  const name = names.get(service) ?? service;
  const rename = (text: string): string => text.replace(/^[^:]+/, (other) => names.get(other) ?? other);
  const leftOut: LeftOut[] = [];
  const leaveOut = (key: string, value: string, why: string): void => {
    leftOut.push({ name, key, value, why });
  };
  const warnings: string[] = [];
  const ignore = (key: string, value: string, why: string): void => {
    warnings.push(`service "${service}": ${key} ${value} is ignored: ${why}`);
  };
  const lenient = (key: string, part: Input): Input =>
    leniently(part, (field) => leaveOut(key, `${shorten(field.path, input.path)}=${showInput(field)}`, NO_KEY));
  const read = (key: string, part: Input | undefined): Value | undefined => {
    const row = SPEC_KEYS.find((one) => one.name === key);
    if (row === undefined || part === undefined || saysNothing(key, part)) return undefined;
    const { value, unread } = readKey(row, lenient(key, part));
    for (const one of unread) leaveOut(key, one.value, one.why);
    return value;
  };

  const values = new Map<string, Value | undefined>();
  const network = readNetworkOf(project, service, input, { name, rename, leaveOut });
  const plain = isStack ? withStackDeploy(input) : withDeploy(input, ignore);
  const isPortless = ignorePorts(input, network.mode, ignore);
  const { count, key: scaleKey, whyOne } = readScale(input);
  if (whyOne !== undefined && !isStack) leaveOut(scaleKey, String(count), whyOne);
  for (const [key, part] of plain.entries ?? input.refuse('must be a map')) {
    if (OWN.includes(key) || saysNothing(key, part) || key.startsWith('x-')) continue;
    // on a network of their own, links are names, which those that are linked with have themselves
    if (key === 'links' && network.joined.length > 0) continue;
    if (key === 'scale' || (key === 'ports' && isPortless)) continue;
    const words = findOwn(WORDS, key);
    if (SPEC_KEYS.some((row) => row.name === key)) values.set(key, read(key, part));
    else if (words !== undefined) ignore(key, showInput(part), words);
    else for (const [at, held] of flatten(key, part)) leaveOut(at, held, NO_KEY);
  }
  const { reference, source } = readImage(project, service, input, images, leaveOut);
  const { environment, envFiles } = readEnvironment(paths, project, input);
  values.set('image', read('image', withText(input, reference)));
  values.set('environment', environment);
  const files = readFiles(project, input, leaveOut, isStack);
  const volumes = readVolumes(project, input, read);
  values.set(
    'volumes',
    files.mounts.length === 0
      ? volumes
      : toSet([...(volumes !== undefined && isList(volumes) ? volumes : []), ...files.mounts]),
  );
  values.set('tmpfs', read('tmpfs', withTmpfsVolumes(lenient('volumes', input))));
  values.set(
    'volumes_from',
    read(
      'volumes_from',
      mapItems(findEntry(input, 'volumes_from'), (text) => rename(text.replace(/^container:/, ''))),
    ),
  );
  // the engine's own default, as far as a file can know it
  values.set('logging', read('logging', withDriver(findEntry(input, 'logging'))) ?? { driver: 'json-file' });
  values.set('network_mode', network.mode);
  values.set('networks', network.networks);
  const said = [...values].flatMap(([key, value]) => {
    const row = SPEC_KEYS.find((one) => one.name === key);
    const own = row === undefined ? undefined : withoutImage(row, value, undefined);
    return own === undefined ? [] : [[key, own] as const];
  });
  return {
    name,
    application: project.name,
    values: Object.fromEntries(said),
    enabled: true,
    source,
    leftOut,
    warnings,
    joined: network.joined,
    ...(files.secrets.length === 0 ? {} : { secretFiles: files.secrets }),
    ...(isStack ? { keptFiles: files.kept, hostPorts: listHostPorts(input) } : {}),
    ...(envFiles === undefined ? {} : { envFiles }),
  };
}

/** Relative paths begin at the file's folder, and volumes have the project's name in front. */
function readVolumes(
  { folder, volumes }: Project,
  input: Input,
  read: (key: string, part: Input | undefined) => Value | undefined,
): Value | undefined {
  const absolute = (source: string): string =>
    /^~(?=\/|$)/.test(source)
      ? path.join(process.env['HOME'] ?? '/root', source.slice(1))
      : source.startsWith('.')
        ? path.resolve(folder, source)
        : source;
  const list = findEntry(input, 'volumes');
  const items = list?.items
    ?.filter((item) => !isTmpfs(item))
    .map((item) => {
      if (item.entries === undefined) return withText(item, showInput(item).replace(/^[^:]+(?=:)/, absolute));
      return {
        ...item,
        entries: item.entries.map(
          ([field, value]) =>
            [field, field === 'source' ? withText(value, absolute(showInput(value))) : value] as const,
        ),
      };
    });
  const value = read('volumes', list === undefined || items === undefined ? list : { ...list, items });
  if (value === undefined || !isList(value)) return value;
  return toSet(
    value
      .map(parseMounted)
      .map((mount) => formatMounted({ ...mount, source: volumes.get(mount.source)?.name ?? mount.source })),
  );
}

function mapItems(input: Input | undefined, change: (text: string) => string): Input | undefined {
  return input?.items === undefined
    ? input
    : { ...input, items: input.items.map((item) => withText(item, change(showInput(item)))) };
}

function withDriver(input: Input | undefined): Input | undefined {
  return input?.entries === undefined || findEntry(input, 'driver') !== undefined
    ? input
    : { ...input, entries: [...input.entries, ['driver', withText(input, 'json-file')]] };
}

/** `deploy.resources.limits.memory`, with what is said there. */
function flatten(key: string, input: Input): readonly (readonly [string, string])[] {
  if (input.entries === undefined || input.entries.length === 0) return [[key, showInput(input)]];
  return input.entries.flatMap(([name, value]) => flatten(`${key}.${name}`, value));
}

/** Variables without a value are wherever they stand: nothing is made of half a file. */
function listUnreadable(input: Input): readonly Failure[] {
  const parts = [...(input.items ?? []), ...(input.entries ?? []).map(([, value]) => value)];
  return parts.length > 0 ? parts.flatMap(listUnreadable) : (tryTo(() => input.scalar).failures ?? []);
}
