import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeHost } from '../support/host.ts';
import { run } from '../support/run.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Where scripts/test.js puts the programs of other versions: VERSION-CPU/bin/node. */
const NODES = path.join(ROOT, 'node_modules/.cache/docksmith-nodes');

const folders = existsSync(NODES) ? readdirSync(NODES) : [];
const versions = folders.flatMap((name) => (name.endsWith(`-${process.arch}`) ? (/^\d[\d.]*/.exec(name) ?? []) : []));
const missing = versions.length === 0 ? ' (skipped: data npm test fetches the other versions)' : '';

// what is compiled for one version is refused by the others
describe.skipIf(missing !== '')(`the program that was built with one version of Node${missing}`, () => {
  const host = makeHost();
  afterAll(() => host.stop());

  it.each(versions)('runs with %s, and prints no warning of Node', async (version) => {
    const node = path.join(NODES, `${version}-${process.arch}`, 'bin/node');
    const env = {
      DBPATH: undefined,
      DOCKER_HOST: undefined,
      DOCKSMITH_ROOT: host.file(`/${version}`),
      DOCKSMITH_ENGINE: `memory://${host.file(`/${version}.json`)}`,
    };
    expect((await run(node, ['--version'], { env })).stdout).toBe(`v${version}\n`);
    for (const [bin, args, printed] of [
      ['docksmith', ['--help'], /\nusage: docksmith COMMAND /],
      ['config', ['set', 'DomainName', 'example.test'], /^$/],
      ['config', ['set', 'LocalIP', '192.168.1.2'], /^$/],
      ['db', ['docker_containers', 'set', 'wiki', 'service', 'status', 'enabled', 'Image', 'wiki:1'], /^$/],
      ['signal-event', ['post-install'], /create wiki: not there\n[^]*post-install: done, /],
      ['docksmith', ['status'], /\nwiki +running /],
      ['docksmith', ['why', 'wiki'], /^wiki\n {2}made /],
      ['docksmith', ['graph', 'wiki'], /^<svg /],
      ['docksmith', ['reconcile', '--dry-run'], /^nothing to do\n/],
    ] as const) {
      const { exitCode, stdout, stderr } = await run(node, [path.join(ROOT, `bin/${bin}.js`), ...args], { env });
      expect([bin, args, exitCode, stdout]).toEqual([bin, args, 0, expect.stringMatching(printed)]);
      expect([args, stderr.replace(/^docksmith: warning: .*\n/gm, '')]).toEqual([args, '']);
    }
  });
});
