import { hash } from 'node:crypto';
import { sign } from '../signature.ts';
import type { Source, Sources } from '../template/sources.ts';

/**
 * How the sources of a rendering stood before they were read, equal as long as none of their
 * files was changed, added or taken away. @param isKept it is to be compared at another time
 * @returns undefined where one was changed just then, so that nothing can be said of it
 */
export function stateOfSources(sources: Sources, used: readonly Source[], { isKept }: { readonly isKept: boolean }): string | undefined {
  const lines: string[] = [];
  for (const source of used) {
    const files = sources.listFiles(source);
    if (files === undefined) lines.push('none');
    for (const { file, state } of files ?? []) {
      const signature = state === undefined ? 'none' : sign(state, isKept ? sources.begun : undefined);
      if (signature === '') return undefined;
      lines.push(`${file} ${signature}`);
    }
  }
  return hash('sha256', lines.join('\n'), 'base64');
}
