import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../../base/errors.ts';
import { readBytes } from '../../../files/read-file.ts';
import type { Installroot } from '../../../model/images/installroot.ts';
import type { Workshop } from './workshop.ts';
import { findTool, runTool } from './run-tool.ts';

/** Of these, older systems have folders where newer ones have links: in an image they are links. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/** A text that is another one when one of the files is. */
export async function digestPrograms(name: string, workshop: Workshop, installroot: Installroot): Promise<string> {
  const files = await listFiles(name, workshop, installroot);
  return files.map((file) => `${file}=${createHash('sha256').update(readBytes(file)).digest('hex')}`).join(' ');
}

/** Copies the programs, and what they are linked with, to the same places. */
export async function copyPrograms(name: string, workshop: Workshop, installroot: Installroot): Promise<void> {
  const { root } = workshop;
  for (const folder of MERGED) {
    mkdirSync(path.join(root, 'usr', folder), { recursive: true, mode: 0o755 });
    symlinkSync(`usr/${folder}`, path.join(root, folder));
  }
  mkdirSync(path.join(root, 'tmp'));
  // a mask of this host keeps them from everybody
  chmodSync(path.join(root, 'tmp'), 0o1777);
  for (const file of await listFiles(name, workshop, installroot)) {
    const copy = path.join(root, file);
    mkdirSync(path.dirname(copy), { recursive: true, mode: 0o755 });
    copyFileSync(file, copy);
    chmodSync(copy, 0o755);
  }
}

/** Each once, in the order of their names. */
async function listFiles(name: string, { folder }: Workshop, { packages }: Installroot): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const program of packages) {
    const file = findTool(program);
    if (file === undefined)
      throw new Failure(`cannot build image "${name}"`, { why: `this host has no program "${program}"` });
    files.add(file);
    // of a static one it says so, and ends with 1
    const { stdout } = await runTool({ program: 'ldd', args: [file], home: folder });
    for (const [, library = ''] of stdout.matchAll(/(?:=>\s+|^\s*)(\/\S+)\s+\(0x/gm)) files.add(library);
  }
  return [...files].sort();
}
