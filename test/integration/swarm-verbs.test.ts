import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeKeyPair, startSshServer, type SshServer, writeSshConfig } from '../support/git-server.ts';
import type { Host } from '../support/host.ts';
import { makeImage, SLEEP } from '../support/image.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { startRegistry } from '../support/registry.ts';
import { type Running, start } from '../support/running.ts';
import { describeSwarm, hasIpvs, useSwarm } from '../support/swarm.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/docksmith.js');
/** What is not asked of any registry. */
const APP = '127.0.0.1:5998/app:1';
const PORT = 2299;

describeSwarm(
  'verbs of services',
  () => {
    const swarm = useSwarm({
      nodes: 2,
      joined: 1,
      images: async (engine, n) => {
        await makeImage(engine, APP, { cmd: ['/run'], files: { '/run': SLEEP, '/where': `node${n}\n` } });
        for (const name of n === 1 ? ['first', 'second'] : [])
          await makeImage(engine, `${name}:1`, { cmd: ['/run'], files: { '/run': SLEEP, '/name': name } });
      },
    });
    let folder: string;
    let ssh: SshServer | undefined;
    let host: Host;
    beforeAll(async () => {
      await swarm.join(2, 'worker');
      folder = makeTemporaryFolder('ssh');
      const key = makeKeyPair();
      host = swarm.makeHost(1);
      // no record of what the managers have
      const worker = swarm.makeHost(2);
      await worker.db('configuration set docker service Swarm worker Daemon foreign Filter disabled');
      ssh = await startSshServer(swarm.machine(2).namespace, key, {
        port: PORT,
        address: swarm.machine(2).address,
        env: [`DOCKSMITH_ROOT=${worker.root}`, `DOCKER_HOST=unix://${swarm.machine(2).engine.socket}`],
      });
      await host.db(
        'configuration set DomainName example.test',
        'configuration set SystemName node1',
        'configuration set docker service Swarm manager Daemon foreign Filter disabled',
        `configuration set docksmith service SSHCommand "ssh -F ${writeSshConfig(folder, key)}" HealthWait 20s HealthUptime 300ms`,
        `docker_containers set shop service status enabled Image ${APP} Replicas 1 Placement node.hostname==node2 TCPPort 8081 PublishMode host`,
        `docker_containers set all service status enabled Image ${APP} Replicas global TCPPort 8082`,
      );
      await host.runOrFail('signal-event', ['docker-update']);
    });
    afterAll(async () => {
      await ssh?.stop();
      removeFolder(folder);
    });

    const exec = (...args: readonly string[]): ReturnType<Host['run']> => host.run('docksmith', ['exec', ...args]);
    const startDocksmith = (...args: readonly string[]): Running => {
      const [command, words] = swarm.machine(1).namespace.command(process.execPath, [PROGRAM, ...args]);
      return start(command, words, {
        env: { DOCKER_HOST: `unix://${swarm.machine(1).engine.socket}`, DOCKSMITH_ROOT: host.root, DBPATH: undefined },
      });
    };

    it('exec names the node of a task that has no record, and what to type', async () => {
      expect(await exec('all', 'cat', '/where')).toMatchObject({ exitCode: 0, stdout: 'node1\n' });
      expect(await exec('shop', 'sh', '-c', "echo 'a b'")).toMatchObject({
        exitCode: 1,
        stderr: [
          'docksmith: cannot run "sh" in service "shop": none of its tasks is on this node: they are on node2, and db hosts has no such record',
          `hint: db hosts set node2 docksmith Address root@HOST; or: ssh node2 'docksmith exec shop sh -c '\\''echo '\\''\\'\\'''\\''a b'\\''\\'\\'''\\'''\\'''`,
          '',
        ].join('\n'),
      });
    });

    it('exec runs a command in a task of another node, with its streams, exit code and words as they are', async () => {
      await host.db(
        `hosts set node2 docksmith Address root@${swarm.machine(2).address}:${PORT} Command "'${process.execPath}' ${PROGRAM}" ConnectTimeout 5s`,
      );
      expect(await exec('shop', 'cat', '/where')).toEqual({ exitCode: 0, stdout: 'node2\n', stderr: '' });
      const say = 'echo "$(id -u) $PWD $A"; printf "<%s>" "$@"; echo err >&2; exit 7';
      const words = ['a  b', `it's`, '"$HOME"', '`id`', '', '*', '~', '-n', 'new\nline', '\\'];
      expect(await exec('-u', '1234', '-w', '/tmp', '-e', 'A=$x  y', 'shop', 'sh', '-c', say, 'sh', ...words)).toEqual({
        exitCode: 7,
        stdout: `1234 /tmp $x  y\n${words.map((word) => `<${word}>`).join('')}`,
        stderr: 'err\n',
      });
      const stdin = 'x'.repeat(300_000);
      const { exitCode, stdout } = await host.run('docksmith', ['exec', '-i', 'shop', 'cat'], { stdin });
      expect([exitCode, stdout.length]).toEqual([0, stdin.length]);
      expect((await host.run('docksmith', ['exec', 'shop', 'cat'], { stdin: 'not for it' })).stdout).toBe('');
    });

    it('exec has a terminal there that has the size of ours', async () => {
      const inside =
        'until [ "$(stty size 2> /dev/null)" = "33 101" ]; do :; done; echo ready; read line; echo "got $line"; exit 5';
      const outside = `stty rows 33 cols 101; exec ${process.execPath} ${PROGRAM} exec -it shop sh -c '${inside}'`;
      const [command, args] = swarm.machine(1).namespace.command('script', ['-qefc', outside, '/dev/null']);
      const terminal = start(command, args, {
        env: { DOCKER_HOST: `unix://${swarm.machine(1).engine.socket}`, DOCKSMITH_ROOT: host.root, SHELL: '/bin/bash' },
      });
      await terminal.until(/ready/);
      terminal.write('~.\n');
      const { exitCode, stdout } = await terminal.ended;
      expect([exitCode, stdout.replaceAll('\r', '')]).toEqual([5, 'ready\n~.\ngot ~.\n']);
    });

    it('exec says that the node is not reached', async () => {
      await host.db('hosts setprop node2 Address root@10.77.0.2:2298');
      expect(await exec('shop', 'true')).toMatchObject({
        exitCode: 255,
        stderr: expect.stringMatching(/^ssh: connect to host 10\.77\.0\.2 port 2298: Connection refused/) as string,
      });
    });

    it('graph, why and impact speak of services', async () => {
      const docksmith = (...args: readonly string[]): Promise<string> => host.runOrFail('docksmith', args);
      expect(await docksmith('graph', '--format', 'tree', 'shop')).toMatch(
        /^service of the swarm shop\n└─ \/etc\/docksmith\/containers\/shop\.yaml\n/,
      );
      expect(await docksmith('why', 'shop')).toMatch(
        /^shop\n {2}made .*: signal-event docker-update\n {6}create: not there\n {2}now 1 of 1 task runs, on node2\n$/,
      );
      expect(await docksmith('impact', 'docker_containers', 'shop', 'UpdateOrder')).toMatch(
        /^docker_containers shop UpdateOrder = "stop-first" \(default\)\n {2}\/etc\/docksmith\/containers\/shop\.yaml\n( {4,}\d+ {2,}order: stop-first\n){2}services of the swarm: shop\n$/,
      );
      expect(await docksmith('impact', 'docker_containers', 'shop', 'Placement')).toMatch(
        / - "node\.hostname==node2"\n[^]*services of the swarm: shop\n$/,
      );
      for (const [change, does] of [
        ['Replicas=2', 'replicas 1 -> 2'],
        ['UpdateOrder=start-first', 'update order=stop-first -> order=start-first'],
        ['Placement=node.hostname==node1', 'placement'],
      ] as const) {
        const said = await docksmith('impact', 'docker_containers', 'shop', change);
        expect(said).toContain('\n-');
        expect(said).toMatch(/\ncontainers and services of the swarm\n {2}update shop: /);
        expect(said).toContain(does);
        expect(said).not.toMatch(/recreate|\n {2}\w+ all:/);
      }
    });

    it('exposure tells the nodes where a port of a service answers', async () => {
      const { stdout, exitCode } = await host.run('docksmith', ['exposure', 'shop', 'all']);
      expect(stdout).toContain(
        'shop: private, network bridge, 1/1\n  8081: nobody\n    address  none\n    nodes    node2\n',
      );
      const mesh = hasIpvs()
        ? /  8082: everybody\n {4}address  0\.0\.0\.0\n {4}nodes    every node, by the routing mesh\n/
        : /  8082: nobody\n {4}address  none\n {4}nodes    every node, by the routing mesh\n {4}MISMATCH this kernel has no IP_VS: it answers nothing here/;
      expect([exitCode, stdout]).toEqual([1, expect.stringMatching(mesh)]);
    });

    it('docker-image-update brings the digest of today to a service, and to nothing else', async () => {
      const { engine } = swarm.machine(1);
      const registry = await startRegistry(engine);
      try {
        const first = await registry.push('first:1', 'reg:1');
        await host.db(
          `docker_images set reg service Repository reg Tag 1 Registry ${registry.address} RegistryUser ${registry.user} RegistryPassword "${registry.password}"`,
          'docker_containers set reg service status enabled Image reg Replicas 1 Placement node.hostname==node1',
        );
        // the node that plans knows its digest, then
        await engine.docker('login', '--username', registry.user, '--password', registry.password, registry.address);
        await engine.docker('pull', `${registry.address}/reg:1`);
        await engine.docker('logout', registry.address);
        await host.runOrFail('signal-event', ['docker-container-update', 'reg']);
        const read = async (format: string): Promise<string> =>
          engine.docker('service', 'inspect', '--format', format, 'reg');
        const image = '{{.Spec.TaskTemplate.ContainerSpec.Image}}';
        expect(await read(image)).toBe(`${registry.address}/reg:1@${first}`);
        const before = await engine.docker('service', 'ps', '-q', 'shop', 'all');
        const second = await registry.push('second:1', 'reg:1');
        expect(await host.runOrFail('docksmith', ['reconcile'])).toContain('nothing to do');
        expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-image-update', 'reg'])).toContain(
          `update reg: if ${registry.address}/reg:1 is a newer image then\n`,
        );
        const said = await host.runOrFail('signal-event', ['docker-image-update', 'reg']);
        expect(said).toMatch(/update reg: image /);
        expect(said).not.toMatch(/(update|create|remove) (shop|all)/);
        expect(await read(image)).toBe(`${registry.address}/reg:1@${second}`);
        expect(await engine.docker('service', 'ps', '-q', 'shop', 'all')).toBe(before);
        expect(await host.runOrFail('docksmith', ['reconcile'])).toContain('nothing to do');
      } finally {
        await registry.stop();
      }
    });

    it('logs follows the tasks of several nodes until Ctrl-C', async () => {
      const write = async (n: number, text: string): Promise<void> => {
        const { engine } = swarm.machine(n);
        const id = await engine.docker('ps', '-q', '--filter', 'label=com.docker.swarm.service.name=all');
        await engine.docker('exec', id, 'sh', '-c', `echo "${text}" > /proc/1/fd/1`);
      };
      await write(1, 'first');
      await write(2, 'second');
      const logs = startDocksmith('logs', '-f', 'all');
      await logs.until(/second/);
      await write(2, 'third');
      await logs.until(/third/);
      await write(1, 'fourth');
      await logs.until(/fourth/);
      logs.kill('SIGINT');
      expect(await logs.ended).toEqual({
        exitCode: 0,
        stdout: 'all node1 | first\nall node2 | second\nall node2 | third\nall node1 | fourth\n',
        stderr: '',
      });
    });
  },
  'git',
  'registry',
);
