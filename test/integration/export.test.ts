import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

const DBS = ['docker_containers', 'docker_images', 'docker_networks'];
const SECRETS = ['geh"ei\'m $x', 'abcdef-secret', 'url-password'];

/** Containers of many shapes, which the image `wiki:1` is enough for. */
const RECORDS = [
  'configuration set LocalIP 192.168.1.2',
  'configuration set docker service status enabled Daemon foreign',
  'configuration set httpd service status disabled',
  'configuration set docksmith service status enabled ServiceManager command HealthWait 0',
  'docker_images set base service Repository wiki Tag 1 Pull missing',
  'docker_networks set lan network Subnet 10.9.0.0/24 Gateway 10.9.0.9',
  'docker_networks set back network Internal yes',
  'secrets set token secret Value abcdef-secret',
  `docker_containers set wiki service status enabled Image base WebPort 80 SubDomain enabled access private MaxMemory 64 Interlinked cache:redis MountPath /srv/wiki:/data:ro MountCreate yes Volumes wikidata:/var/lib/wiki Labels.note 'a, b' Env.LIST 'a, b $c' Env.DB_PASSWORD "geh\\"ei'm $x"`,
  'docker_containers set git service status enabled Image wiki:1 PortMapping custom PortMappingPorts 22022:22,5000:53/udp access public WebAlias git WebPort 3000 network custom:lan NetworkAddress 10.9.0.7 NetworkAlias gitea,forge Networks back NetworkAlias.back git EnvSecrets token:TOKEN Secrets token:/srv/token Env.DSN postgres://ada:url-password@db/x',
  'docker_containers set cache service status enabled Image wiki:1 HealthCmd true HealthInterval 5s Restart on-failure:3 ReadOnly yes Tmpfs /scratch:size=1m Ulimits nofile=512:1024 CapDrop ALL CapAdd CHOWN User 1000:1000 StopTimeout 3 Init yes LogMaxSize 1m',
  'docker_containers set side service status enabled Image wiki:1 network container:git VolumesFrom wiki ReloadSignal HUP',
  'docker_containers set home service status enabled Image wiki:1 Role data Volumes homes:/home',
  `docker_containers set late service status disabled Image wiki:1 InterLinkPriority 5 Command 'run "two words"' Sysctls net.core.somaxconn=100 WorkingDir /tmp`,
];

const show = async (host: Host): Promise<string> =>
  (await Promise.all(DBS.map((db) => host.runOrFail('db', [db, 'show'])))).join('').replaceAll(/^ +/gm, '');
/** A record has its props in the order in which they came. */
const sorted = (text: string): string =>
  text
    .split(/\n(?=\S+=\w+$)/m)
    .map((record) => record.split('\n').sort().join('\n'))
    .join('\n');
const forget = async (host: Host): Promise<void> => {
  for (const db of DBS)
    for (const key of (await host.runOrFail('db', [db, 'keys'])).split('\n').filter(Boolean))
      await host.db(`${db} delete ${key}`);
};

function makeMemoryHost(): Host {
  const folder = makeTemporaryFolder('engine');
  const host = makeHost({ env: { DOCKSMITH_ENGINE: `memory://${folder}/engine.json` } });
  onTestFinished(() => {
    host.stop();
    removeFolder(folder);
  });
  return host;
}

/** Writes the export, with its variables beside it. @returns the file */
async function exportTo(host: Host, ...names: readonly string[]): Promise<string> {
  host.write('/out/compose.yaml', await host.runOrFail('docksmith', ['export', ...names]));
  host.write('/out/.env', await host.runOrFail('docksmith', ['export', '--env', ...names]));
  return host.file('/out/compose.yaml');
}

describe('an export with an engine in memory', () => {
  let host: Host;
  beforeEach(async () => {
    host = makeMemoryHost();
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      ...RECORDS,
      'docker_images set built service Source build BuildPath /srv/built',
      'docker_containers set built service status disabled MaxMemory 32',
    );
  });

  it('needs the ports that an event chooses, and refuses names that are not there', async () => {
    expect(await host.run('docksmith', ['export', 'wiki'])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr:
        'docksmith: cannot export container "wiki": it has no WebHostPort yet: the next event gives it one\nhint: signal-event docker-container-update wiki\n',
    });
    expect(await host.run('docksmith', ['export', 'cahce', 'gti'])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/container "cahce": .*\n.*cache.*\n.*container "gti": .*\n.*git/) as string,
    });
  });

  it('is one file with the services that are named, and no secret in it', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    const all = await host.runOrFail('docksmith', ['export']);
    for (const secret of SECRETS) expect(all).not.toContain(secret);
    expect(all).toContain(
      '# Secrets are not in it. It needs GIT_DSN, GIT_TOKEN, WIKI_DB_PASSWORD: docksmith export --env prints a file .env for beside it.\n',
    );
    expect(all).toContain('  # docksmith has Apache serve it at http://wiki.example.test/, access private\n  wiki:\n');
    expect(all).toContain('  # status disabled: docksmith does not run it\n  built:\n    build:\n');
    expect(all).toContain('    network_mode: "service:git"\n');

    const { services } = JSON.parse(await host.runOrFail('docksmith', ['export', '--json', 'side', 'cache'])) as {
      services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    expect(Object.keys(services)).toEqual(['cache', 'side']);
    // what is not in the file is on this host
    expect(services['side']).toMatchObject({ network_mode: 'container:git', volumes_from: ['container:wiki'] });
  });

  it('has what no event had to write again', async () => {
    await host.db('docker_containers delete built', 'docker_containers delete late');
    await host.runOrFail('signal-event', ['docker-update']);
    const first = await host.runOrFail('docksmith', ['export']);
    await host.runOrFail('signal-event', ['docker-update']);
    expect(first).toContain('    container_name: "wiki"\n');
    expect(await host.runOrFail('docksmith', ['export'])).toBe(first);
  });

  it('has what an event of these containers alone has written', async () => {
    const own = makeMemoryHost();
    const values = ['SystemName=host', 'DomainName=example.test', 'LocalIP=192.168.1.2/24', 'docker.Daemon=foreign'];
    await own.runOrFail('docksmith', ['setup', '--quiet', '--yes', ...values]);
    await own.db(
      'docker_containers set one service Image app:1 status enabled',
      'docker_containers set two service Image app:1 status enabled',
    );
    await own.runOrFail('signal-event', ['docker-container-update', 'one', 'two']);
    for (const args of [[], ['one']])
      expect(await own.runOrFail('docksmith', ['export', ...args])).toContain('    container_name: "one"\n');
    own.stop();
  });

  it('says nothing where there is nothing', async () => {
    await forget(host);
    const nothing = await host.runOrFail('docksmith', ['export']);
    expect(nothing.split('\n').filter((line) => !line.startsWith('#') && line.trim() !== '')).toEqual(['{}']);
  });
});

needs('docker-compose')('an exported file', () => {
  it('is read by Compose, which finds in it what the records say', async () => {
    const host = makeMemoryHost();
    await host.db('configuration set DomainName example.test', 'configuration set SystemName host', ...RECORDS);
    await host.runOrFail('signal-event', ['docker-update']);
    const file = await exportTo(host);
    const { exitCode, stdout, stderr } = await run('docker-compose', ['-f', file, 'config'], {
      cwd: path.dirname(file),
      env: { COMPOSE_PROJECT_NAME: undefined },
    });
    expect([exitCode, stderr]).toEqual([0, '']);
    for (const text of ['DB_PASSWORD: geh"ei\'m $$x', 'LIST: a, b $$c', 'TOKEN: abcdef-secret', 'published: 22022'])
      expect(stdout).toContain(text);
  });
});

needs('dockerd')('an export of what runs on a real engine', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });

  it('is adopted again as the same records, after which there is nothing to do', async () => {
    const host = await machine.makeServer(RECORDS);
    await makeSleepImage(machine.engine, 'wiki:1');
    await host.runOrFail('signal-event', ['docker-update']);
    const [before, containers, file] = [await show(host), await machine.listContainers(), await exportTo(host)];
    expect(Object.keys(containers)).toEqual(['cache', 'git', 'home', 'side', 'wiki']);

    await forget(host);
    machine.proxy.reset();
    const adopted = await host.runOrFail('docksmith', ['adopt', '-f', file]);
    expect(adopted).not.toContain('not in the records');
    expect(sorted(await show(host))).toBe(sorted(before));
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('S50docker-reconcile: nothing to do\n');
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(await machine.listContainers()).toEqual(containers);
  });

  it('is refused whole where what it says of records cannot be', async () => {
    const host = await machine.makeServer(RECORDS.slice(0, 4));
    const file = host.file('/compose.yaml');
    writeFileSync(
      file,
      'services: {web: {image: "wiki:1"}}\nx-docksmith:\n  docker_container: {}\n  docker_containers: {web: {MaxMemory: [1]}}\n',
    );
    const { exitCode, stderr } = await host.run('docksmith', ['adopt', '-f', file]);
    expect([exitCode, stderr.split('\n').filter((line) => line.includes('cannot'))]).toEqual([
      1,
      [
        expect.stringMatching(/compose\.yaml:3:\d+: cannot use "x-docksmith.docker_container": it can only have /),
        expect.stringMatching(
          /compose\.yaml:4:\d+: cannot use "x-docksmith.docker_containers.web.MaxMemory": must be /,
        ),
      ],
    ]);
    expect((await host.run('db', ['docker_containers', 'keys'])).stdout).toBe('');
  });
});
