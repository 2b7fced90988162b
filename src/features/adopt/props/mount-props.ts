import { splitMounts, splitVolumes } from '../../../base/mount-options.ts';
import { parseMounted } from '../../../container/spec/mounted.ts';
import { isList, type Value } from '../../../container/spec/value.ts';
import type { RecordBuilder } from './record-builder.ts';

/** Folders and files of the host into MountPath, volumes into Volumes. */
export function setMounts(builder: RecordBuilder, value: Value | undefined): void {
  const folders: string[] = [];
  const volumes: string[] = [];
  for (const text of value !== undefined && isList(value) ? value : []) {
    const { source, target, options } = parseMounted(text);
    // an anonymous volume has no name: a recreate keeps it
    if (source === '') {
      volumes.push(target);
      continue;
    }
    const plain = source === target ? [source] : [source, target];
    const mount = (options.length > 0 ? [source, target, options.join(',')] : plain).join(':');
    (source.startsWith('/') ? folders : volumes).push(mount);
  }
  builder.setItems('volumes', 'MountPath', folders, splitMounts);
  builder.setList('volumes', 'Volumes', volumes, splitVolumes);
}
