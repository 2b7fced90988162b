// Plain JavaScript: an rpm by rpmbuild, whose content is a tree.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { call } from './call.js';
import { isFolder, layTree, readScript } from './tree.js';

const CPUS = { x64: 'x86_64', arm64: 'aarch64' };
/** Below these a package owns its folders; those themselves are the system's, or another package's. */
const SYSTEMS =
  /^(?:etc|etc\/logrotate\.d|usr|usr\/(?:bin|lib|share)|usr\/lib\/(?:systemd(?:\/system(?:-preset)?)?|sysusers\.d|tmpfiles\.d)|usr\/share\/(?:doc|man(?:\/man\d)?|bash-completion(?:\/completions)?|zsh(?:\/[\w-]+)?|fish(?:\/[\w.]+)?))$/;

/** @returns the package's file name */
export function makeRpm(made, out, work) {
  const { definition, version, revision, cpu, seconds, tree } = made;
  const architecture = definition.isForAnyCpu ? 'noarch' : CPUS[cpu];
  const content = path.join(work, 'content');
  mkdirSync(content, { recursive: true });
  layTree(tree, content, seconds);
  const spec = path.join(work, `${definition.name}.spec`);
  writeFileSync(spec, formatSpec(made));
  const macros = {
    _topdir: work,
    _rpmdir: out,
    _rpmfilename: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    _buildhost: 'docksmith',
    _binary_payload: 'w9.zstdio',
    _dbpath: path.join(work, 'db'),
    // what is packed is packed as it is
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
    _build_id_links: 'none',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
  };
  call(
    'rpmbuild',
    [
      '-bb',
      '--target',
      `${architecture}-linux`,
      ...Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
      spec,
    ],
    { env: { ...process.env, SOURCE_DATE_EPOCH: String(seconds), LC_ALL: 'C.UTF-8' } },
  );
  return `${definition.name}-${version}-${revision}.${architecture}.rpm`;
}

function formatSpec({ definition, version, revision, seconds, maintainer, tree }) {
  const { name, summary, description, rpm } = definition;
  const scriptlets = path.join(definition.folder, 'rpm/scriptlets');
  const day = new Date(seconds * 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) .*/, '$1 $3 $2 $4');
  const fields = Object.entries(rpm).flatMap(([field, value]) => [value].flat().map((each) => `${field}: ${each}`));
  return `${[
    `Name: ${name}`,
    `Version: ${version}`,
    `Release: ${revision}`,
    `Summary: ${summary}`,
    `Packager: ${maintainer}`,
    ...(definition.isForAnyCpu ? ['BuildArch: noarch'] : []),
    ...fields,
    '',
    '%description',
    ...description,
    '',
    '%prep',
    '%build',
    '%install',
    'mkdir -p %{buildroot}',
    'cp -a %{_topdir}/content/. %{buildroot}/',
    '',
    ...(existsSync(scriptlets) ? [readScript(scriptlets)] : []),
    '%files',
    '%defattr(-,root,root)',
    ...listFiles(tree),
    '',
    '%changelog',
    `* ${day} ${maintainer} - ${version}-${revision}`,
    `- Version ${version}: CHANGELOG.md of the package docksmith says what is new`,
  ].join('\n')}\n`;
}

function listFiles(tree) {
  const folders = new Set();
  const files = [];
  for (const [file, entry] of tree) {
    for (let above = isFolder(entry) ? file : path.dirname(file); above !== '.'; above = path.dirname(above))
      if (!SYSTEMS.test(above)) folders.add(above);
    if (isFolder(entry)) continue;
    // SME Server's folder holds no configuration: what an admin changes is in its templates-custom
    const isConfiguration = file.startsWith('etc/') && !file.startsWith('etc/e-smith/') && !(entry.mode & 0o100);
    const mark = isConfiguration ? '%config(noreplace) ' : /^usr\/share\/(?:doc|man)\//.test(file) ? '%doc ' : '';
    files.push(`${mark}"/${file}"`);
  }
  return [...[...folders].map((folder) => `%dir "/${folder}"`), ...files].sort();
}
