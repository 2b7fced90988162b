import { existsSync } from 'node:fs';
import path from 'node:path';
import { layersOf } from '../../base/layers.ts';
import { CONFIG_DIR, type Paths, withoutRoot } from '../../base/paths.ts';

/** Where a line, or a part of one, comes from. */
export interface LineOrigin {
  /** file of the fragment, without the root */
  readonly fragment: string;
  readonly line: number;
  /** whose it is: the admin's, that of another package, what docksmith ships */
  readonly layer: 'custom' | 'package' | 'shipped';
  /** the fragments of its name that it stands in for */
  readonly overrides: readonly string[];
  /** for a merged document: `services.wiki.mem_limit` */
  readonly documentKey: string | undefined;
}

const KINDS = ['templates-custom', 'templates', 'templates-default'];

/** Whose fragment it is, and which ones of its name it stands in for: the layers in the order in which they win. */
export function describeFragment(paths: Paths, fragment: string): Omit<LineOrigin, 'line' | 'documentKey'> {
  const layers = KINDS.flatMap((kind) => layersOf(paths, kind)).map((layer) => withoutRoot(paths, layer));
  const own = layers.find((layer) => fragment.startsWith(`${layer}/`));
  if (own === undefined) return { fragment, layer: 'shipped', overrides: [] };
  const name = fragment.slice(own.length + 1);
  const isOfHost = own.startsWith(`${CONFIG_DIR}/`);
  const layer = own.endsWith('/templates-custom') ? 'custom' : isOfHost ? 'package' : 'shipped';
  const lower = layers.slice(layers.indexOf(own) + 1).map((other) => path.posix.join(other, name));
  return {
    fragment,
    layer,
    overrides: lower.filter((file) => existsSync(file.startsWith(`${CONFIG_DIR}/`) ? paths.file(file) : file)),
  };
}
