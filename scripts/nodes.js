// Plain JavaScript: programs of other Node versions, from the npm packages that carry them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './packages.js';

/** Each major version that docksmith runs on, and which of it is taken for the tests. */
const VERSIONS = { 20: '20.19.6', 22: '22.23.5', 24: '24.22.3' };

/** VERSION/package/bin/node. Nobody else can write here; it is empty after `npm ci`, and npm has a cache of its own. */
const CACHE = path.join(ROOT, 'node_modules/.cache/docksmith-nodes');

/** Where there is no registry, that is to be said soon. */
const QUICK = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--loglevel=error'];

/**
 * The major versions beside the one that runs this, each with its program, which is fetched where it is not there.
 * @returns a reason instead of the program where it cannot be had
 */
export function fetchNodes() {
  const others = Object.entries(VERSIONS).filter(([major]) => major !== process.versions.node.split('.')[0]);
  return others.map(([major, version]) => {
    const program = path.join(CACHE, version, 'package/bin/node');
    const reason = existsSync(program) ? undefined : fetchNode(version);
    return { major, program, ...(reason === undefined ? {} : { reason }) };
  });
}

/** @returns why it failed; undefined: it did not */
function fetchNode(version) {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(path.join(CACHE, 'fetch-'));
  try {
    const name = `node-${process.platform}-${process.arch}@${version}`;
    const packed = run('npm', ['pack', ...QUICK, '--pack-destination', folder, name], folder);
    if (packed !== undefined) return `npm cannot fetch ${name}: ${packed}`;
    const [archive = ''] = readdirSync(folder);
    const unpacked = run('tar', ['-xzf', archive, 'package/bin/node'], folder);
    if (unpacked !== undefined) return `cannot unpack ${name}: ${unpacked}`;
    rmSync(path.join(folder, archive));
    // another run may have been faster
    if (!existsSync(path.join(CACHE, version))) renameSync(folder, path.join(CACHE, version));
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the first line of what went wrong that is more than npm's code for it */
function run(program, args, cwd) {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8', timeout: 300_000 });
  if (status === 0) return undefined;
  const said = stderr.split('\n').find((line) => /\S/.test(line) && !/^npm error (code|errno|syscall) /.test(line));
  return error?.message ?? said ?? `exit code ${status}`;
}
