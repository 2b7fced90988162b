import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Says who it is to whoever asks. */
const DATABASE =
  '#!/bin/sh\ntrap "exit 0" TERM\nprintf "#!/bin/sh\\necho I am $WHO\\n" > /say\nchmod +x /say\nnc -ll -p 80 -e /say &\nwait $!\n';

const shop = (name: string): string => `
name: ${name}
services:
  web:
    image: sleep:1
    restart: unless-stopped
    depends_on: { db: { condition: service_started } }
  db:
    image: db:1
    restart: unless-stopped
    environment: { WHO: ${name} }
    volumes: ["data:/data"]
  side:
    image: sleep:1
    restart: unless-stopped
    network_mode: "service:db"
volumes: { data: {} }
`;

needs('dockerd')('two applications with a service db each', () => {
  const machine = useMachine();
  let host: Host;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1');
    await makeSleepImage(machine.engine, 'busybox:local');
    await makeImage(machine.engine, 'db:1', { cmd: ['/db'], files: { '/db': DATABASE } });
    host = await machine.makeServer([
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled',
    ]);
  });

  const adopt = async (name: string, text: string): Promise<void> => {
    host.write(`/opt/${name}/compose.yaml`, text);
    const said = await host.runOrFail('docksmith', ['adopt', '--json', '-f', host.file(`/opt/${name}/compose.yaml`)]);
    expect((JSON.parse(said) as { readonly leftOut: readonly unknown[] }).leftOut).toEqual([]);
  };
  const docksmith = (...args: readonly string[]): Promise<string> => host.runOrFail('docksmith', args);
  const listRunning = async (): Promise<readonly string[]> =>
    (await machine.engine.docker('ps', '--format', '{{.Names}}')).split('\n').sort();
  const startsOf = (...names: readonly string[]): Promise<string> =>
    machine.engine.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', ...names);
  const ask = (name: string): Promise<string> =>
    machine.engine.docker('exec', name, '/bin/sh', '-c', 'nc -w 2 db 80 </dev/null');
  const ONE = ['one-db-1', 'one-side-1', 'one-web-1'];
  const TWO = ['two-db-1', 'two-side-1', 'two-web-1'];

  it('come up at the first event, each with its own db under that name, and stay', async () => {
    await adopt('one', shop('one'));
    await adopt('two', shop('two'));
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await listRunning()).toEqual([...ONE, ...TWO]);
    expect([await ask('one-web-1'), await ask('two-web-1')]).toEqual(['I am one', 'I am two']);
    await machine.expectNothingToDo(host);
    expect(await docksmith('app', 'list')).toBe('NAME  STATE  UP   REACHED AT\none   up     3/3\ntwo   up     3/3\n');
    expect(await docksmith('app', 'status', 'one')).toMatch(/^one-db-1 +running[^]*^one-side-1 [^]*^one-web-1 /m);
    expect(await docksmith('app', 'status', 'one')).not.toContain('two-');
  });

  it('are stopped, started and shown one at a time, by name or by NAME/', async () => {
    const two = await startsOf(...TWO);
    await docksmith('app', 'stop', 'one');
    expect(await listRunning()).toEqual(TWO);
    expect(JSON.parse(await docksmith('app', 'list', '--json'))).toMatchObject({
      applications: [
        { name: 'one', state: 'down', containers: ONE, up: 0 },
        { name: 'two', state: 'up', containers: TWO, up: 3 },
      ],
    });
    await docksmith('app', 'start', 'one');
    expect(await ask('one-web-1')).toBe('I am one');
    await docksmith('restart', 'one/');
    await docksmith('stop', 'one/');
    expect(await listRunning()).toEqual(TWO);
    expect(await docksmith('plan', 'one/')).toMatch(
      /start one-db-1: stopped[^]*start one-web-1: stopped; when one-db-1/,
    );
    await host.runOrFail('signal-event', ['docker-container-update', 'one/']);
    expect(await listRunning()).toEqual([...ONE, ...TWO]);
    expect(await docksmith('status', 'one/')).toMatch(/^one-db-1\n[^]*^one-side-1\n[^]*^one-web-1\n/m);
    expect(await docksmith('logs', 'one/', '-n', '1')).toBe('');
    expect(await startsOf(...TWO)).toBe(two);
    expect(await host.run('docksmith', ['stop', 'on/'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot find application "on": no record of docker_containers has it') as string,
    });
  });

  it('are told of and drawn one at a time by NAME/', async () => {
    const why = await docksmith('why', 'one/');
    expect(why.match(/^\S+$/gm)).toEqual(ONE);
    const json = JSON.parse(await docksmith('why', '--json', 'one/')) as readonly { readonly name: string }[];
    expect(json.map(({ name }) => name)).toEqual(ONE);
    const { nodes } = JSON.parse(await docksmith('graph', '--json', 'one/')) as {
      readonly nodes: readonly { readonly kind: string; readonly name: string }[];
    };
    const containers = nodes.flatMap(({ kind, name }) => (kind === 'container' ? [name] : [])).sort();
    expect(containers).toEqual(expect.arrayContaining(ONE));
    const unknown = await Promise.all(['why', 'graph'].map((command) => host.run('docksmith', [command, 'onne/'])));
    for (const { exitCode, stderr } of unknown)
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringMatching(/cannot find application "onne"[^]*did you mean "one"/),
      ]);
  });

  it('are removed one at a time, without their volumes, and not where others need them', async () => {
    const two = await startsOf(...TWO);
    await host.db('docker_containers set other service status enabled Image sleep:1 DependsOn one-db-1');
    expect(await host.run('docksmith', ['app', 'remove', '--yes', 'one'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('container "other", which is not part of it, needs "one-db-1"') as string,
    });
    await host.db('docker_containers delete other');
    const dry = await docksmith('app', 'remove', '--dry-run', 'one');
    expect(dry.split('\n')).toEqual([
      ...ONE.map((name) => `remove container ${name}`),
      ...ONE.map((name) => `delete record docker_containers ${name}`),
      'delete record docker_networks one_default',
      'kept: volume one_data',
      'dry run, nothing was changed',
      '',
    ]);
    expect(await host.run('docksmith', ['app', 'remove', 'one'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('there is no terminal to ask at') as string,
    });
    expect(await listRunning()).toEqual([...ONE, ...TWO]);
    expect(await docksmith('app', 'remove', '--yes', 'one')).toContain(
      'removed application one\nkept: volume one_data\n',
    );
    expect(await listRunning()).toEqual(TWO);
    expect(await machine.engine.docker('ps', '--all', '--format', '{{.Names}}')).not.toContain('one-');
    expect(await machine.engine.docker('network', 'ls', '--format', '{{.Name}}')).not.toContain('one_default');
    expect(await machine.engine.docker('volume', 'ls', '--format', '{{.Name}}')).toContain('one_data');
    expect(await docksmith('app', 'list')).toBe('NAME  STATE  UP   REACHED AT\ntwo   up     3/3\n');
    await machine.expectNothingToDo(host);
    expect(await startsOf(...TWO)).toBe(two);
    // it comes back with its data
    await adopt('one', shop('one'));
    await docksmith('app', 'remove', '--yes', 'one');
  });

  it.each(['app1', 'app2'])('the Compose file dup-service-names/%s comes over whole', async (name) => {
    await adopt(
      name,
      readFileSync(path.join(ROOT, `test/data/compose/dup-service-names/${name}/compose.yaml`), 'utf8'),
    );
    expect(await host.runOrFail('db', ['docker_containers', 'getprop', `${name}-db-1`, 'Application'])).toBe(
      `${name}\n`,
    );
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await listRunning()).toEqual(expect.arrayContaining([`${name}-db-1`, `${name}-web-1`]));
    await machine.expectNothingToDo(host);
  });
});
