import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeSleepImage, makeWebImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import type { Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';

const SERVER = '10.66.0.1';

needs('dockerd', 'socat')('ambassadors between two servers, each with an engine of its own', () => {
  let far: Namespace;
  const machine = useMachine({
    network: async (own) => {
      far = await own.connect(`${SERVER}/24`, '10.66.0.2/24');
    },
  });
  let engine: Dockerd;
  let server: Host;
  let client: Host;
  beforeAll(async () => {
    engine = await startDockerd({ namespace: far });
    server = machine.makeHost();
    client = makeHost({ namespace: far, env: { DOCKER_HOST: `unix://${engine.socket}` } });
    await makeWebImage(machine.engine, 'redis:1', 'the first', 6379);
    await makeWebImage(machine.engine, 'redis:2', 'the second', 6379);
    await makeSleepImage(engine, 'app:1', { files: { '/ask': '#!/bin/sh\nwget -q -O- "http://$1/"\n' } });
    await server.db(
      'docker_containers set redis service status enabled Image redis:1',
      'docker_containers set other service status enabled Image redis:2',
      'docker_containers set ambassador service status enabled Role ambassador Target redis:6379,6380=other:6379 TCPPort 6379,6380 access public',
    );
    await client.db(
      `docker_containers set redis-there service status enabled Role ambassador Target tcp://${SERVER}:6379`,
      'docker_containers set app service status enabled Image app:1 Interlinked redis-there:redis',
    );
  });
  afterAll(async () => {
    const ids = (await engine.docker('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await engine.docker('rm', '--force', ...ids);
    client.stop();
    await engine.stop();
  });

  const ask = (address: string): Promise<string> => engine.docker('exec', 'app', '/ask', address);
  const made = (docker: Dockerd, ...names: readonly string[]): Promise<string> =>
    docker.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', ...names);

  it('reaches a container of another server under the name and with the variables of a link', async () => {
    expect(await server.runOrFail('signal-event', ['docker-update'])).toMatch(
      /build docker-ambassador:latest|build docksmith-ambassador:latest: not there, from this server's socat, sh/,
    );
    await client.runOrFail('signal-event', ['docker-update']);
    const variables = await engine.docker('exec', 'app', 'env');
    expect(variables.split('\n').filter((line) => line.startsWith('REDIS_'))).toEqual([
      'REDIS_NAME=/app/redis',
      'REDIS_PORT=tcp://redis:6379',
      'REDIS_PORT_6379_TCP=tcp://redis:6379',
      'REDIS_PORT_6379_TCP_ADDR=redis',
      'REDIS_PORT_6379_TCP_PORT=6379',
      'REDIS_PORT_6379_TCP_PROTO=tcp',
    ]);
    expect(await ask('redis:6379')).toContain('I am the first');
    for (const host of [server, client])
      expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('nothing to do');
  });

  it('is all that is recreated when it leads elsewhere, and reaches what comes back as another container', async () => {
    const [app, redis] = [await made(engine, 'app'), await made(machine.engine, 'redis', 'other', 'ambassador')];
    await client.db(`docker_containers setprop redis-there Target 6379=tcp://${SERVER}:6380`);
    expect(await client.runOrFail('signal-event', ['docker-update'])).toMatch(
      /recreate redis-there: entrypoint .*\n.*not restarted: app\n/,
    );
    expect(await ask('redis:6379')).toContain('I am the second');
    expect([await made(engine, 'app'), await made(machine.engine, 'redis', 'other', 'ambassador')]).toEqual([
      app,
      redis,
    ]);
    await server.db('docker_containers setprop other MaxMemory 64 Hostname anew');
    await server.runOrFail('signal-event', ['docker-update']);
    expect(await ask('redis:6379')).toContain('I am the second');
  });

  it('ends as a whole when the socat of one port ends, and is started again', async () => {
    const [, started] = (await made(machine.engine, 'ambassador')).split(' ');
    const processes = await machine.engine.docker('top', 'ambassador', '-eo', 'pid,args');
    const pid = Number(/^\s*(\d+)\s+socat .*6380/m.exec(processes)?.[1]);
    // zero would be this very test
    expect([processes, pid > 1]).toEqual([processes, true]);
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(async () => (await made(machine.engine, 'ambassador')).split(' ')[1], { timeout: 20_000 })
      .not.toBe(started);
    await expect.poll(() => ask('redis:6379').catch(() => ''), { timeout: 20_000 }).toContain('I am the second');
  });

  it('speaks TLS between the two, and believes only what TargetCA says', async () => {
    const pem = (name: string): string => path.join(server.root, name);
    for (const name of ['right', 'wrong'])
      execFileSync(
        'openssl',
        [
          ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
          ...['-subj', `/CN=${SERVER}`, '-addext', `subjectAltName=IP:${SERVER}`],
          ...['-keyout', pem(`${name}.key`), '-out', pem(`${name}.crt`)],
        ],
        { stdio: 'ignore' },
      );
    await server.db(
      `docker_containers setprop ambassador TargetTLS listen Certificate ${pem('right.crt')} CertificateKey ${pem('right.key')}`,
    );
    await server.runOrFail('signal-event', ['docker-update']);
    await client.db(`docker_containers setprop redis-there TargetTLS connect TargetCA ${pem('wrong.crt')}`);
    await client.runOrFail('signal-event', ['docker-update']);
    await expect(ask('redis:6379')).rejects.toThrow();
    await client.db(`docker_containers setprop redis-there TargetCA ${pem('right.crt')}`);
    await client.runOrFail('signal-event', ['docker-update']);
    expect(await ask('redis:6379')).toContain('I am the second');
    await server.db(
      'docker_containers setprop ambassador TargetTLS none',
      'docker_containers delprop ambassador Certificate CertificateKey',
    );
    await client.db(
      'docker_containers setprop redis-there TargetTLS none',
      'docker_containers delprop redis-there TargetCA',
    );
    for (const host of [server, client]) await host.runOrFail('signal-event', ['docker-update']);
    expect(await ask('redis:6379')).toContain('I am the second');
  });

  it('hands on UDP', async () => {
    await server.db(
      'docker_images set echo service Source installroot Installer host Packages socat,cat,sh',
      'docker_containers set echo service status enabled Image echo Command "socat UDP-LISTEN:5353,fork EXEC:cat" Init yes',
      'docker_containers set dns service status enabled Role ambassador Target echo:5353/udp UDPPort exposed access public',
    );
    await server.runOrFail('signal-event', ['docker-update']);
    const answer = await far.run('sh', ['-c', `echo hello | timeout 5 socat -t2 - UDP:${SERVER}:5353`]);
    expect(answer.stdout).toBe('hello\n');
  });

  it.each([
    ['Role ambassador', /setprop|cannot accept docker_containers amb Role "ambassador": it needs Target/],
    ['Role ambassador Target redis', /Target .*"redis" is not CONTAINER:PORT|is not CONTAINER:PORT/],
    ['Role ambassador Target redis:99999', /is not a port from 1 to 65535/],
    ['Role ambassador Target reddis:6379', /it needs container "reddis", and db docker_containers has no such record/],
    ['Role ambassador Target redis:1,1=redis:2', /two of its items are for port 1\/tcp/],
    [
      'Role ambassador Target redis:1 Command sh',
      /cannot accept docker_containers amb Command: an ambassador runs socat/,
    ],
    ['Role ambassador Target redis:1 TargetTLS connect', /it needs TargetCA/],
    ['Role ambassador Target redis:1/udp TargetTLS listen', /TLS is for TCP/],
    ['Image app:1 Target redis:1', /only an ambassador has a target/],
  ])('refuses %s', async (props, words) => {
    const host = machine.makeHost();
    await host.db(
      'docker_containers set redis service status enabled Image redis:1',
      `docker_containers set amb service status enabled ${props}`,
    );
    const refused = await host.run('signal-event', ['--dry-run', 'docker-update']);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringMatching(words)]);
  });
});
