import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCountingProxy } from '../support/counting-proxy.ts';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { makeSleepImage, makeWebImage } from '../support/image.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

needs('dockerd')('a private engine', () => {
  let engine: Dockerd;
  beforeAll(async () => {
    engine = await startDockerd();
    await makeSleepImage(engine, 'sleep:1');
    await makeWebImage(engine, 'web:1', 'the web');
  });
  afterAll(() => engine.stop());

  it('runs containers whose published ports answer in its namespace and nowhere else', async () => {
    await engine.docker('run', '-d', '--name', 'web', '-p', '127.0.0.1:47000:80', 'web:1');
    const inside = await engine.namespace.run('curl', ['-s', '--retry', '20', '--retry-connrefused', '--retry-delay', '0', 'http://127.0.0.1:47000/x']);
    expect(inside.stdout).toMatch(/^I am the web\nGET \/x HTTP\/1\.1\n/);
    const outside = await run('curl', ['-s', 'http://127.0.0.1:47000/x']);
    expect(outside.exitCode).toBe(7);
  });

  it('stops a container of ours at once, since its process 1 heeds SIGTERM', async () => {
    await engine.docker('run', '-d', '--name', 'sleeper', 'sleep:1');
    await engine.docker('stop', 'sleeper');
    expect(await engine.docker('inspect', '--format', '{{.State.ExitCode}}', 'sleeper')).toBe('0');
  });

  it('has its calls counted by a proxy', async () => {
    const proxy = await startCountingProxy(engine.socket);
    const { stdout } = await run('docker', ['-H', `unix://${proxy.socket}`, 'ps', '-a']);
    expect(stdout).toContain('sleep:1');
    expect(proxy.calls.some((call) => /^GET \/v[\d.]+\/containers\/json\?all=1/.test(call))).toBe(true);
    expect(proxy.listMutating()).toEqual([]);
    await run('docker', ['-H', `unix://${proxy.socket}`, 'start', 'sleeper']);
    expect(proxy.listMutating()).toEqual([expect.stringMatching(/^POST \/v[\d.]+\/containers\/sleeper\/start$/)]);
    const attached = await run('docker', ['-H', `unix://${proxy.socket}`, 'exec', '-i', 'sleeper', 'cat'], { stdin: 'through the proxy' });
    expect(attached.stdout).toBe('through the proxy');
    await proxy.stop();
  });

  it('leaves nothing behind', async () => {
    const second = await startDockerd();
    await makeSleepImage(second, 'sleep:1');
    await second.docker('run', '-d', 'sleep:1');
    await second.stop();
    expect(existsSync(second.dir)).toBe(false);
    expect(existsSync(`/run/netns/${second.namespace.name}`)).toBe(false);
    expect(existsSync(`/proc/${second.pid}`)).toBe(false);
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(second.dir);
  });

  it('says what dockerd said when it does not start', async () => {
    await expect(startDockerd({ args: ['--no-such-option'] })).rejects.toThrow('unknown flag: --no-such-option');
  });
});
