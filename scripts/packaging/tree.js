// Plain JavaScript: what a package holds, as a value, and as files.
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/**
 * @typedef {object} Entry one of `bytes`, `from` and `link`; a folder has none of them
 * @property {number} mode
 * @property {Buffer} [bytes] the file's content
 * @property {string} [from] the file that has its content
 * @property {string} [link] where a symbolic link leads
 *
 * @typedef {Map<string, Entry>} Tree path without a leading slash -> what is there; folders above need no entry
 */

/** All that is below a folder. Modes are those of a package: 755 for what can be executed and folders, else 644. */
export function readTree(folder, prefix = '') {
  /** @type {Tree} */
  const tree = new Map();
  for (const name of readdirSync(folder).sort()) {
    const from = path.join(folder, name);
    const to = `${prefix}${name}`;
    const stat = lstatSync(from);
    if (stat.isSymbolicLink()) tree.set(to, { mode: 0o777, link: readlinkSync(from) });
    else if (stat.isDirectory()) for (const [below, entry] of readTree(from, `${to}/`)) tree.set(below, entry);
    else tree.set(to, { from, mode: stat.mode & 0o100 ? 0o755 : 0o644 });
  }
  return tree;
}

/** A script of a package, with the files whose names stand in it as `@NAME@`, a line each. */
export function readScript(file) {
  return readFileSync(file, 'utf8').replace(/^@([\w.]+)@\n/gm, (_, name) =>
    readFileSync(path.join(path.dirname(file), '..', name), 'utf8'),
  );
}

/** @param {Entry} entry */
export function isFolder({ bytes, from, link }) {
  return bytes === undefined && from === undefined && link === undefined;
}

/** @param {Entry} entry */
export function bytesOf({ bytes, from }) {
  return bytes ?? readFileSync(from);
}

/** Writes a tree below a folder, each with the time of the commit. @param {Tree} tree */
export function layTree(tree, folder, seconds) {
  const made = new Set(['.']);
  for (const [to, entry] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const file = path.join(folder, to);
    const { mode, bytes, from, link } = entry;
    for (let above = isFolder(entry) ? to : path.dirname(to); !made.has(above); above = path.dirname(above))
      made.add(above);
    mkdirSync(isFolder(entry) ? file : path.dirname(file), { recursive: true });
    if (link !== undefined) symlinkSync(link, file);
    else if (from !== undefined) copyFileSync(from, file);
    else if (bytes !== undefined) writeFileSync(file, bytes);
    if (link === undefined) chmodSync(file, mode);
    lutimesSync(file, seconds, seconds);
  }
  for (const name of made) {
    chmodSync(path.join(folder, name), tree.get(name)?.mode ?? 0o755);
    lutimesSync(path.join(folder, name), seconds, seconds);
  }
}
