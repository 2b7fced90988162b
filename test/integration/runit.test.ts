import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

needs('runit')('the service for runit', () => {
  let host: Host;
  beforeAll(() => void (host = makeHost()));
  afterAll(() => host.stop());

  it('runs docker-boot once for each start, and stays up', async () => {
    const folder = host.file('/service/docksmith-boot');
    cpSync(path.join(ROOT, 'packaging/runit/docksmith-boot'), folder, { recursive: true });
    // it writes to /var/log of this machine
    rmSync(path.join(folder, 'log'), { recursive: true });
    const env = {
      ...process.env,
      PATH: `${path.join(ROOT, 'bin/path')}:${process.env['PATH'] ?? ''}`,
      DOCKSMITH_NODE: process.execPath,
      DOCKSMITH_ROOT: host.root,
      DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}`,
    };
    await host.db('configuration set docker service status enabled Daemon foreign');
    const service = spawn('runsv', [folder], { env, stdio: 'ignore' });
    const boots = async (count: number): Promise<void> => {
      for (const until = Date.now() + 20_000; ; ) {
        const runs = (await host.run('docksmith', ['runs'], { env })).stdout;
        if ([...runs.matchAll(/ done .* docker-boot$/gm)].length === count) return;
        if (Date.now() > until) throw new Error(`not ${count} boots, but:\n${runs}`);
      }
    };
    await boots(1);
    expect((await run('sv', ['status', folder])).stdout).toMatch(/^run: /);
    expect((await run('sv', ['restart', folder])).exitCode).toBe(0);
    await boots(2);
    await run('sv', ['exit', folder]);
    if (service.exitCode === null) await once(service, 'exit');
    expect(service.exitCode).toBe(0);
  }, 60_000);
});
