import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bin, type Host, makeHost } from '../support/host.ts';

const DIST = path.resolve(import.meta.dirname, '../../dist');

let host: Host;
let folder: string;

beforeAll(async () => {
  host = makeHost();
  await host.db('docker_containers set wiki service status disabled');
  folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-loading-'));
  writeFileSync(
    path.join(folder, 'list.cjs'),
    `process.on('exit', () => {
    const files = Object.keys(require.cache).filter((file) => file.startsWith(${JSON.stringify(DIST)}));
    const parts = files.flatMap((file) => require.cache[file].exports.listLoaded?.() ?? []);
    require('node:fs').writeFileSync(${JSON.stringify(path.join(folder, 'loaded'))}, JSON.stringify([[...files, ...parts], process.moduleLoadList]));
  });`,
  );
});

afterAll(() => {
  rmSync(folder, { recursive: true });
  host.stop();
});

/** The files and parts of the program that a command has loaded, hashes taken off, and the names of node's modules. */
async function listLoaded(
  bin: Bin,
  args: readonly string[],
): Promise<{ readonly files: readonly string[]; readonly builtins: readonly string[] }> {
  await host.runOrFail(bin, args, {
    env: {
      NODE_OPTIONS: `--require=${path.join(folder, 'list.cjs')}`,
      DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}`,
    },
  });
  const [files, builtins] = JSON.parse(readFileSync(path.join(folder, 'loaded'), 'utf8')) as [string[], string[]];
  return { files: files.map((file) => path.basename(file).replace(/-[A-Z0-9]{8}\.cjs$/, '')), builtins };
}

it.each<[Bin, readonly string[]]>([
  ['db', ['docker_containers', 'getprop', 'wiki', 'status']],
  ['docksmith', ['db', 'docker_containers', 'keys']],
])('%s %j loads one file', async (bin, args) => {
  const { files } = await listLoaded(bin, args);
  expect(files).toEqual(['db.cjs']);
});

it('a command that writes a db loads the checks of records besides, and nothing else', async () => {
  const { files, builtins } = await listLoaded('config', ['set', 'a', 'b']);
  expect(files).toEqual(['db.cjs', 'db-checks.cjs']);
  expect(builtins).not.toContain('NativeModule http');
});

it('a command that only reads a db loads nothing of node that starts processes, and no streams', async () => {
  const { builtins } = await listLoaded('db', ['docker_containers', 'getprop', 'wiki', 'status']);
  expect(builtins).toContain('NativeModule fs');
  expect(builtins).not.toContain('NativeModule child_process');
  expect(builtins).not.toContain('NativeModule stream');
});

it.each([[['reconcile']], [['stop', 'wiki']]])(
  'docksmith %j loads no client of an engine where none is asked',
  async (args) => {
    const { builtins } = await listLoaded('docksmith', args);
    expect(builtins).not.toContain('NativeModule http');
  },
);

it('an event whose fragments have no regular expression loads no engine for them', async () => {
  await host.db('configuration set docker service Daemon foreign');
  const { files } = await listLoaded('signal-event', ['docker-update']);
  expect(files).not.toContain('package-re2js.cjs');
});
