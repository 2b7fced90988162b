import { createHash } from 'node:crypto';
import { cpSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runOrFail } from './run.ts';

const CHECKOUT = path.resolve(import.meta.dirname, '../..');
/** What a checkout is, without what is made of it. */
const SOURCES = readdirSync(CHECKOUT).filter((name) => !/^(?:\.|node_modules$|dist$|packages$)/.test(name));

/** Into WORK/packages, once more from a copy of the checkout into WORK/again, and with what the tests need besides. */
export async function makeAllPackages(work: string): Promise<void> {
  const make = (from: string, ...args: readonly string[]): Promise<string> =>
    runOrFail(process.execPath, [path.join(from, 'scripts/make-packages.js'), ...args], {
      cwd: from,
      env: { SOURCE_DATE_EPOCH: '1790000000' },
    });
  const copy = path.join(work, 'copy');
  // links as they are, and not where they lead
  for (const name of SOURCES)
    cpSync(path.join(CHECKOUT, name), path.join(copy, name), { recursive: true, verbatimSymlinks: true });
  symlinkSync(path.join(CHECKOUT, 'node_modules'), path.join(copy, 'node_modules'));
  await make(CHECKOUT, '--out', path.join(work, 'packages'));
  await runOrFail(process.execPath, [path.join(copy, 'scripts/build.js')], { cwd: copy });
  await make(copy, '--out', path.join(work, 'again'));
  // what is upgraded to, what a Red Hat has, and the node of a distribution
  const further = path.join(work, 'further');
  await make(CHECKOUT, '--out', further, '--only', 'docksmith', '--revision', '2');
  const needed = await runOrFail('rpm', ['-qpR', path.join(work, 'packages/docksmith-node-0.1.0-1.x86_64.rpm')]);
  const libraries = needed.split('\n').filter((line) => line !== '' && !line.startsWith('rpmlib('));
  const definitions = path.join(work, 'definitions');
  write(
    path.join(definitions, 'bare/package.json'),
    JSON.stringify({
      ...BARE,
      rpm: { ...BARE.rpm, Provides: ['/bin/sh', 'tar', 'util-linux', ...new Set(libraries)] },
    }),
  );
  await make(CHECKOUT, '--out', further, '--from', definitions);
  for (const name of readdirSync(further).filter((each) => /-2[._]|^bare/.test(each)))
    linkSync(path.join(further, name), path.join(work, 'packages', name));
  await makeNodejs(path.join(work, 'nodejs'), path.join(work, 'packages/nodejs.deb'));
}

/** An rpm with nothing in it, which says that the system is there already. */
const BARE = {
  summary: 'A system',
  description: ['A system'],
  isForAnyCpu: true,
  formats: ['rpm'],
  rpm: { License: 'MIT', AutoReqProv: 'no' },
};

/** The node of a distribution: that of the tests. */
async function makeNodejs(folder: string, file: string): Promise<void> {
  mkdirSync(path.join(folder, 'usr/bin'), { recursive: true });
  cpSync(process.execPath, path.join(folder, 'usr/bin/node'));
  const control = {
    Package: 'nodejs',
    Version: process.versions.node,
    Architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    Maintainer: 'nobody <nobody@localhost>',
    Depends: 'libstdc++6',
    Description: 'Node',
  };
  write(
    path.join(folder, 'DEBIAN/control'),
    Object.entries(control)
      .map(([field, value]) => `${field}: ${value}\n`)
      .join(''),
  );
  await runOrFail('dpkg-deb', ['--root-owner-group', '-Znone', '--build', folder, file]);
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

export async function listDeb(file: string, folder: string): Promise<Readonly<Record<string, string>>> {
  await runOrFail('dpkg-deb', ['-x', file, folder]);
  return listDigests(folder);
}

export async function listTar(file: string, folder: string, top: string): Promise<Readonly<Record<string, string>>> {
  mkdirSync(folder);
  await runOrFail('tar', ['-xzf', file, '-C', folder]);
  return listDigests(path.join(folder, top));
}

/** path -> checksum of each file */
function listDigests(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((name) => [name.slice(folder.length), createHash('sha256').update(readFileSync(name)).digest('hex')]),
  );
}

/** Whether the first part of the program that was compiled is taken by the node that asks. */
export const IS_COMPILED = `
const fs = require("fs"), vm = require("vm"), dist = "/usr/lib/docksmith/dist/";
const name = fs.readdirSync(dist).find((each) => each.endsWith(".compiled"));
const compiled = fs.readFileSync(dist + name), source = fs.readFileSync(dist + name.replace(".compiled", ""), "latin1");
const places = JSON.parse(/PLACES = (.*);/.exec(fs.readFileSync(dist + "docksmith.cjs", "utf8"))[1]);
const [part, [at, length]] = Object.entries(JSON.parse(compiled.latin1Slice(0, 16384)))[0];
const script = new vm.Script(source.substr(...places[part]), { cachedData: compiled.subarray(at, at + length) });
console.log(!script.cachedDataRejected, process.version);
`;

/** Without a terminal of dpkg's own. */
export const APT = 'apt-get -y --no-install-recommends -o Dpkg::Use-Pty=0';

/** The words that install files of `/root/packages`. */
export function install(...names: readonly string[]): string {
  return `${APT} install ${names.map((name) => `/root/packages/${name}.deb`).join(' ')} 2>&1`;
}
