import { splitMounts, splitVolumes } from '../../base/mount-options.ts';
import { parseMounted } from '../../container/spec/mounted.ts';
import { isList, type Value } from '../../container/spec/value.ts';
import type { RecordBuilder } from './record-builder.ts';

/** Folders and files of the host into MountPath, volumes with a name into Volumes. */
export function setMounts(builder: RecordBuilder, value: Value | undefined): void {
  const folders: string[] = [];
  const volumes: string[] = [];
  for (const text of value !== undefined && isList(value) ? value : []) {
    const { source, target, options } = parseMounted(text);
    // an anonymous volume has no name for a record: recreates keep it
    if (source === '') continue;
    const plain = source === target ? [source] : [source, target];
    const mount = (options.length > 0 ? [source, target, options.join(',')] : plain).join(':');
    (source.startsWith('/') ? folders : volumes).push(mount);
  }
  builder.setList('volumes', 'MountPath', folders, splitMounts);
  builder.setList('volumes', 'Volumes', volumes, splitVolumes);
}
