import fastGlob from 'fast-glob';
import { compareBytes, isBackupName } from '../base/layers.ts';

/**
 * All files of layers of templates, metadata or defaults, also links and those whose names begin with a dot, by
 * their path under their layer; of two with one path that of the earlier layer. In byte order of the paths.
 * Only those who look at all templates at once use it: an event knows by name which folders it reads.
 */
export function listLayeredFiles(layers: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const layer of layers) {
    const options = { cwd: layer, dot: true, onlyFiles: false, objectMode: true, followSymbolicLinks: false } as const;
    for (const { path: name, dirent } of fastGlob.sync('**', options))
      if (!dirent.isDirectory() && !files.has(name)) files.set(name, `${layer}/${name}`);
  }
  return new Map([...files].sort(([a], [b]) => compareBytes(a, b)));
}

/**
 * Fragments and flat files of layers, by their path under them; files beside the templates, a README, are left out.
 */
export function listTemplateFiles(layers: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    [...listLayeredFiles(layers)].filter(([name]) => name.includes('/') && !name.split('/').some(isBackupName)),
  );
}
