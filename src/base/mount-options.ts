/** What a mount of a folder or file of the host may say behind its path in the container, as the engine takes it. */
export const BIND_OPTIONS = ['ro', 'rw', 'z', 'Z', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

/** The same of a volume. */
export const VOLUME_OPTIONS = ['ro', 'rw', 'z', 'Z', 'nocopy'];

/**
 * The items of a `MountPath`. A comma that does not stand before a path belongs to its item: it separates options
 * (`/srv:/data:ro,z`), or is part of a name.
 */
export function splitMounts(value: string): readonly string[] {
  return split(value, BETWEEN_MOUNTS);
}

/** One at the end is a mistake, and no part of a name. */
export const BETWEEN_MOUNTS = /,(?=\s*(?:\/|,|$))/;

/** The items of a `Volumes`: each has a colon, and options have none. */
export function splitVolumes(value: string): readonly string[] {
  return split(value, BETWEEN_VOLUMES);
}

export const BETWEEN_VOLUMES = /,(?=[^,:]*:|\s*(?:,|$))/;

function split(value: string, comma: RegExp): readonly string[] {
  return value
    .split(comma)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
