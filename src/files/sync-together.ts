import { execFile } from 'node:child_process';
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * Makes last what was written to these files: by one syncfs(2) for each file system that they are
 * on, which sync(1) of coreutils 8.24 makes with `-f`, else by an fsync for each of them.
 * @throws Error where anything could not be written
 */
export async function syncTogether(files: readonly string[]): Promise<void> {
  if (!tellsErrors(os.release()) || !(await trySync(listFileSystems(files)))) for (const file of files) syncFile(file);
}

/** Since Linux 5.8 syncfs tells that something could not be written; before, it says nothing of it. */
export function tellsErrors(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 8);
}

/** One folder of each. */
function listFileSystems(files: readonly string[]): readonly string[] {
  const folders = new Set(files.map((file) => path.dirname(file)));
  return [...new Map([...folders].map((folder) => [statSync(folder).dev, folder])).values()];
}

/** @returns false where there is no program that can do it */
async function trySync(folders: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)('sync', ['-f', ...folders], { env: { ...process.env, LC_ALL: 'C' } });
    return true;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT' || /invalid option|unrecognized option|usage:/i.test(stderr)) return false;
    throw new Error(`sync cannot write all of it: ${stderr.trim() || String(code)}`, { cause: error });
  }
}

function syncFile(file: string): void {
  const fd = openSync(file, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
