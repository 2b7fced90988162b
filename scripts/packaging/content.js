// Plain JavaScript: where the files of a package go on a host.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fetchNode } from '../nodes.js';
import { ROOT } from '../packages.js';
import { gzip } from './call.js';
import { bytesOf, readTree } from './tree.js';

const DOC = 'usr/share/doc/docksmith';

/** A file of the npm package (the first that matches) or of `packaging/` -> its place. */
const PLACES = [
  [/^dist\/man\/(.+)\.(\d)$/, 'usr/share/man/man$2/$1.$2.gz'],
  [/^dist\/completion\/docksmith\.bash$/, 'usr/share/bash-completion/completions/docksmith'],
  [/^dist\/completion\/_docksmith$/, 'usr/share/zsh/vendor-completions/_docksmith'],
  [/^dist\/completion\/docksmith\.fish$/, 'usr/share/fish/vendor_completions.d/docksmith.fish'],
  [/^(?:LICENSE|dist\/LICENSES)$/, undefined],
  [/^((?:docs\/|.*\.md$).*)$/, `${DOC}/$1`],
  [/^(.+)$/, 'usr/lib/docksmith/$1'],
];
const FOLDERS = {
  systemd: 'usr/lib/systemd/system',
  'system-preset': 'usr/lib/systemd/system-preset',
  'sysusers.d': 'usr/lib/sysusers.d',
  'tmpfiles.d': 'usr/lib/tmpfiles.d',
  logrotate: 'etc/logrotate.d',
  runit: 'usr/share/docksmith/runit',
};

/** What a definition can name as its `content` besides the files in its folder `root`. */
export const CONTENTS = { program: readProgram, node: readNode };

/** The npm package as it is laid out on a host, with what else is beside it in `packaging/`. @returns Tree */
function readProgram({ definition, npmPackage }) {
  const tree = new Map();
  for (const [name, entry] of npmPackage) {
    const [pattern, place] = PLACES.find(([each]) => each.test(name));
    if (place === undefined) continue;
    const to = name.replace(pattern, place);
    tree.set(to, to.endsWith('.gz') ? { mode: 0o644, bytes: gzip(bytesOf(entry)) } : entry);
  }
  // the completion of all commands is in one file
  const others = [...readTree(path.join(definition.folder, 'root/usr/share/docksmith/commands')).keys()];
  addLinks(tree, 'usr/share/bash-completion/completions/docksmith', others);
  addLinks(
    tree,
    'usr/share/fish/vendor_completions.d/docksmith.fish',
    others.map((name) => `${name}.fish`),
  );
  // Debian's zsh looks in the one folder, that of others in the other
  if (tree.has('usr/share/zsh/vendor-completions/_docksmith'))
    tree.set('usr/share/zsh/site-functions/_docksmith', {
      mode: 0o777,
      link: '../vendor-completions/_docksmith',
    });
  const licences = ['LICENSE', 'dist/LICENSES'].map((name) => bytesOf(npmPackage.get(name)).toString());
  tree.set(`${DOC}/copyright`, {
    mode: 0o644,
    bytes: Buffer.from(`docksmith\n\n${licences.join('\nThe program contains parts of these packages:\n\n')}`),
  });
  for (const [folder, to] of Object.entries(FOLDERS)) {
    const from = path.join(ROOT, 'packaging', folder);
    if (!existsSync(from)) continue;
    for (const [name, entry] of readTree(from))
      if (!name.endsWith('.md')) tree.set(`${to}/${folder === 'logrotate' ? name.replace(/\.\w+$/, '') : name}`, entry);
  }
  return tree;
}

/** Links beside a file that lead to it. */
function addLinks(tree, file, names) {
  if (!tree.has(file)) return;
  for (const name of names) tree.set(path.join(path.dirname(file), name), { mode: 0o777, link: path.basename(file) });
}

/**
 * The node that an npm package brings, as its makers built it.
 * @param {{ definition: { node: { version: string, integrity: Record<string, string> } }, cpu: string }} of
 */
function readNode({ definition: { name, node }, cpu }) {
  const folder = fetchNode(node, cpu);
  return new Map([
    ['usr/lib/docksmith/node/node', { mode: 0o755, from: path.join(folder, 'bin/node') }],
    [`usr/share/doc/${name}/copyright`, { mode: 0o644, from: path.join(folder, 'LICENSE') }],
  ]);
}
