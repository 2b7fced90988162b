// Plain JavaScript: a Debian package by dpkg-deb, whose content is a tree.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { call, gzip } from './call.js';
import { bytesOf, isFolder, layTree, readScript, readTree } from './tree.js';

const CPUS = { x64: 'amd64', arm64: 'arm64' };

/** @returns the package's file name */
export function makeDeb(made, out, work) {
  const { definition, version, revision, cpu, seconds } = made;
  const { name } = definition;
  const architecture = definition.isForAnyCpu ? 'all' : CPUS[cpu];
  const full = `${version}-${revision}`;
  const tree = new Map(made.tree);
  const change = [
    `docksmith (${full}) unstable; urgency=medium`,
    `  * Version ${version}: changelog.gz of the package docksmith says what is new.`,
    ` -- ${made.maintainer}  ${new Date(seconds * 1000).toUTCString().replace('GMT', '+0000')}`,
  ];
  put(tree, `usr/share/doc/${name}/changelog.Debian.gz`, gzip(Buffer.from(`${change.join('\n\n')}\n`)));
  const changes = `usr/share/doc/${name}/CHANGELOG.md`;
  // the name that Debian's tools look for; pages link to the other one
  if (tree.has(changes)) put(tree, `usr/share/doc/${name}/changelog.gz`, gzip(bytesOf(tree.get(changes))));
  put(tree, `usr/share/lintian/overrides/${name}`, formatOverrides(definition.lintian));

  const files = [...tree].filter(([, entry]) => !isFolder(entry) && entry.link === undefined);
  const conffiles = files.map(([file]) => file).filter((file) => file.startsWith('etc/'));
  const size = files.reduce((sum, [, entry]) => sum + Math.ceil(bytesOf(entry).length / 1024), 0);
  const control = {
    Package: name,
    Version: full,
    Architecture: architecture,
    Maintainer: made.maintainer,
    'Installed-Size': size,
    ...definition.deb,
    Description: [definition.summary, ...definition.description].join('\n').replaceAll('\n', '\n '),
  };
  const lines = Object.entries(control).map(([field, value]) => `${field}: ${value}\n`);
  put(tree, 'DEBIAN/control', lines.join(''));
  if (conffiles.length > 0) put(tree, 'DEBIAN/conffiles', conffiles.map((file) => `/${file}\n`).join(''));
  put(tree, 'DEBIAN/md5sums', files.map(([file, entry]) => `${md5(bytesOf(entry))}  ${file}\n`).join(''));
  const scripts = path.join(definition.folder, 'deb');
  if (existsSync(scripts))
    for (const [file, { mode, from }] of readTree(scripts))
      tree.set(`DEBIAN/${file}`, { mode, bytes: Buffer.from(readScript(from)) });

  layTree(tree, work, seconds);
  const file = `${name}_${full}_${architecture}.deb`;
  // what xz makes depends on the number of threads
  call('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--threads-max=2', '--build', work, path.join(out, file)], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(seconds) },
  });
  return file;
}

function put(tree, file, content) {
  tree.set(file, { mode: 0o644, bytes: Buffer.from(content) });
}

/** @param {Record<string, string>} overrides tag, with what it is said of -> why it is left */
function formatOverrides(overrides = {}) {
  return Object.entries(overrides)
    .map(([tag, why]) => `# ${why}\n${tag}\n`)
    .join('');
}

function md5(bytes) {
  return createHash('md5').update(bytes).digest('hex');
}
