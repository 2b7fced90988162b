import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeImage, makeSleepImage, SLEEP } from '../support/image.ts';
import { needs } from '../support/needs.ts';

const MB = 1024 ** 2;

interface Case {
  readonly prop: string;
  readonly value: string;
  /** what inspect says of the container */
  readonly inspect: unknown;
  /** another value, and the line of the plan that answers it, without the name */
  readonly next: string;
  readonly plan: string;
  /** what the prop needs beside it */
  readonly beside?: string;
}

const CASES: readonly Case[] = [
  { prop: 'Command', value: '"/run now"', inspect: { Config: { Cmd: ['/run', 'now'] } }, next: '/run', plan: 'recreate: command /run now -> /run' },
  { prop: 'Entrypoint', value: '"/run too"', inspect: { Config: { Entrypoint: ['/run', 'too'] } }, next: '/run', plan: 'recreate: entrypoint /run too -> /run' },
  { prop: 'WorkingDir', value: '/tmp', inspect: { Config: { WorkingDir: '/tmp' } }, next: '/bin', plan: 'recreate: working dir /tmp -> /bin' },
  { prop: 'User', value: '1000:1000', inspect: { Config: { User: '1000:1000' } }, next: '1001', plan: 'recreate: user 1000:1000 -> 1001' },
  { prop: 'Hostname', value: 'wiki.example.test', inspect: { Config: { Hostname: 'wiki.example.test' } }, next: 'other', plan: 'recreate: hostname wiki.example.test -> other' },
  { prop: 'Restart', value: 'on-failure:3', inspect: { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } } }, next: 'always', plan: 'update: restart on-failure:3 -> always' },
  { prop: 'MaxMemory', value: '64', inspect: { HostConfig: { Memory: 64 * MB } }, next: '128m', plan: 'update: memory 64m -> 128m' },
  { prop: 'MemoryReservation', value: '32', inspect: { HostConfig: { MemoryReservation: 32 * MB } }, next: '48m', plan: 'update: memory reservation 32m -> 48m' },
  { prop: 'CPUs', value: '0.5', inspect: { HostConfig: { NanoCpus: 5e8 } }, next: '1', plan: 'update: cpus 0.5 -> 1' },
  { prop: 'CPUShares', value: '512', inspect: { HostConfig: { CpuShares: 512 } }, next: '256', plan: 'update: cpu shares 512 -> 256' },
  { prop: 'CPUSet', value: '0', inspect: { HostConfig: { CpusetCpus: '0' } }, next: '0-1', plan: 'update: cpuset 0 -> 0-1' },
  { prop: 'PidsLimit', value: '100', inspect: { HostConfig: { PidsLimit: 100 } }, next: '-1', plan: 'update: pids limit 100 -> unlimited' },
  { prop: 'HealthCmd', value: '"exit 0"', inspect: { Config: { Healthcheck: { Test: ['CMD-SHELL', 'exit 0'] } } }, next: 'true', plan: 'recreate: healthcheck test=["CMD-SHELL","exit 0"] -> test=["CMD-SHELL","true"]' },
  { prop: 'HealthInterval', value: '90', inspect: { Config: { Healthcheck: { Interval: 90e9 } } }, next: '1m', plan: 'recreate: healthcheck interval=90s -> interval=60s', beside: 'HealthCmd true' },
  { prop: 'HealthTimeout', value: '10s', inspect: { Config: { Healthcheck: { Timeout: 10e9 } } }, next: '5s', plan: 'recreate: healthcheck timeout=10s -> timeout=5s', beside: 'HealthCmd true' },
  { prop: 'HealthRetries', value: '5', inspect: { Config: { Healthcheck: { Retries: 5 } } }, next: '6', plan: 'recreate: healthcheck retries=5 -> retries=6', beside: 'HealthCmd true' },
  { prop: 'HealthStart', value: '1m30s', inspect: { Config: { Healthcheck: { StartPeriod: 90e9 } } }, next: '2m', plan: 'recreate: healthcheck start_period=90s -> start_period=120s', beside: 'HealthCmd true' },
  { prop: 'StopSignal', value: 'SIGQUIT', inspect: { Config: { StopSignal: 'SIGQUIT' } }, next: 'SIGINT', plan: '' },
  { prop: 'StopTimeout', value: '30', inspect: { Config: { StopTimeout: 30 } }, next: '1m', plan: '' },
  { prop: 'Dns', value: '10.0.0.2,10.0.0.1', inspect: { HostConfig: { Dns: ['10.0.0.2', '10.0.0.1'] } }, next: '10.0.0.2', plan: 'recreate: dns 10.0.0.2 10.0.0.1 -> 10.0.0.2' },
  { prop: 'DnsSearch', value: 'b.example,a.example', inspect: { HostConfig: { DnsSearch: ['b.example', 'a.example'] } }, next: 'a.example', plan: 'recreate: dns search b.example a.example -> a.example' },
  { prop: 'ExtraHosts', value: 'printer:10.0.0.5,v6:fd00::1', inspect: { HostConfig: { ExtraHosts: ['printer:10.0.0.5', 'v6:fd00::1'] } }, next: 'printer:10.0.0.5', plan: 'recreate: extra hosts v6:fd00::1 -> none' },
  { prop: 'Ulimits', value: 'nofile=512:1024,nproc=200', inspect: { HostConfig: { Ulimits: [{ Name: 'nofile', Soft: 512, Hard: 1024 }, { Name: 'nproc', Soft: 200, Hard: 200 }] } }, next: 'nofile=512:1024', plan: 'recreate: ulimits nproc=200:200 -> none' },
  { prop: 'CapAdd', value: 'NET_ADMIN,SYS_TIME', inspect: { HostConfig: { CapAdd: ['NET_ADMIN', 'SYS_TIME'] } }, next: 'SYS_TIME,net_admin', plan: '' },
  { prop: 'CapDrop', value: 'NET_RAW', inspect: { HostConfig: { CapDrop: ['NET_RAW'] } }, next: 'MKNOD', plan: 'recreate: cap drop NET_RAW -> MKNOD' },
  { prop: 'Devices', value: '/dev/null:/dev/nix:r,/dev/zero', inspect: { HostConfig: { Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/nix', CgroupPermissions: 'r' }, { PathOnHost: '/dev/zero', PathInContainer: '/dev/zero', CgroupPermissions: 'rwm' }] } }, next: '/dev/zero', plan: 'recreate: devices /dev/null:/dev/nix:r /dev/zero:/dev/zero:rwm -> /dev/zero:/dev/zero:rwm' },
  { prop: 'ReadOnly', value: 'yes', inspect: { HostConfig: { ReadonlyRootfs: true } }, next: 'no', plan: 'recreate: read only true -> false' },
  { prop: 'Tmpfs', value: '/scratch:size=1m,mode=1777,/other', inspect: { HostConfig: { Tmpfs: { '/scratch': 'size=1m,mode=1777', '/other': '' } } }, next: '/other', plan: 'recreate: tmpfs /scratch:size=1m,mode=1777 -> none' },
  { prop: 'Sysctls', value: 'net.ipv4.ip_unprivileged_port_start=0', inspect: { HostConfig: { Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' } } }, next: 'net.ipv4.ip_unprivileged_port_start=80', plan: 'recreate: sysctls net.ipv4.ip_unprivileged_port_start=0 -> net.ipv4.ip_unprivileged_port_start=80' },
  { prop: 'Init', value: 'yes', inspect: { HostConfig: { Init: true } }, next: 'no', plan: 'recreate: init true -> false' },
  { prop: 'SecurityOpt', value: 'no-new-privileges:true', inspect: { HostConfig: { SecurityOpt: ['no-new-privileges=true'] } }, next: 'no-new-privileges=true', plan: '' },
  { prop: 'ShmSize', value: '32', inspect: { HostConfig: { ShmSize: 32 * MB } }, next: '64m', plan: 'recreate: shm size 32m -> 64m' },
  { prop: 'Gpus', value: 'all', inspect: { HostConfig: { Runtime: 'nvidia' }, Config: { Env: expect.arrayContaining(['NVIDIA_VISIBLE_DEVICES=all']) as string[] } }, next: '0,1', plan: 'recreate: environment NVIDIA_VISIBLE_DEVICES changed' },
  { prop: 'Env', value: 'A=1,B=x=y', inspect: { Config: { Env: expect.arrayContaining(['A=1', 'B=x=y']) as string[] } }, next: 'A=2', plan: 'recreate: environment A changed, B removed' },
  { prop: 'Env.LIST', value: '"a, b"', inspect: { Config: { Env: expect.arrayContaining(['LIST=a, b']) as string[] } }, next: 'a', plan: 'recreate: environment LIST changed' },
  { prop: 'Labels', value: 'com.example.team=web', inspect: { Config: { Labels: { 'com.example.team': 'web' } } }, next: 'com.example.team=db', plan: 'recreate: labels com.example.team=web -> com.example.team=db' },
  { prop: 'LogDriver', value: 'none', inspect: { HostConfig: { LogConfig: { Type: 'none' } } }, next: 'json-file', plan: 'recreate: logging driver=none -> driver=json-file max-file=5 max-size=10m' },
  { prop: 'LogMaxSize', value: '5m', inspect: { HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '5' } } } }, next: 'unlimited', plan: 'recreate: logging max-file=5 max-size=5m -> none' },
  { prop: 'Volumes', value: 'cache:/c,conf:/d:ro', inspect: { HostConfig: { Mounts: [{ Type: 'volume', Source: 'cache', Target: '/c' }, { Type: 'volume', Source: 'conf', Target: '/d', ReadOnly: true }] } }, next: 'cache:/c', plan: 'recreate: volumes conf:/d:ro -> none' },
  { prop: 'NetworkAlias', value: 'intranet', inspect: { NetworkSettings: { Networks: { lan: { Aliases: expect.arrayContaining(['intranet']) as unknown } } } }, next: 'web', plan: 'connect: lan as intranet -> lan as web', beside: 'network custom:lan' },
  { prop: 'LogMaxFile', value: '3', inspect: { HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } } } }, next: '4', plan: 'recreate: logging max-file=3 -> max-file=4' },
];

const nameOf = ({ prop }: Case): string => `of-${prop.toLowerCase()}`;

needs('dockerd')('the props of a container on a real engine', () => {
  let dockerd: Dockerd;
  let proxy: CountingProxy;
  let host: Host;
  beforeAll(async () => {
    // a runtime of that name stands for the real one, which needs a GPU
    dockerd = await startDockerd({ args: ['--add-runtime', 'nvidia=runc'] });
    proxy = await startCountingProxy(dockerd.socket);
    host = makeHost({ namespace: dockerd.namespace, env: { DOCKER_HOST: `unix://${proxy.socket}` } });
    await makeSleepImage(dockerd, 'app:1');
    await host.db('configuration set DomainName example.test', 'configuration set SystemName host', 'docker_networks set lan network', ...CASES.map((one) =>
      `docker_containers set ${nameOf(one)} service status enabled Image app:1 ${one.beside ?? ''} ${one.prop} ${one.value}`));
    await host.runOrFail('signal-event', ['docker-update']);
  });
  afterAll(async () => {
    host.stop();
    await proxy.stop();
    await dockerd.stop();
  });

  it.each(CASES.map((one) => [one.prop, one] as const))('%s is what inspect says', async (_, one) => {
    expect(await dockerd.inspect(nameOf(one))).toMatchObject({ State: { Running: true }, ...one.inspect as object });
  });

  it('makes no mutating call when nothing changed', async () => {
    proxy.reset();
    expect(await host.runOrFail('docksmith', ['reconcile', '--dry-run'])).toMatch(/^nothing to do$/m);
    await host.runOrFail('signal-event', ['docker-update']);
    expect(proxy.listMutating()).toEqual([]);
  });

  it('answers a change of each in the way that is enough', async () => {
    await host.db(...CASES.map((one) => `docker_containers setprop ${nameOf(one)} ${one.prop} ${one.next}`));
    const said = await host.runOrFail('signal-event', ['--dry-run', 'docker-update']);
    const plan = said.split('\n').map((line) => line.trim());
    for (const one of CASES) {
      const line = plan.find((text) => text.split(/[ :]/)[1] === nameOf(one));
      expect([one.prop, line]).toEqual([one.prop, one.plan === '' ? undefined : one.plan.replace(':', ` ${nameOf(one)}:`)]);
    }
    const before = await Promise.all(CASES.map((one) => dockerd.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', nameOf(one))));
    await host.runOrFail('signal-event', ['docker-update']);
    const after = await Promise.all(CASES.map((one) => dockerd.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', nameOf(one))));
    for (const [n, one] of CASES.entries()) expect([one.prop, after[n] === before[n]]).toEqual([one.prop, !one.plan.startsWith('recreate')]);
    expect(await host.runOrFail('docksmith', ['reconcile', '--dry-run'])).toMatch(/^nothing to do$/m);
  });

  it('gives a container the variables of a file, and secrets that only its user can read', async () => {
    await makeImage(dockerd, 'named:1', { cmd: ['/sleeper'], files: { '/sleeper': SLEEP, '/etc/passwd': 'root:x:0:0::/:/bin/sh\napp:x:1234:1235::/:/bin/sh\n' }, changes: ['USER app'] });
    host.write('/etc/app.env', '# of the app\nA=1\nexport B="two words"\n');
    await host.db('secrets set password secret Value "s3cret, |so"', 'docker_containers set withfiles service status enabled Image named:1 EnvFile /etc/app.env Env A=2 Secrets password,password:/etc/pw');
    await host.runOrFail('signal-event', ['docker-container-update', 'withfiles']);
    expect(await dockerd.docker('exec', 'withfiles', 'sh', '-c', 'echo "$A-$B"; cat /run/secrets/password; echo; cat /etc/pw; echo; stat -c "%a %u:%g" /run/secrets/password')).toBe('2-two words\ns3cret, |so\ns3cret, |so\n400 1234:1235');
    expect(host.read('/etc/docksmith/containers/withfiles.yaml')).not.toMatch(/s3cret|docksmith-test/);
    const plan = (): Promise<string> => host.runOrFail('docksmith', ['reconcile', '--dry-run', 'withfiles']);
    expect(await plan()).toContain('nothing to do');

    // the value of a secret and of a variable in the file are the container's too
    host.write('/etc/app.env', 'A=1\nB=3\n');
    expect(await plan()).toContain('recreate withfiles: environment B changed');
    await host.db('secrets setprop password Value other');
    await host.runOrFail('signal-event', ['docker-container-update', 'withfiles']);
    expect(await dockerd.docker('exec', 'withfiles', 'cat', '/run/secrets/password')).toBe('other');
    expect(host.files('/var/lib/docksmith/state/secrets')).toHaveLength(1);

    await host.db('docker_containers setprop withfiles Secrets password,gone');
    expect(await host.run('signal-event', ['docker-container-update', 'withfiles'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cannot give container "withfiles" the secret "gone"') as string });
    await host.db('docker_containers setprop withfiles Secrets password', 'docker_containers setprop withfiles EnvFile /etc/none.env');
    expect(await host.run('signal-event', ['docker-container-update', 'withfiles'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('there is no file "/etc/none.env"') as string });
    await host.db('docker_containers delete withfiles', 'docker_containers set mighty service status enabled Image app:1 Privileged yes MountPath /run/docker.sock,/tmp MountCreate yes');
    // the engine of a test cannot start it
    expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-container-update', 'mighty'])).toMatch(/warning mighty: it is privileged.*\n.*warning mighty: it has the engine's socket \(\/run\/docker\.sock\)/);
    await host.db('docker_containers delete mighty');
  });
});
