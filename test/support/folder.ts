import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { findPaths, type Paths } from '../../src/base/paths.ts';

/** A folder of its own for one test, gone after it. */
export function makeFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** A root with these files under `/etc/docksmith/`. */
export function makeRoot(files: Readonly<Record<string, string>> = {}): Paths {
  const root = makeFolder();
  writeTree(path.join(root, 'etc/docksmith'), files);
  return findPaths({ DOCKSMITH_ROOT: root });
}
