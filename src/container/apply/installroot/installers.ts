import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../../base/errors.ts';
import type { Installroot } from '../../../model/images/installroot.ts';
import { findTool, runTool, type Tool } from './run-tool.ts';
import { copyPrograms, digestPrograms } from './host-programs.ts';
import { makeInside } from './inside.ts';
import type { Workshop } from './workshop.ts';

type OnWords = (words: string) => void;

/** The programs that an image of this kind is made with, but for what every system has. @throws Failure */
export function refuseMissingTools(
  name: string,
  { installer, packages }: Pick<Installroot, 'installer' | 'packages'>,
): void {
  for (const [program, where] of [
    ...(installer === 'host' ? packages : [installer]).map((tool) => [tool, tool] as const),
    ['setpriv', 'util-linux'],
    ['unshare', 'util-linux'],
  ] as const)
    if (findTool(program) === undefined)
      throw new Failure(`cannot build image "${name}"`, {
        why: `this host has no program "${program}"`,
        hint: `install the package ${where}`,
      });
}

/** Lays down what the installers are told by files. */
export function prepareWorkshop({ folder, root }: Workshop, { installer, sources }: Installroot): void {
  mkdirSync(root, { mode: 0o755 });
  if (installer === 'host') return;
  mkdirSync(path.join(folder, 'repos.d'));
  if (installer === 'dnf') {
    writeFileSync(path.join(folder, 'repos.d', 'docksmith.repo'), sources);
    // nothing of this host's own settings
    writeFileSync(
      path.join(folder, 'dnf.conf'),
      '[main]\ngpgcheck=1\ninstall_weak_deps=False\nkeepcache=0\nplugins=0\n',
    );
    // where Debian's rpm keeps its database no other looks for it
    if (existsSync('/etc/debian_version')) writeFileSync(path.join(folder, '.rpmmacros'), '%_dbpath /var/lib/rpm\n');
  } else {
    writeFileSync(path.join(folder, 'sources.list'), sources);
    for (const name of ['lists/partial', 'cache/archives/partial'])
      mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, 'status'), '');
  }
}

/**
 * The packages that would be installed now, with their versions, as one text that is only compared.
 * Undefined where that cannot be known beforehand: debootstrap does not tell, and this host has no apt.
 * @throws Failure where they cannot be had
 */
export async function resolvePackages(
  name: string,
  workshop: Workshop,
  installroot: Installroot,
  onWords: OnWords,
): Promise<string | undefined> {
  if (installroot.installer === 'host') return digestPrograms(name, workshop, installroot);
  onWords('looks which packages there are');
  if (installroot.installer === 'dnf') {
    const tool = dnf({ ...workshop, root: path.join(workshop.folder, 'resolved') }, installroot, ['--assumeno']);
    const { stdout, lastWords } = await runTool(tool);
    // it says no to itself, and ends with 1 then
    const [, table] = /^Dependencies resolved\.\n([^]*?)^Transaction Summary/m.exec(stdout) ?? [];
    if (table === undefined) throw cannotInstall(name, 'dnf', lastWords);
    return table.split(/\s+/).join(' ');
  }
  if (findTool('apt-get') === undefined) return undefined;
  const update = await runTool(apt(workshop, ['update', '-o', 'APT::Update::Error-Mode=any']));
  if (update.exitCode !== 0) throw cannotInstall(name, 'apt-get update', update.lastWords);
  const wanted = ['?essential', '?priority(required)', 'apt', ...installroot.packages];
  const { exitCode, stdout, lastWords } = await runTool(
    apt(workshop, ['--simulate', '--no-install-recommends', 'install', ...wanted]),
  );
  if (exitCode !== 0) throw cannotInstall(name, 'apt-get', lastWords);
  return [...stdout.matchAll(/^Inst (\S+) \((\S+)/gm)]
    .map(([, installed = '', version = '']) => `${installed}=${version}`)
    .sort()
    .join(' ');
}

/** Installs all packages into the root. @throws Failure */
export async function installPackages(
  name: string,
  workshop: Workshop,
  installroot: Installroot,
  onWords: OnWords,
): Promise<void> {
  const run = async (tool: Tool): Promise<void> => {
    const { exitCode, lastWords } = await runTool(tool, onWords);
    if (exitCode !== 0) throw cannotInstall(name, tool.program, lastWords);
  };
  if (installroot.installer === 'host') return copyPrograms(name, workshop, installroot);
  const { folder, root } = workshop;
  if (installroot.installer === 'dnf') {
    makeInside(root, 'dev');
    await run(dnf(workshop, installroot, []));
    copyFileSync(
      path.join(folder, 'repos.d', 'docksmith.repo'),
      path.join(makeInside(root, 'etc/yum.repos.d'), 'docksmith.repo'),
    );
    return;
  }
  const { base, packages, release } = installroot;
  if (base === undefined) throw new Failure(`cannot build image "${name}"`, { why: 'no repository is enabled' });
  // debootstrap knows one repository: what may come from others is installed by the image's own apt
  const included = base.hasOthers ? [] : packages;
  await run({
    program: 'debootstrap',
    args: [
      '--variant=minbase',
      `--components=${base.components}`,
      ...(included.length === 0 ? [] : [`--include=${included.join(',')}`]),
      ...(base.checksSignatures ? [] : ['--no-check-gpg']),
      ...(base.checksSignatures && base.gpgKey !== '' ? [`--keyring=${base.gpgKey}`] : []),
      release,
      root,
      base.url,
    ],
    home: folder,
  });
  copyFileSync(path.join(folder, 'sources.list'), path.join(makeInside(root, 'etc/apt'), 'sources.list'));
  if (!base.hasOthers) return;
  const inImage = (...args: readonly string[]): Tool => ({ program: 'chroot', args: [root, ...args], home: folder });
  await run(inImage('apt-get', 'update', '-o', 'APT::Update::Error-Mode=any'));
  await run(inImage('apt-get', '--yes', '--no-install-recommends', 'dist-upgrade'));
  if (packages.length > 0) await run(inImage('apt-get', '--yes', '--no-install-recommends', 'install', ...packages));
}

function dnf({ folder, root }: Workshop, { release, packages }: Installroot, more: readonly string[]): Tool {
  return {
    program: 'dnf',
    args: [
      `--config=${path.join(folder, 'dnf.conf')}`,
      `--setopt=reposdir=${path.join(folder, 'repos.d')}`,
      `--installroot=${root}`,
      `--releasever=${release}`,
      ...(more.length === 0 ? ['--assumeyes'] : more),
      'install',
      ...packages,
    ],
    home: folder,
  };
}

/** With lists of its own, as if nothing were installed. */
function apt({ folder }: Workshop, args: readonly string[]): Tool {
  const options = {
    'Dir::State': folder,
    'Dir::State::lists': 'lists',
    'Dir::State::status': path.join(folder, 'status'),
    'Dir::Cache': path.join(folder, 'cache'),
    'Dir::Etc::sourcelist': path.join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  return {
    program: 'apt-get',
    args: [...Object.entries(options).flatMap(([option, value]) => ['-o', `${option}=${value}`]), ...args],
    home: folder,
  };
}

function cannotInstall(name: string, program: string, words: string): Failure {
  return new Failure(`cannot build image "${name}"`, { why: `${program} failed: ${words}` });
}
