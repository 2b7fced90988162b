// Plain JavaScript: the programs that make packages.
import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../packages.js';

/** As `gzip -n9`. */
export function gzip(bytes) {
  return gzipSync(bytes, { level: 9 });
}

/** @throws Error with what the program said */
export function call(program, args, { env = process.env, cwd = ROOT } = {}) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env,
    maxBuffer: 64 << 20,
  });
  if (error !== undefined) throw new Error(`cannot run ${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${args[0]} failed:\n${stderr || stdout}`);
  return { stdout, stderr };
}

/**
 * Where there is no registry, that is said soon.
 * @returns the name of the file that npm has put into the folder
 */
export function npmPack(folder, ...what) {
  const quick = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--loglevel=error'];
  const { stdout } = call('npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    ...quick,
    '--pack-destination',
    folder,
    ...what,
  ]);
  return JSON.parse(stdout)[0].filename;
}
