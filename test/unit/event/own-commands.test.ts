import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { findPaths } from '../../../src/base/paths.ts';

const { packageDir } = findPaths();
const { bin } = JSON.parse(readFileSync(path.join(packageDir, 'package.json'), 'utf8')) as {
  bin: Readonly<Record<string, string>>;
};

it('every command of the package has one in the PATH of steps', () => {
  expect(readdirSync(path.join(packageDir, 'bin/path')).sort()).toEqual(Object.keys(bin).sort());
});

it.each(Object.entries(bin))('%s runs %s with its arguments, by the node that runs the event', (name, file) => {
  const env = { PATH: `${path.join(packageDir, 'bin/path')}:${process.env['PATH'] ?? ''}`, DOCKSMITH_NODE: 'realpath' };
  expect(execFileSync('/bin/sh', ['-c', `${name} "/tmp/../etc"`], { env, encoding: 'utf8' })).toBe(
    `${path.join(packageDir, file)}\n/etc\n`,
  );
});
