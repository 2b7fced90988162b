import path from 'node:path';
import type { ImageInspect } from '../../engine/engine-api.ts';
import type { Candidate } from '../adopt/candidate.ts';

/** A container of an image: its ports as if they were published, its volumes with names. */
export function describeImage(name: string, reference: string, image: ImageInspect | undefined): Candidate {
  const { ExposedPorts, Volumes } = image?.Config ?? {};
  const folders = Object.keys(Volumes ?? {}).sort();
  const isLocal = image !== undefined && (image.RepoDigests ?? []).length === 0;
  return {
    name,
    values: {
      image: reference,
      restart: 'unless-stopped',
      logging: { driver: 'json-file' },
      ports: Object.keys(ExposedPorts ?? {})
        .sort((a, b) => parseInt(a, 10) - parseInt(b, 10))
        .map((port) => port.replace('/tcp', '')),
      volumes: folders.map((folder) => `${nameVolume(name, folder, folders)}:${folder}`),
    },
    enabled: true,
    source: { kind: isLocal ? 'local' : 'pull' },
    networks: [],
    leftOut: [],
  };
}

/** `notes_data` for `/var/opt/data`; as much of the path as tells it from the others. */
function nameVolume(name: string, folder: string, folders: readonly string[]): string {
  const base = path.posix.basename(folder);
  const isAlone = folders.filter((other) => path.posix.basename(other) === base).length === 1;
  return `${name}_${(isAlone ? base : folder.slice(1)).replace(/[^\w.-]/g, '-')}`;
}
