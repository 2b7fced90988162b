import path from 'node:path';
import { throwAll } from '../base/errors.ts';
import type { Input } from '../container/spec/input.ts';
import { absolutePath, withAbsolutePaths } from './absolute.ts';
import { findEntry, isNull, listTexts, showInput, tryTo, withEntries, withEntry, withoutEntry } from './inputs.ts';
import type { Layer } from './layer.ts';
import { settle } from './merge.ts';
import { isRemoteFile } from './remote.ts';
import { withEnvFiles } from './variables.ts';

const KINDS = ['services', 'networks', 'volumes', 'secrets', 'configs', 'models'];

/** A document with all that the files have which it includes. */
export function withIncluded(
  document: Input,
  layer: Layer,
  load: (files: readonly string[], layer: Layer) => Input,
): Input {
  const said = findEntry(document, 'include');
  if (said === undefined) return document;
  const list = isNull(said) ? [] : (said.items ?? said.refuse('must be a list'));
  return list.reduce(
    (model, one) => {
      const { files, folder, variables } = readInclude(one, layer);
      const included = load(files, { ...layer, folder, variables, including: [...layer.including, ...files] });
      return importAll(model, included, layer.folder);
    },
    withoutEntry(document, 'include'),
  );
}

function readInclude(
  one: Input,
  layer: Layer,
): Pick<Layer, 'folder' | 'variables'> & { readonly files: readonly string[] } {
  const said = one.entries === undefined ? one : (findEntry(one, 'path') ?? one.refuse('needs a path'));
  const named = listTexts(said);
  if (named.length === 0) one.refuse('needs a path');
  if (named.some(isRemoteFile)) one.refuse('it lies on another server, and docksmith reads files of this one');
  const files = named.map((file) => absolutePath(file, layer.folder));
  const [first = layer.folder] = files;
  if (layer.including.includes(first))
    one.refuse(
      `it includes itself in the end: ${[...layer.including.slice(layer.including.indexOf(first)), first].join(' -> ')}`,
    );
  const given = one.entries === undefined ? undefined : findEntry(one, 'project_directory');
  const folder = given === undefined ? path.dirname(first) : absolutePath(showInput(given), layer.folder);
  const envFiles = listTexts(one.entries === undefined ? undefined : findEntry(one, 'env_file'));
  const variables = withEnvFiles(
    envFiles.length > 0
      ? envFiles
          .filter((file) => file !== '/dev/null')
          .map((file) => ({ file: absolutePath(file, layer.folder), isNeeded: true }))
      : [{ file: path.join(folder, '.env'), isNeeded: false }],
    layer.variables,
    layer.notes,
  );
  return { files, folder, variables };
}

/** Nothing may be there twice, unless it is the same. */
function importAll(model: Input, included: Input, folder: string): Input {
  return KINDS.reduce((all, kind) => {
    const from = findEntry(included, kind);
    const to = findEntry(all, kind);
    if (from?.entries === undefined) return all;
    if (to === undefined || isNull(to)) return withEntry(all, kind, from);
    const whole = findEntry(withAbsolutePaths(settle(all), folder), kind) ?? to;
    throwAll(
      from.entries.flatMap(([name, value]) => {
        const other = findEntry(whole, name);
        return other === undefined || isEqual(value, other)
          ? []
          : (tryTo(() =>
              value.refuse(
                `${kind} "${name}" is in ${other.place.file}, too, which includes this file, and says otherwise`,
              ),
            ).failures ?? []);
      }),
    );
    return withEntry(
      all,
      kind,
      withEntries(to, [...(to.entries ?? []), ...from.entries.filter(([name]) => findEntry(to, name) === undefined)]),
    );
  }, model);
}

function isEqual(one: Input, other: Input): boolean {
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other));
}

function plain({ scalar, items, entries }: Input): unknown {
  if (items !== undefined) return items.map(plain);
  if (entries === undefined) return scalar ?? null;
  return Object.fromEntries(
    entries.map(([name, value]) => [name, plain(value)] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
