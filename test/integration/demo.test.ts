import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from '../support/run.ts';

const DEMO = path.resolve(import.meta.dirname, '../../scripts/demo.js');
const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-demo-test-'));
const env = { TMPDIR: folder, NO_COLOR: '1' };

describe('the demonstration', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('shows the main job, and that containers which it does not concern are left alone, and removes what it made', async () => {
    const { exitCode, stdout, stderr } = await run(process.execPath, [DEMO], { env });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^The engine is (a private dockerd|one in memory)/m);
    const [, job = ''] = stdout.split(
      '$ db docker_containers setprop wiki MaxMemory 512 && signal-event docker-update\n',
    );
    expect(job).toContain(
      'S50docker-reconcile: update wiki: memory 256m -> 512m\nS50docker-reconcile: not restarted: cache, git, notes, wikidb\n',
    );
    expect(job).toMatch(/^wiki +\S+ +running +512 MB +changed while it runs: the same id and start$/m);
    expect(job).toMatch(/^cache +\S+ +running +64 MB +not touched: the same id and start$/m);
    // who came last is told where the records were in order before, else the later one
    expect(stderr).toMatch(
      /cannot give container "(wiki|notes)" the name wiki\.example\.test: container "(?!\1)(wiki|notes)" has it/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('removes what it made when it is interrupted, also twice', async () => {
    const child = spawn(process.execPath, [DEMO], {
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const waitingFor = ['S50docker-reconcile: create cache', 'stopping;'];
    const onText = (text: string): void => {
      said += text;
      if (waitingFor[0] === undefined || !said.includes(waitingFor[0]) || child.pid === undefined) return;
      waitingFor.shift();
      process.kill(-child.pid, 'SIGINT');
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onText);
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    expect(exitCode, said).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('refuses an engine that is not there, and options that it does not have', async () => {
    const absent = await run(process.execPath, [DEMO, '--socket', '/nowhere/docker.sock'], { env });
    expect(absent.exitCode).toBe(1);
    expect(absent.stderr).toContain('/nowhere/docker.sock');
    const wrong = await run(process.execPath, [DEMO, '--sockets', '/x'], { env });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('hint: npm run demo, or npm run demo -- --socket PATH');
    expect(readdirSync(folder)).toEqual([]);
  });
});
