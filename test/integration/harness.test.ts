import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Apache, startApache } from '../support/apache.ts';
import { startCountingProxy } from '../support/counting-proxy.ts';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { makeHost } from '../support/host.ts';
import { openWebSocket, request } from '../support/http.ts';
import { makeSleepImage, makeWebImage } from '../support/image.ts';
import { makeNamespace } from '../support/namespace.ts';
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
    await engine.docker('run', '-d', '--name', 'web', '-p', '127.0.0.1:23000:80', 'web:1');
    const web = { port: 23_000, host: 'any.test', path: '/x' };
    await expect
      .poll(() => request({ ...web, namespace: engine.namespace }).catch(() => undefined), { timeout: 20_000 })
      .toMatchObject({ status: 200, body: expect.stringMatching(/^I am the web\nGET \/x HTTP\/1\.1\n/) as string });
    await expect(request(web)).rejects.toThrow('ECONNREFUSED');
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
    const attached = await run('docker', ['-H', `unix://${proxy.socket}`, 'exec', '-i', 'sleeper', 'cat'], {
      stdin: 'through the proxy',
    });
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

  it("can be started with options of a test's own alone", async () => {
    const host = makeHost();
    onTestFinished(() => host.stop());
    const socket = host.file('/run/own.sock');
    host.write(
      '/run/daemon.json',
      JSON.stringify({ 'data-root': host.file('/data'), hosts: [`unix://${socket}`], 'live-restore': true }),
    );
    const own = await startDockerd({ configFile: host.file('/run/daemon.json'), socket });
    onTestFinished(() => own.stop());
    expect(await own.docker('info', '--format', '{{.DockerRootDir}} {{.LiveRestoreEnabled}}')).toBe(
      `${host.file('/data')} true`,
    );
  });

  it('says what dockerd said when it does not start', async () => {
    await expect(startDockerd({ args: ['--no-such-option'] })).rejects.toThrow('unknown flag: --no-such-option');
  });
});

needs('apache')('a private Apache', () => {
  let apache: Apache | undefined;
  afterEach(() => apache?.stop());

  it('serves files on free ports of loopback, with and without TLS', async () => {
    const host = makeHost();
    onTestFinished(() => host.stop());
    apache = await startApache({ include: [`${host.root}/sites/*.conf`] });
    const { port, sslPort, certificate, certificateKey } = apache;
    expect(await request({ port, host: 'any.test' })).toMatchObject({ status: 200, body: 'the default site\n' });
    host.write(
      '/sites/tls.conf',
      [
        `<VirtualHost *:${sslPort}>`,
        'SSLEngine on',
        `SSLCertificateFile ${certificate}`,
        `SSLCertificateKeyFile ${certificateKey}`,
        'Redirect 302 / http://elsewhere.test/',
        '</VirtualHost>',
        '',
      ].join('\n'),
    );
    expect(await apache.check()).toMatchObject({ exitCode: 0 });
    await apache.graceful();
    const answer = await request({ port: sslPort, host: 'host.example.test', tls: true, path: '/x' });
    expect(answer).toMatchObject({
      status: 302,
      certificate: 'host.example.test',
      headers: { location: 'http://elsewhere.test/x' },
    });
  });

  it('tells a foreign address from its own', async () => {
    apache = await startApache({ extraConfig: '<Location />\nRequire ip 127.0.0.1\n</Location>' });
    const { port } = apache;
    expect((await request({ port, host: 'any.test' })).status).toBe(200);
    expect((await request({ port, host: 'any.test', localAddress: '127.0.0.2' })).status).toBe(403);
  });

  it('refuses a broken configuration and goes on serving', async () => {
    const host = makeHost();
    onTestFinished(() => host.stop());
    apache = await startApache({ include: [`${host.root}/*.conf`] });
    host.write('/broken.conf', 'NoSuchDirective on\n');
    expect((await apache.check()).stderr).toContain("Invalid command 'NoSuchDirective'");
    expect((await apache.graceful()).exitCode).toBe(1);
    expect((await request({ port: apache.port, host: 'any.test' })).status).toBe(200);
  });
});

needs('dockerd', 'apache')('a whole host in a namespace', () => {
  it('passes requests and WebSockets of another host through its Apache to a container on loopback', async () => {
    const namespace = await makeNamespace();
    onTestFinished(() => namespace.remove());
    const visitor = await namespace.connect('192.168.1.2/24', '192.168.1.50/24');
    const engine = await startDockerd({ namespace });
    onTestFinished(() => engine.stop());
    const apache = await startApache({
      namespace,
      extraConfig:
        'ProxyPass / http://127.0.0.1:23000/ retry=0 upgrade=websocket\nProxyPassReverse / http://127.0.0.1:23000/',
    });
    onTestFinished(() => apache.stop());
    const proxy = { address: '192.168.1.2', port: 80, host: 'wiki.example.test', namespace: visitor };
    await makeWebImage(engine, 'wiki:1', 'the wiki');
    await engine.docker('run', '-d', '-p', '127.0.0.1:23000:80', 'wiki:1');
    await expect.poll(() => request(proxy), { timeout: 20_000 }).toMatchObject({ status: 200 });

    const answer = await request({ ...proxy, path: '/page?a=b', headers: { 'X-Test': 'it' } });
    expect(answer.body).toMatch(/^I am the wiki\nGET \/page\?a=b HTTP\/1\.1\n/);
    expect(answer.body).toContain('X-Test: it\n');
    expect(answer.body).toContain('X-Forwarded-For: 192.168.1.50\n');
    const redirect = await request({ ...proxy, path: '/redirect?http://127.0.0.1:23000/there' });
    expect(redirect).toMatchObject({ status: 302, headers: { location: 'http://wiki.example.test/there' } });
    expect(await openWebSocket({ ...proxy, body: 'back to me' })).toMatchObject({ upgraded: true, body: 'back to me' });
  });
});

describe('a host in a folder', () => {
  it('tells any change of its tree', () => {
    const host = makeHost();
    onTestFinished(() => host.stop());
    host.write('/etc/a', 'a');
    host.write('/etc/b/run', '#!/bin/sh\n');
    host.writeFragment('/etc/motd', '10hello', 'hello');
    expect(host.files()).toEqual(['/etc/a', '/etc/b/run', '/etc/docksmith/templates-custom/etc/motd/10hello']);
    const before = host.snapshot();
    expect(host.snapshot()).toEqual(before);
    expect(before['/etc/b/run']).toMatch(/^100755 /);
    host.write('/etc/a', 'a');
    host.remove('/etc/b/run');
    const after = host.snapshot();
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual([
      '/etc/a',
      '/etc/b',
      '/etc/b/run',
    ]);
  });

  it('has the built program work in it, and nowhere else', async () => {
    const host = makeHost();
    onTestFinished(() => host.stop());
    await host.db(
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'configuration set SystemName host',
      'networks setprop 192.168.1.0 Comment "the office"',
    );
    expect(host.read('/var/lib/docksmith/db/networks')).toContain(
      '192.168.1.0=network|Comment|the office|Mask|255.255.255.0\n',
    );
    expect(await host.runOrFail('config', ['get', 'SystemName'])).toBe('host\n');
    expect(await host.run('db', ['networks', 'no-such-command'])).toMatchObject({ exitCode: 2, stdout: '' });
    await expect(host.runOrFail('db', ['networks', 'no-such-command'])).rejects.toThrow('exit code 2');
  });
});
