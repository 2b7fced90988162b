/** What a mount of a folder or file of the host may say behind its path in the container, as the engine takes it. */
export const BIND_OPTIONS = ['ro', 'rw', 'z', 'Z', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

/** The same of a volume; `subpath=PATH` mounts a folder in it. */
export const VOLUME_OPTIONS = ['ro', 'rw', 'z', 'Z', 'nocopy', 'subpath='];

/** For other systems than Linux: taken, and nothing is done. */
export const IDLE_OPTIONS = ['cached', 'delegated', 'consistent'];

/** The first of some options that is none of those allowed. */
export function findWrongOption(options: readonly string[], allowed: readonly string[]): string | undefined {
  return options.find(
    (option) =>
      ![...allowed, ...IDLE_OPTIONS].some((one) =>
        one.endsWith('=') ? option.startsWith(one) && isSubpath(option.slice(one.length)) : option === one,
      ),
  );
}

function isSubpath(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
}

/**
 * The items of a `MountPath`. A comma that does not stand before a path belongs to its item: it separates options
 * (`/srv:/data:ro,z`), or is part of a name.
 */
export function splitMounts(value: string): readonly string[] {
  return split(value, BETWEEN_MOUNTS);
}

/** One at the end is a mistake, and no part of a name. */
export const BETWEEN_MOUNTS = /,(?=\s*(?:\/|,|$))/;

/** The items of a `Volumes`: each has a colon, or is the path of an anonymous one; options have none. */
export function splitVolumes(value: string): readonly string[] {
  return split(value, BETWEEN_VOLUMES);
}

export const BETWEEN_VOLUMES = /,(?=[^,:]*:|\s*(?:\/|,|$))/;

function split(value: string, comma: RegExp): readonly string[] {
  return value
    .split(comma)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
