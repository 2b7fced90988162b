import path from 'node:path';
import { BIND_OPTIONS, findWrongOption, IDLE_OPTIONS, VOLUME_OPTIONS } from '../../base/mount-options.ts';
import type { Input } from './input.ts';
import { isList, type Value } from './value.ts';
import { readChoice, readFields, readFlag, readText } from './read-input.ts';

/** A folder, file or volume that a container sees. */
export interface Mounted {
  /** an absolute path of the host, the name of a volume, or empty for an anonymous volume */
  readonly source: string;
  readonly target: string;
  /** `ro`, `z`, `Z`, for binds the kinds of propagation, for volumes `nocopy` and `subpath=PATH`; in byte order */
  readonly options: readonly string[];
}

/** `/srv/wiki:/images:ro`, Compose's short form. */
export function formatMounted({ source, target, options }: Mounted): string {
  return [...(source === '' ? [] : [source]), target, ...(options.length === 0 ? [] : [options.join(',')])].join(':');
}

/** Reads back what `formatMounted` writes. */
export function parseMounted(text: string): Mounted {
  const [first = '', second, options = ''] = text.split(':');
  if (second === undefined) return { source: '', target: first, options: [] };
  // writable is what a mount is anyway
  return {
    source: first,
    target: second,
    options: options
      .split(',')
      .filter((option) => option !== '' && option !== 'rw' && !IDLE_OPTIONS.includes(option))
      .sort(),
  };
}

/** The files and folders of the host among the values of `volumes`. */
export function listMountedSources(volumes: Value | undefined): readonly string[] {
  return volumes === undefined || !isList(volumes)
    ? []
    : volumes.map((text) => parseMounted(text).source).filter((source) => source.startsWith('/'));
}

/** Volumes that the engine named itself: they belong to one container, and go with it from old to new. */
export function isAnonymousName(volume: string): boolean {
  return /^[0-9a-f]{64}$/.test(volume);
}

/** The volumes with a name among what a container has mounted. */
export function listMountedVolumes(
  mounts: readonly { readonly Type: string; readonly Name?: string | undefined }[],
): readonly string[] {
  return mounts.flatMap(({ Type, Name = '' }) => (Type === 'volume' && !isAnonymousName(Name) ? [Name] : []));
}

/** Short or long form of an entry of `volumes`. */
export function readMounted(input: Input): Mounted {
  if (input.entries !== undefined) return readLong(input);
  const text = readText(input);
  const parts = text.split(':');
  const options = (parts[0] ?? '').startsWith('/') ? BIND_OPTIONS : VOLUME_OPTIONS;
  const wrong = findWrongOption((parts[2] ?? '').split(',').filter(Boolean), options);
  if (parts.length > 3) return input.refuse(`"${text}" has too many colons`);
  if (wrong !== undefined) return input.refuse(`"${wrong}" is none of ${options.join(', ')}`);
  return check(input, parseMounted(text));
}

function readLong(input: Input): Mounted {
  const {
    type,
    source,
    target,
    read_only: readOnly,
    bind,
    volume,
  } = readFields(input, ['type', 'source', 'target', 'read_only', 'bind', 'volume'], ['consistency']);
  if (type === undefined || target === undefined) return input.refuse('needs a type and a target');
  const kind = readChoice(type, ['bind', 'volume']);
  const texts = { source: source === undefined ? '' : readText(source), target: readText(target) };
  if ((kind === 'bind') !== texts.source.startsWith('/'))
    return input.refuse(
      kind === 'bind' ? 'a bind needs an absolute path as its source' : 'a volume has a name, not a path',
    );
  // a missing folder is made, or asked for, before a container is
  const { propagation, selinux } =
    bind === undefined ? {} : readFields(bind, ['propagation', 'selinux'], ['create_host_path']);
  const { nocopy, subpath } = volume === undefined ? {} : readFields(volume, ['nocopy', 'subpath']);
  const options = [
    ...(propagation === undefined ? [] : [readChoice(propagation, BIND_OPTIONS.slice(4))]),
    ...(selinux === undefined ? [] : [readChoice(selinux, ['z', 'Z'])]),
    ...(nocopy !== undefined && readFlag(nocopy) ? ['nocopy'] : []),
    ...(subpath === undefined ? [] : [`subpath=${readSubpath(subpath)}`]),
    ...(readOnly !== undefined && readFlag(readOnly) ? ['ro'] : []),
  ];
  return check(input, { ...texts, options: options.sort() });
}

function readSubpath(input: Input): string {
  const text = readText(input);
  return /[,:]/.test(text) || findWrongOption([`subpath=${text}`], VOLUME_OPTIONS) !== undefined
    ? input.refuse(`"${text}" is no path in a volume, or has a comma or colon`)
    : text;
}

function check(input: Input, { source, target, options }: Mounted): Mounted {
  if (!target.startsWith('/') || target === '/')
    return input.refuse(`"${target}" is no absolute path in the container`);
  const isName = /^[a-zA-Z0-9][\w.-]*$/.test(source);
  if (source !== '' && !source.startsWith('/') && !isName)
    return input.refuse(`"${source}" is neither an absolute path nor the name of a volume`);
  return withPlainPaths({ source, target, options });
}

/** Its paths without what does not change where they lead: `/srv/wiki/` is `/srv/wiki`. */
export function withPlainPaths({ source, target, options }: Mounted): Mounted {
  return {
    source: source.startsWith('/') ? path.posix.resolve(source) : source,
    target: path.posix.resolve(target),
    options,
  };
}
