import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { makeKeyPair, startSshServer, type SshServer, writeSshConfig } from '../support/git-server.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeImage } from '../support/image.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { commonOf, until } from '../support/many-hosts.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/docksmith.js');
const PORT = 2299;
/** Of a record of its own: on the host that it names no new connection of ssh gets in. */
const ACTION = `#!/bin/sh
rule="INPUT -p tcp --dport ${PORT} --syn -j REJECT"
iptables -D $rule 2>/dev/null
if [ "$(config get Closed)" = "$(config get SystemName)" ]; then iptables -I $rule; fi
exit 0
`;

interface Follower {
  readonly name: string;
  readonly namespace: Namespace;
  readonly engine: Dockerd;
  readonly host: Host;
  readonly startSsh: () => Promise<SshServer>;
  /** undefined while it is stopped */
  ssh: SshServer | undefined;
}

needs('dockerd', 'git')('three hosts with engines of their own, which the writer reaches by ssh', () => {
  let [folder, network]: [string, Namespace | undefined] = ['', undefined];
  let writer: Host;
  const followers: Follower[] = [];
  beforeAll(async () => {
    folder = makeTemporaryFolder('ssh');
    const made = await makeNamespace();
    network = made;
    const key = makeKeyPair();
    const config = writeSshConfig(folder, key);
    const namespaces: Namespace[] = [];
    for (const n of [1, 2, 3]) namespaces.push(await made.connect(`10.9.${n}.1/24`, `10.9.${n}.2/24`));
    const started = await Promise.all(
      namespaces.map(async (namespace, n): Promise<Follower> => {
        const name = `web${n + 1}`;
        const engine = await startDockerd({ namespace });
        await makeImage(engine, 'keeper:1', { cmd: ['sleep', '1000'] });
        const env = { DOCKER_HOST: `unix://${engine.socket}` };
        const host = makeHost({ namespace, env });
        host.write(
          '/var/lib/docksmith/db/configuration',
          [
            'DomainName=example.test',
            `LocalIP=10.9.${n + 1}.2`,
            `SystemName=${name}`,
            'docker=service|Daemon|foreign|Filter|disabled|status|enabled',
            'httpd=service|status|disabled',
            '',
          ].join('\n'),
        );
        const startSsh = (): Promise<SshServer> =>
          startSshServer(namespace, key, {
            port: PORT,
            address: `10.9.${n + 1}.2`,
            env: [`DOCKSMITH_ROOT=${host.root}`, `DOCKER_HOST=${env.DOCKER_HOST}`],
          });
        return { name, namespace, engine, host, startSsh, ssh: await startSsh() };
      }),
    );
    followers.push(...started);
    writer = makeHost({ namespace: made, env: { DOCKSMITH_ENGINE: `memory://${folder}/engine.json` } });
    writer.write(
      '/var/lib/docksmith/db/configuration',
      [
        'DomainName=example.test',
        'LocalIP=10.9.1.1',
        'SystemName=web0',
        `docksmith=service|SSHCommand|ssh -F ${config}`,
        'docker=service|Daemon|foreign|Filter|disabled|status|enabled',
        'httpd=service|status|disabled',
        '',
      ].join('\n'),
    );
    writer.write('/etc/docksmith/db/configuration/schema.json', '{"Closed":{"type":{"doc":"-","kind":"text"}}}');
    writer.write('/etc/docksmith/events/docker-update/S95net', ACTION);
    await writer.db(
      'hosts set web0 docksmith Role writer',
      ...followers.map(
        ({ name }, n) =>
          `hosts set ${name} docksmith Address root@10.9.${n + 1}.2:${PORT} Command '${process.execPath} ${PROGRAM}' ConnectTimeout 5s`,
      ),
      'docker_images set keeper service Repository keeper Tag 1 Source local',
      'docker_containers set one service Image keeper status enabled MaxMemory 64 HealthWait 0',
      'docker_containers set one@web2 service MaxMemory 32',
    );
  }, 120_000);
  afterAll(async () => {
    for (const { ssh, engine, host } of followers) {
      await ssh?.stop();
      await engine.stop();
      host.stop();
    }
    writer.stop();
    network?.remove();
    removeFolder(folder);
  }, 120_000);

  const memoryOf = async ({ engine }: Follower): Promise<number> =>
    Number(await engine.docker('inspect', '--format', '{{.HostConfig.Memory}}', 'one')) / 1024 ** 2;
  const push = async (...args: readonly string[]): Promise<string> =>
    (await writer.run('docksmith', ['push', '--yes', ...args])).stdout.replaceAll(/\n {4}/g, ' ');

  it('have the containers of the records that they are sent', async () => {
    expect(await push()).toMatch(/^web1 {2}done .*\nweb2 {2}done .*\nweb3 {2}done .*\nrevision [0-9a-f]{8}\n$/);
    expect(await Promise.all(followers.map(memoryOf))).toEqual([64, 32, 64]);
    for (const { host } of followers) expect(commonOf(host)).toEqual(commonOf(writer));
  }, 120_000);

  it('one is not there, one refuses, and one that cuts itself off goes back by itself', async () => {
    const [web1, web2, web3] = followers as [Follower, Follower, Follower];
    await web2.ssh?.stop();
    web2.ssh = undefined;
    await writer.db('docker_containers setprop one MaxMemory 65', 'configuration set Closed web3');
    const old = [web2, web3].map(({ host }) => commonOf(host));
    const said = await push('--confirm-timeout', '20');
    expect(said).toMatch(/^web1 {2}done /m);
    expect(said).toMatch(
      /^web2 {2}unreachable .*Connection refused hint: try the way by hand: ssh .* root@\S+ .* --version$/m,
    );
    expect(said).toMatch(
      /^web3 {2}not confirmed .*Connection refused; without a confirmation it goes back by itself$/m,
    );
    await until(() => !existsSync(web3.host.file('/var/lib/docksmith/state/hosts/pending.json')));
    expect([web2, web3].map(({ host }) => commonOf(host))).toEqual(old);
    expect(commonOf(web1.host)).toEqual(commonOf(writer));
    expect(await Promise.all(followers.map(memoryOf))).toEqual([65, 32, 64]);

    web2.ssh = await web2.startSsh();
    await writer.db(
      'configuration delete Closed',
      'docker_containers setprop one@web2 MaxMemory 1',
      'docker_containers setprop one MaxMemory 66',
    );
    const again = await push();
    expect(again).toMatch(/^web2 {2}refused .*docker_containers one: MaxMemory "1" is less than 6m/m);
    expect(again).toMatch(/^web3 {2}done /m);
    expect(await Promise.all(followers.map(memoryOf))).toEqual([66, 32, 66]);
    await writer.db('docker_containers setprop one@web2 MaxMemory 33');
    expect(await push()).toMatch(/^web1 {2}done .*\nweb2 {2}done .*\nweb3 {2}done /);
    expect(await Promise.all(followers.map(memoryOf))).toEqual([66, 33, 66]);
    for (const { host } of followers) expect(commonOf(host)).toEqual(commonOf(writer));
    expect((await writer.run('docksmith', ['hosts'])).stdout).toMatch(
      /^web0 \(here\) +writer +(\w{8}) +up to date .*\n(web\d +follower +\1 +up to date .*\n){3}$/m,
    );
  }, 240_000);
});
