import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import { layersOf } from '../base/layers.ts';
import { type Paths, withoutRoot } from '../base/paths.ts';
import { NotText, readText } from '../files/read-file.ts';
import { findStats, type Look, type Place } from '../files/signature.ts';
import { refuseUntrusted } from '../files/trust.ts';
import { givesCheck, type Metadata, parseMetadata, refuseNoPath } from './metadata.ts';

/** What can say something of a template, the file that wins first. */
export function listMetadataFiles(paths: Paths, output: string, look: Look = findStats): readonly Place[] {
  refuseNoPath(output);
  return layersOf(paths, path.join('templates.metadata', output)).map((file) => ({ file, state: look(file) }));
}

/**
 * The metadata of one template: `templates.metadata/PATH` of the package, over it the admin's,
 * over it `extra` (the content of an event's templates2expand file), key by key.
 * @throws Failure(s) naming the file and the key
 */
export function readMetadata(
  paths: Paths,
  output: string,
  extra?: { readonly file: string; readonly text: string },
  listed = listMetadataFiles(paths, output),
): Metadata {
  const files = listed.toReversed().flatMap(({ file, state }) => {
    const text = state === undefined ? undefined : readIfThere(file);
    // a CHECK is a command line, run with our rights
    if (text !== undefined && givesCheck(text)) refuseUntrusted(file, `the CHECK of "${withoutRoot(paths, file)}"`);
    return text === undefined ? [] : [{ file: withoutRoot(paths, file), text }];
  });
  return parseMetadata(output, extra === undefined ? files : [...files, extra]);
}

function readIfThere(file: string): string | undefined {
  try {
    return readText(file);
  } catch (error) {
    // a folder holds the metadata of what lies below
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(error) ?? '')) return undefined;
    if (error instanceof NotText) throw error;
    throw new Failure(`cannot read metadata "${file}"`, { why: reasonOf(error), cause: error });
  }
}
