import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { removeLeftovers } from './leftovers.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Builds the program once, since integration tests run its bin files, and clears up after test runs that were killed. */
export function setup(): void {
  removeLeftovers();
  if (isFresh()) return;
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
  // with 2 it has told of type errors and built all the same, so that one room can be tested while another is rebuilt; `npm test` has stopped before
  if (status !== 0 && status !== 2) throw new Error(`the program cannot be built: tsc ended with ${status ?? 'a signal'}`);
}

export function teardown(): void {
  removeLeftovers();
}

/** Each source has an output that is not older. */
function isFresh(): boolean {
  const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return sources.every((source) => {
    const output = path.join(ROOT, 'dist', source.replace(/\.ts$/, '.js'));
    return existsSync(output) && statSync(output).mtimeMs >= statSync(path.join(ROOT, 'src', source)).mtimeMs;
  });
}
