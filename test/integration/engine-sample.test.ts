import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Host } from '../support/host.ts';
import { makeSleepImage, makeWebImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** Bind-mount sources are paths of the machine itself: only those that were not there are taken away again. */
const FOLDERS = ['/srv/wiki', '/srv/wiki2'].filter((folder) => !existsSync(folder));

needs('dockerd')('the sample server, from its dbs to its plans', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });
  let host: Host;
  beforeAll(async () => {
    await makeWebImage(machine.engine, 'mediawiki:1.43', 'wiki');
    await makeSleepImage(machine.engine, 'mariadb:11', { expose: ['3306/tcp'] });
    await makeSleepImage(machine.engine, 'gitea:1', { expose: ['22/tcp', '3000/tcp'] });
    for (const folder of FOLDERS) mkdirSync(folder);
    host = await machine.makeServer([
      'configuration set LocalIP 192.168.1.2',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'docker_images set wiki service Repository mediawiki Tag 1.43',
      'docker_containers set wikidb service status enabled Image mariadb:11 DataMount container DataMountPath /var/lib/mysql InterLinkPriority 10 MaxMemory 512',
      'docker_containers set wiki service status enabled Image wiki SubDomain enabled WebPort 80 Interlinked wikidb:db access private MountPath /srv/wiki:/images',
      'docker_containers set git service status enabled Image gitea:1 PortMapping custom PortMappingPorts 2222:22 access public WebAlias git WebPort 3000',
    ]);
  });
  afterAll(() => {
    for (const folder of FOLDERS) rmdirSync(folder);
  });

  /** the plan of an event, by a dry run */
  async function plan(): Promise<readonly string[]> {
    const {
      plan: { operations },
    } = JSON.parse(await host.runOrFail('signal-event', ['--dry-run', '--json', 'docker-update'])) as {
      plan: { operations: { verb: string; name: string; cause: string }[] };
    };
    return operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`);
  }

  it('is planned as it is done', async () => {
    expect(await plan()).toEqual([
      'network docksmith-wiki: wanted by wiki, wikidb',
      'volume wikidb-data: wanted by wikidb',
      'create wikidb: not there',
      'create wiki: not there',
      'create git: not there',
    ]);
    const said = await host.run('signal-event', ['docker-update']);
    expect(said).toMatchObject({ exitCode: 0 });
    // git needs nobody, and so is made while the others wait for each other
    expect((await machine.engine.docker('ps', '--format', '{{.Names}}')).split('\n').sort()).toEqual([
      'git',
      'wiki',
      'wikidb',
    ]);
    machine.proxy.reset();
    expect(await plan()).toEqual([]);
    expect((await host.runOrFail('docksmith', ['reconcile', '--dry-run'])).split('\n')).toContain('nothing to do');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(machine.proxy.listMutating()).toEqual([]);
  });

  it('has run specs with the keys and values of the sample', () => {
    expect(parse(host.read('/etc/docksmith/containers/wiki.yaml'))).toMatchObject({
      services: {
        wiki: {
          container_name: 'wiki',
          image: 'mediawiki:1.43',
          restart: 'unless-stopped',
          ports: ['127.0.0.1:23000:80'],
          volumes: ['/srv/wiki:/images'],
          networks: { 'docksmith-wiki': {} },
          depends_on: ['wikidb'],
          environment: {
            DB_NAME: '/wiki/db',
            DB_PORT: 'tcp://db:3306',
            DB_PORT_3306_TCP: 'tcp://db:3306',
            DB_PORT_3306_TCP_ADDR: 'db',
            DB_PORT_3306_TCP_PORT: '3306',
            DB_PORT_3306_TCP_PROTO: 'tcp',
          },
          logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
        },
      },
      networks: { 'docksmith-wiki': { name: 'docksmith-wiki' } },
    });
    expect(parse(host.read('/etc/docksmith/containers/git.yaml'))).toMatchObject({
      services: { git: { ports: ['2222:22', '127.0.0.1:23001:3000'] } },
    });
  });

  it('lets the wiki reach its db by the alias', async () => {
    expect(await machine.engine.docker('exec', 'wiki', 'nslookup', 'db')).toMatch(/Name:\s+db/);
    expect(await machine.engine.docker('exec', 'wiki', 'sh', '-c', 'echo $DB_PORT_3306_TCP')).toBe('tcp://db:3306');
    expect(await machine.engine.inspect('docksmith-wiki')).toMatchObject({
      Options: { 'com.docker.network.bridge.name': expect.stringMatching(/^br-[0-9a-f]{12}$/) as string },
    });
  });

  it('answers changes as the sample says', async () => {
    await host.db('docker_containers setprop wikidb MaxMemory 1024');
    expect(await plan()).toEqual(['update wikidb: memory 512m -> 1024m']);
    await host.db('docker_containers setprop wiki MountPath /srv/wiki2:/images');
    await host.runOrFail('signal-event', ['docker-container-update', 'wikidb']);
    expect(await plan()).toEqual(['recreate wiki: volumes /srv/wiki:/images -> /srv/wiki2:/images']);
    const before = await machine.engine.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', 'wikidb', 'git');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await machine.engine.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', 'wikidb', 'git')).toBe(
      before,
    );
    expect(await plan()).toEqual([]);
  });
});
