import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import type { Result } from '../support/run.ts';

let host: Host;
beforeEach(async () => {
  host = makeHost();
  host.write('/etc/httpd/conf.d/empty.conf', '');
  await host.db(
    'configuration set DomainName example.test',
    'configuration set docksmith service PortRange 23000-23009',
    'networks set 192.168.1.0 network Mask 255.255.255.0',
    'docker_containers set wiki service status enabled Image w:1 SubDomain enabled WebPort 80',
    'docker_containers set after service status enabled Image a:1 Interlinked wiki',
  );
});
afterEach(() => host.stop());

const docksmith = (bin: 'docksmith' | 'signal-event', ...args: readonly string[]): Promise<Result> =>
  host.run(bin, args, { env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` } });

/** A step after the allocation: somebody else gets the port that the container was given, or each that is to come. */
function writeThief(ports: string, event = 'docker-update'): void {
  host.write(
    `/etc/docksmith/events/${event}/S40take`,
    `#!/usr/bin/env node
const { execFileSync } = require('node:child_process');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const file = ${JSON.stringify(host.file('/engine.json'))};
const engine = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { count: 0, containers: [] };
const given = execFileSync('db', ['docker_containers', 'getprop', 'wiki', 'WebHostPort']).toString().trim();
const bindings = (${ports}).map((HostPort, n) => [\`\${n + 1}/tcp\`, [{ HostIp: '127.0.0.1', HostPort }]]);
engine.containers = [{
  name: 'thief',
  inspect: {
    Id: 'e'.repeat(64), Name: '/thief', Created: '', Image: 'x', Mounts: [], Config: { Image: 'x', Labels: {} },
    HostConfig: { PortBindings: Object.fromEntries(bindings) }, NetworkSettings: { Networks: {} },
    State: { Status: 'running', Running: true, StartedAt: '' },
  },
}];
writeFileSync(file, JSON.stringify(engine));
`,
  );
}

describe('a loopback port that somebody else has at the start', () => {
  it('is given up for another one, in the record, the run spec and the vhost, and what needs the container follows', async () => {
    writeThief('[given]');
    const { exitCode, stdout, stderr } = await docksmith('signal-event', 'docker-update');
    expect(stderr).toContain('wiki gets another loopback port, since port 127.0.0.1:23000/tcp is already allocated');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('port 23001 for wiki');
    expect((await host.run('db', ['docker_containers', 'getprop', 'wiki', 'WebHostPort'])).stdout).toBe('23001\n');
    expect(host.read('/etc/docksmith/containers/wiki.yaml')).toContain('127.0.0.1:23001:80');
    expect(host.read('/etc/httpd/conf.d/zz-docksmith-2-wiki.conf')).toContain('http://127.0.0.1:23001/');
    expect((await docksmith('docksmith', 'plan')).stdout).toMatch(/^nothing to do$/m);
    const status = JSON.parse((await docksmith('docksmith', 'status', '--json')).stdout) as {
      containers: { name: string; state: string }[];
    };
    expect(status.containers.map(({ name, state }) => `${name} ${state}`)).toEqual(['after running', 'wiki running']);
  });

  it('is tried once more and not for ever', async () => {
    writeThief('[given]');
    // the other try is an event of its own
    writeThief('[given]', 'docker-container-update');
    const { exitCode, stderr } = await docksmith('signal-event', 'docker-update');
    expect((stderr.match(/gets another loopback port/g) ?? []).length).toBe(1);
    expect(stderr).toMatch(/cannot .*container "wiki".*port 127\.0\.0\.1:23001\/tcp is already allocated/);
    expect(exitCode).toBe(1);
  });

  it('stays an error where the record itself asks for the port', async () => {
    await host.db('docker_containers setprop wiki TCPPort 8081');
    writeThief("['8081']");
    const { exitCode, stderr } = await docksmith('signal-event', 'docker-update');
    expect(exitCode).toBe(1);
    expect(stderr).not.toContain('another loopback port');
  });
});
