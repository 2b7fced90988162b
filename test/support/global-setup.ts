import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { removeLeftovers } from './leftovers.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * Builds the program once, since integration tests run its bin files, and clears up after test runs that
 * were killed.
 */
export function setup(): void {
  removeLeftovers();
  if (isFresh()) return;
  // types are not looked at, so that one part can be tested while another is rebuilt
  const { status } = spawnSync(process.execPath, ['scripts/build.js'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0)
    throw new Error(
      `the program cannot be built: scripts/build.js ended with ${status ?? 'a signal'}; where a package is missing, npm ci`,
    );
}

export function teardown(): void {
  removeLeftovers();
}

/** No source is newer than what was built of it. */
function isFresh(): boolean {
  const built = statSync(path.join(ROOT, 'dist/docksmith.cjs'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map((name) =>
    path.join('src', name),
  );
  // folders too: their time tells of files that are gone
  return [
    'src',
    'scripts/build.js',
    'scripts/starter.cjs',
    'scripts/compile.cjs',
    'scripts/handlebars-parser.js',
    'package-lock.json',
    ...sources,
  ].every((name) => statSync(path.join(ROOT, name)).mtimeMs < built);
}
