import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../../base/errors.ts';

/**
 * A folder of an image that is made, as one of this host. Undefined where it is not there, or a link leads to
 * it: a link with a leading slash would lead out of the image, to files of this host.
 */
export function findInside(root: string, folder: string): string | undefined {
  let found = root;
  for (const name of folder.split('/')) {
    found = path.join(found, name);
    if (lstatSync(found, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  }
  return found;
}

/** The same, made where it is missing. @throws Failure where something else has the name */
export function makeInside(root: string, folder: string): string {
  let found = root;
  for (const name of folder.split('/')) {
    found = path.join(found, name);
    const stat = lstatSync(found, { throwIfNoEntry: false });
    if (stat === undefined) mkdirSync(found, { mode: 0o755 });
    else if (!stat.isDirectory())
      throw new Failure(`cannot write into folder "/${folder}" of an image`, { why: 'it is no folder, or a link' });
  }
  return found;
}

/** Removes what is in a folder of the image, and not the folder. @param keeps files that stay */
export function emptyInside(root: string, folder: string, keeps: (name: string) => boolean = () => false): void {
  const found = findInside(root, folder);
  if (found === undefined) return;
  for (const name of readdirSync(found)) if (!keeps(name)) rmSync(path.join(found, name), { recursive: true });
}
