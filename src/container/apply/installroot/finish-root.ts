import { chmodSync, lstatSync, lutimesSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readText } from '../../../files/read-file.ts';
import { Failure } from '../../../base/errors.ts';
import type { Installroot } from '../../../model/images/installroot.ts';
import type { Workshop } from './workshop.ts';
import { emptyInside, findInside, makeInside } from './inside.ts';
import { FIXED_TIME, runTool } from './run-tool.ts';

/** name, mode, major and minor number: Documentation/admin-guide/devices.txt of the kernel */
const DEVICES = [
  ['null', '666', '1', '3'],
  ['zero', '666', '1', '5'],
  ['full', '666', '1', '7'],
  ['random', '666', '1', '8'],
  ['urandom', '666', '1', '9'],
  ['tty', '666', '5', '0'],
  ['console', '600', '5', '1'],
  ['ptmx', '666', '5', '2'],
] as const;

/** Programs that packages bring may want some of these while they are installed. */
export async function makeDevices({ folder, root }: Workshop): Promise<void> {
  const dev = makeInside(root, 'dev');
  for (const [name, mode, major, minor] of DEVICES) {
    const file = path.join(dev, name);
    if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) continue;
    const { exitCode, lastWords } = await runTool({
      program: 'mknod',
      args: ['-m', mode, file, 'c', major, minor],
      home: folder,
    });
    if (exitCode !== 0) throw new Failure(`cannot make the device "${name}" of an image`, { why: lastWords });
  }
}

/**
 * What is left of an installation and belongs into no image: logs, caches and what says something of this host;
 * and as the record wants it, translations and documentation.
 * @param begun what was changed since then gets one time for all: equal content has equal bytes
 */
export function finishRoot(
  root: string,
  { installer, deviceNodes, networkFile, keepLocales, keepDocs, keepCaches }: Installroot,
  begun: Date,
): void {
  for (const folder of ['tmp', 'var/tmp', 'var/log', 'var/cache/ldconfig', 'run']) emptyInside(root, folder);
  // shared memory of the database, which is made again
  for (const folder of ['var/lib/rpm', 'usr/lib/sysimage/rpm'])
    emptyInside(
      root,
      folder,
      (name) => !name.endsWith('.sqlite-shm') && !name.startsWith('.rpm.lock') && !/^__db\./.test(name),
    );
  // the times of the installation
  emptyInside(root, 'var/lib/dnf', (name) => !name.startsWith('history.sqlite'));
  emptyInside(root, 'var/cache/debconf', (name) => !name.endsWith('-old'));
  if (!deviceNodes) emptyInside(root, 'dev');
  if (!keepLocales)
    for (const folder of ['usr/share/locale', 'usr/share/i18n', 'usr/lib/locale'])
      emptyInside(root, folder, (name) => /^C(\.|$)|^locale\.alias$/.test(name));
  if (!keepDocs)
    for (const folder of ['usr/share/doc', 'usr/share/man', 'usr/share/info', 'usr/share/gtk-doc'])
      emptyInside(root, folder);
  if (!keepCaches)
    for (const folder of ['var/cache/dnf', 'var/cache/yum', 'var/cache/apt', 'var/lib/apt/lists'])
      emptyInside(root, folder);
  writeNetworkFiles(root, installer, networkFile);
  setTimes(root, begun.getTime());
}

function writeNetworkFiles(root: string, installer: Installroot['installer'], isWanted: boolean): void {
  const write = (folder: string, name: string, text: string): void => {
    const file = path.join(makeInside(root, folder), name);
    rmSync(file, { force: true });
    writeFileSync(file, text);
    chmodSync(file, 0o644);
  };
  if (installer === 'dnf') {
    if (isWanted) write('etc/sysconfig', 'network', 'NETWORKING=yes\nHOSTNAME=localhost.localdomain\n');
    return;
  }
  // debootstrap copies those of this host
  for (const name of ['hostname', 'resolv.conf']) {
    const etc = findInside(root, 'etc');
    if (etc !== undefined) rmSync(path.join(etc, name), { force: true });
  }
  if (!isWanted) return;
  write('etc', 'hostname', 'localhost\n');
  write('etc', 'resolv.conf', '');
}

function setTimes(folder: string, begun: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) setTimes(file, begun);
    setTime(file, begun);
  }
  setTime(folder, begun);
}

function setTime(file: string, begun: number): void {
  // a second, since the clock of files is coarser
  if (lstatSync(file).mtimeMs >= begun - 1000) lutimesSync(file, FIXED_TIME, FIXED_TIME);
}

/**
 * The version that a system says of itself: of `CentOS Linux release 7.9.2009 (Core)` it is `7.9.2009`.
 * Undefined where it does not say, or in no form of a tag.
 */
export function findReleaseTag(root: string): string | undefined {
  const etc = findInside(root, 'etc');
  if (etc === undefined) return undefined;
  const [version] = ['redhat-release', 'debian_version'].flatMap(
    (name) => /\d[\w.]*/.exec(readInEtc(etc, name) ?? '')?.[0] ?? [],
  );
  return version?.slice(0, 128);
}

/** Often it is a link to the distribution's own file beside it. */
function readInEtc(etc: string, name: string): string | undefined {
  const isLink = lstatSync(path.join(etc, name), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  const file = path.join(etc, isLink ? path.basename(readlinkSync(path.join(etc, name))) : name);
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() === true ? readText(file) : undefined;
}
