import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { listSpellings } from '../../src/template/language/escape.ts';
import { makeSleepImage } from '../support/image.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { startRegistry } from '../support/registry.ts';
import { run } from '../support/run.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin/signal-event.js');

needs(
  'dockerd',
  'registry',
  'strace',
)('secrets that an event uses on a real engine', () => {
  const machine = useMachine();

  it('are on no command line, in the environment of no program, and in no file that others can read', async () => {
    const registry = await startRegistry(machine.engine);
    const folder = makeTemporaryFolder('strace');
    onTestFinished(async () => {
      await registry.stop();
      removeFolder(folder);
    });
    const secrets = { file: 'Mk1-file$ x', variable: 'Mk2-variable', named: 'Mk3-named', hash: '$apr1$Mk4/hash' };
    const forms = [...Object.values(secrets), registry.password].flatMap((value) => [
      ...listSpellings(value),
      Buffer.from(value).toString('base64'),
    ]);
    const found = (text: string): readonly string[] => forms.filter((form) => text.includes(form));
    await makeSleepImage(machine.engine, 'sleep:1');
    await registry.push('sleep:1', 'app:1');
    const host = await machine.makeServer([
      'configuration set LocalIP 127.0.0.1',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled ServiceManager command',
      'configuration set httpd service status enabled Layout redhat ReloadCommand true',
      `docker_images set app service Tag 1 Registry ${registry.address} RegistryUser ${registry.user} RegistryPassword "${registry.password}"`,
      `secrets set first secret Value "${secrets.file}"`,
      `secrets set second secret Value "${secrets.variable}"`,
    ]);
    // a program of an admin, which the event starts
    host.write('/etc/docksmith/events/docker-update/S60run', '#!/bin/sh\n/bin/true with arguments\n');
    host.write('/etc/httpd/users', `ann:${secrets.hash}\n`, 0o640);
    await host.db(
      `docker_containers set wiki service status enabled Image app WebAlias wiki WebPort 80 access public BasicAuth /etc/httpd/users Secrets first:/etc/first EnvSecrets second:PLAIN Env.API_TOKEN ${secrets.named}`,
    );
    const log = path.join(folder, 'calls');
    for (const [change, done] of [
      ['', 'create wiki'],
      [`docker_containers setprop wiki Env.API_TOKEN ${secrets.named}-again`, 'recreate wiki'],
    ] as const) {
      if (change !== '') await host.db(change);
      const [command, args] = machine.namespace.command('strace', [
        ...['-f', '-qq', '-v', '-s', '65536', '-e', 'trace=execve', '-o', log],
        ...[process.execPath, BIN, 'docker-update'],
      ]);
      const event = await run(command, args, {
        env: { DBPATH: undefined, DOCKER_HOST: `unix://${machine.proxy.socket}`, DOCKSMITH_ROOT: host.root },
      });
      expect([event.exitCode, event.stdout + event.stderr]).toEqual([0, expect.stringContaining(done)]);
      const calls = readFileSync(log, 'utf8');
      // what was looked at is the programs with their whole environment
      expect(calls).toMatch(/\["\/bin\/true", "with", "arguments"\].*"DOCKSMITH_RUN=/);
      expect(found(calls)).toEqual([]);
      expect(found(event.stdout + event.stderr)).toEqual([]);
    }
    expect(await machine.engine.docker('exec', 'wiki', 'sh', '-c', 'echo $PLAIN $API_TOKEN')).toBe(
      `${secrets.variable} ${secrets.named}-again`,
    );
    const readable = host.files().filter((file) => (statSync(host.file(file)).mode & 0o004) !== 0);
    expect(readable).toContain('/etc/httpd/conf.d/zz-docksmith-1-primary.conf');
    expect(readable.filter((file) => found(host.read(file)).length > 0)).toEqual([]);
    expect(host.files().filter((file) => found(host.read(file)).length > 0)).toContain('/var/lib/docksmith/db/secrets');
  });
});
