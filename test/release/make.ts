import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { Machine } from '../support/machine.ts';
import {
  type Making,
  giveReleaseRoot,
  linkReleaseSocket,
  makeReleaseImages,
  RELEASE_ROOT,
  type RecordedEngine,
  releaseFolder,
  takeReleaseRoot,
} from '../support/release.ts';
import { runOrFail } from '../support/run.ts';

/** Keys are those of a release, so that what came later is not in them. */
const RECORDS = [
  'configuration set LocalIP 192.168.1.2',
  'configuration setprop docker Daemon foreign Socket SRV.sock DataRoot /var/lib/docker LogMaxSize 5m',
  'configuration setprop docksmith ServiceManager command',
  'configuration setprop httpd status enabled Layout redhat ReloadCommand true',
  'networks set 192.168.1.0 network Mask 255.255.255.0',
  'docker_networks set front network Subnet 10.81.0.0/24',
  'docker_networks set back network Subnet 10.82.0.0/24 Internal yes',
  'docker_images set wiki service Repository wiki Tag 1 Pull never Source local',
  'docker_images set db service Repository db Tag 1 Pull never Source local',
  'secrets set wiki.password secret Value "a secret of the wiki"',
  'secrets set db.root secret Value "a secret of the db"',
  'docker_containers set wikidb service status enabled Image db DataMount container DataMountPath /var/lib/db InterLinkPriority 10 MaxMemory 64 Secrets db.root:/etc/db.root',
  'docker_containers set wiki service status enabled Image wiki SubDomain enabled WebPort 80 Interlinked wikidb:db access private TCPPort 8080 MountPath SRV/srv/wiki:/images EnvSecrets wiki.password:DB_PASSWORD Env.GREETING "hello, world" Labels.team web HealthCmd true',
  'docker_containers set git service status enabled Image git:1 PortMapping custom PortMappingPorts 2222:22 access public WebAlias git WebPort 3000 Hostname git CapAdd NET_ADMIN Tmpfs /scratch',
  'docker_containers set front service status enabled Image app:1 network custom:front Networks back SubDomain enabled WebPort 8000',
  'docker_containers set inner service status enabled Image app:1 network custom:back',
  'docker_containers set home service status enabled Image app:1 Role data Volumes home:/home',
  'docker_containers set files service status enabled Image app:1 VolumesFrom home DependsOn inner',
  'docker_containers set nightly service status enabled Image app:1 Role job RunAt 03:30 Volumes backups:/backups',
  'docker_containers set off service status disabled Image app:1',
  'docker_containers set reads service status enabled Image app:1 MountPath SRV/etc/docksmith/containers/inner.yaml:/spec',
] as const;

describe('the fixture of a release', () => {
  const made: Making[] = [];
  const machine = new Machine({
    addresses: ['192.168.1.2/24'],
    proxy: {
      onMade(call, body, answer) {
        const { Id } = answer.trim() === '' ? {} : (JSON.parse(answer) as { Id?: string });
        const isMade = /\/(containers|networks)\/create/.test(call);
        made.push({ url: call.replace('POST ', ''), body, ...(isMade && Id !== undefined ? { id: Id } : {}) });
      },
    },
  });
  beforeAll(async () => {
    await takeReleaseRoot();
    await machine.start();
    await makeReleaseImages(machine);
    linkReleaseSocket(machine);
  });
  afterAll(async () => {
    await machine.stop();
    giveReleaseRoot();
  });

  it('is made', async () => {
    const program = process.env['DOCKSMITH_RELEASE_PROGRAM'];
    const host = machine.makeHost({ root: RELEASE_ROOT, ...(program === undefined ? {} : { program }) });
    await fillHost(host);
    const version = (await host.runOrFail('docksmith', ['--version'])).replace('docksmith ', '').trim();
    const folder = releaseFolder(version);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'engine.json'), `${JSON.stringify(await listLeft(), undefined, 1)}\n`);
    const names = ['--sort=name', '--numeric-owner', '--warning=no-file-ignored'];
    execFileSync('sh', ['-c', `tar ${names.join(' ')} -C ${RELEASE_ROOT} -cf - . | gzip -9n > ${folder}/host.tar.gz`]);
  });

  async function fillHost(host: Host): Promise<void> {
    const docker = (...words: readonly string[]): Promise<string> =>
      runOrFail(...machine.namespace.command('docker', ['-H', `unix://${machine.proxy.socket}`, ...words]));
    const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update']);
    // the engine of this test is nobody's, and will be elsewhere
    await host.db('configuration set DomainName example.test', 'configuration set SystemName host');
    await host.runOrFail('signal-event', ['post-install']);
    host.write('/srv/wiki/page', 'a page\n');
    // one that somebody else made, with nothing of docksmith's on it
    await docker(
      'network',
      'create',
      '--subnet',
      '10.83.0.0/24',
      '-o',
      'com.docker.network.bridge.name=br-shop',
      'shop_default',
    );
    for (const service of ['db', 'web']) {
      const labels = ['project=shop', `service=${service}`].flatMap((one) => ['--label', `com.docker.compose.${one}`]);
      const more = service === 'web' ? ['-p', '8088:80', '-e', 'TITLE=a shop'] : ['-v', 'shop_data:/data'];
      const net = ['--network', 'shop_default', '--network-alias', service, '--restart', 'unless-stopped'];
      await docker('create', '--name', `shop-${service}-1`, ...labels, ...net, ...more, 'app:1');
      await machine.engine.docker('start', `shop-${service}-1`);
    }
    await host.db(...RECORDS.map((line) => line.replaceAll('SRV', RELEASE_ROOT)));
    await update();
    await host.runOrFail('docksmith', ['adopt', 'shop-db-1', 'shop-web-1']);
    await update();
    host.writeFragment('/etc/httpd/docksmith/site', '45limit', '    LimitRequestBody 10485760\n');
    await host.db(
      'docker_containers setprop wikidb MaxMemory 128',
      'docker_containers set gone service status enabled Image app:1',
    );
    await update();
    await host.db('docker_containers delete gone', 'docker_containers setprop inner Env A=b');
    await update();
    await host.runOrFail('docksmith', ['reconcile', '--remove-orphans']);
    await host.runOrFail('signal-event', ['docker-container-start', 'nightly']);
    await docker('stop', '--timeout', '1', 'nightly');
    await update();
  }

  /** What of it is still there. */
  async function listLeft(): Promise<RecordedEngine> {
    const [makings, started] = [[] as Making[], [] as (readonly [id: string, at: string])[]];
    const gone: string[] = [];
    for (const making of made) {
      const { url, body, id } = making;
      if (gone.some((one) => url.includes(one) || body.includes(one))) continue;
      const name = id ?? (url.includes('/volumes/create') ? (JSON.parse(body) as { Name: string }).Name : undefined);
      if (name !== undefined && (await machine.engine.tryDocker('inspect', name)).exitCode !== 0) {
        gone.push(name);
        continue;
      }
      if (id === undefined || !url.includes('/containers/')) {
        makings.push(making);
        continue;
      }
      const format = '{{.Name}} {{.State.Running}} {{.State.StartedAt}}';
      const [now = '', isRunning, startedAt = ''] = (
        await machine.engine.docker('inspect', '--format', format, id)
      ).split(' ');
      // one that a recreate made has another name at first
      makings.push({ ...making, url: url.replace(/name=[^&]*/, `name=${now.slice(1)}`) });
      if (isRunning === 'true') started.push([id, startedAt]);
    }
    return { makings, started: Object.fromEntries(started.sort(([, a], [, b]) => (a < b ? -1 : 1))) };
  }
});
