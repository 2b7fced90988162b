import { createHash } from 'node:crypto';
import path from 'node:path';
import { layersOf } from '../layers.ts';
import type { Paths } from '../paths.ts';
import { listFragments } from '../template/fragment.ts';
import type { Source } from '../template/sources.ts';
import { signatureOfTarget } from './signature.ts';

/**
 * How the sources of a rendering stand, equal as long as none of their files was changed, added
 * or taken away. @param now milliseconds; undefined: only to be compared
 * @returns undefined where one was changed just now, so that nothing can be said of it
 */
export function stateOfSources(paths: Paths, sources: readonly Source[], now?: number): string | undefined {
  const lines: string[] = [];
  for (const { kind, template } of sources) {
    const files = kind === 'metadata' ? layersOf(paths, path.join('templates.metadata', template)) : listFragments(paths, template, kind === 'fragments with banner')?.files ?? ['none'];
    for (const file of files) {
      const signature = signatureOfTarget(file, now);
      if (signature === '') return undefined;
      lines.push(`${file} ${signature ?? 'none'}`);
    }
  }
  return createHash('sha256').update(lines.join('\n')).digest('base64');
}
