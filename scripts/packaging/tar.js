// Plain JavaScript: a tar archive, for hosts with neither dpkg nor rpm.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { call, gzip } from './call.js';
import { layTree } from './tree.js';

/** @returns the archive's file name */
export function makeTar({ definition: { name }, version, seconds, tree }, out, work) {
  const top = `${name}-${version}`;
  const file = `${top}-linux.tar.gz`;
  layTree(tree, path.join(work, top), seconds);
  const plain = path.join(work, `${top}.tar`);
  call('tar', [
    '--format=gnu',
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    `--mtime=@${seconds}`,
    '-cf',
    plain,
    '-C',
    work,
    top,
  ]);
  writeFileSync(path.join(out, file), gzip(readFileSync(plain)));
  rmSync(plain);
  return file;
}
