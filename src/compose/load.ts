import type { Input } from '../container/spec/input.ts';
import { withAbsolutePaths } from './absolute.ts';
import { withExtended } from './extends.ts';
import { findEntry, listTexts } from './inputs.ts';
import { withIncluded } from './include.ts';
import { mergeInputs, settle } from './merge.ts';
import type { Layer } from './layer.ts';
import { fillAll, readSource } from './read-source.ts';

/**
 * Several Compose files as one: with what their services extend and what they include, all variables filled in,
 * all paths whole. https://docs.docker.com/reference/compose-file/
 * @throws Failure(s)
 */
export function loadModel(files: readonly string[], layer: Layer): Input {
  const documents = files.flatMap((file) =>
    readSource(file, layer).map((document) => {
      if (document.entries === undefined) document.refuse('must be a map');
      const extended = withExtended(fillAll(document), { file, folder: layer.folder }, layer);
      return withIncluded(extended, layer, loadModel);
    }),
  );
  const merged = documents.reduce((base, over) => mergeInputs(base, over));
  const model = withAbsolutePaths(settle(merged), layer.folder);
  for (const [, service] of findEntry(model, 'services')?.entries ?? []) {
    const files = findEntry(service, 'env_file');
    for (const item of files?.items ?? (files === undefined ? [] : [files]))
      for (const file of listTexts(findEntry(item, 'path') ?? item))
        if (!layer.scopes.has(file)) layer.scopes.set(file, layer.variables);
  }
  return model;
}
