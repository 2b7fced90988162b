// Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '..');

/** Installs the npm packages of the lockfile where there are none, or older ones. Ends this process if that fails. */
export function installPackages() {
  // npm writes this file last, so it also tells an installation that was broken off
  const installed = path.join(ROOT, 'node_modules/.package-lock.json');
  const lockfile = path.join(ROOT, 'package-lock.json');
  // npm would empty the folder that a link leads to, which is that of another checkout
  if (lstatSync(path.join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true) return;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return;
  console.log('installing the npm packages of package-lock.json …');
  const { status } = spawnSync('npm', ['ci', '--no-progress'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) {
    console.error(
      "docksmith: cannot install the npm packages: npm ci failed\nhint: it needs node 20.19 or newer, and npm's registry",
    );
    process.exit(status ?? 1);
  }
}

/**
 * Installs what the test suites need (test/support/needs.json) and this Debian lacks. Ends this process
 * if that fails.
 */
export function installDebianPackages() {
  const needs = JSON.parse(readFileSync(path.join(ROOT, 'test/support/needs.json'), 'utf8'));
  const wanted = [...new Set(Object.values(needs).flatMap(({ programs }) => Object.values(programs)))];
  const missing = wanted.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  console.log(`installing Debian packages: ${missing.join(' ')} …`);
  // RUNLEVEL: a package's own service is not to be started, the tests start private ones
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  for (const args of [
    // another apt (unattended upgrades, another run) is waited for
    ['-o', 'DPkg::Lock::Timeout=600', 'update', '-q'],
    ['-o', 'DPkg::Lock::Timeout=600', 'install', '-q', '-y', '--no-install-recommends', ...missing],
  ]) {
    const { status } = spawnSync('apt-get', args, { env, stdio: 'inherit' });
    if (status !== 0) {
      console.error(`docksmith: cannot install Debian packages: apt-get ${args[2]} failed`);
      process.exit(status ?? 1);
    }
  }
}

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}
