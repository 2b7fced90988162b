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
