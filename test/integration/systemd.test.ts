import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Booted, installDocksmith, makeBooted } from '../support/booted.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../packaging/systemd');
const UNITS = readdirSync(FOLDER).filter((name) => !name.endsWith('.d'));
/** What runs until it is told to end. */
const KEEPER = `mkdir -p /keeper/bin && cp /bin/busybox /keeper/bin && ln -sf busybox /keeper/bin/sh &&
tar -C /keeper -c . | docker import --change 'CMD ["/bin/sh","-c","trap exit TERM; while :; do /bin/busybox sleep 0.1; done"]' - keeper:1`;

/** What a package enables, and what it leaves to the admin. */
const PRESETS = readFileSync(path.resolve(FOLDER, '../system-preset/90-docksmith.preset'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, verb, unit] = /^(enable|disable) (\S+)$/.exec(line) ?? [];
    return verb === undefined || unit === undefined ? [] : [[unit, `${verb}d`] as const];
  });
/** Instead of ssh: the writer is a folder of the same machine. `away` and `mute` as for `ManyHosts`. */
const FAR = `#!/bin/sh
while [ "$1" != -- ]; do shift; done
host=$2; shift 2
[ ! -e /srv/$host.away ] || exit 255
case "$*" in *--confirm\\ *) [ ! -e /srv/$host.mute ] || exit 255 ;; esac
unset DBPATH DOCKSMITH_RUN DOCKER_HOST DOCKSMITH_ROOT DOCKSMITH_ENGINE
case $host in writer) export DOCKSMITH_ROOT=/srv/writer DOCKSMITH_ENGINE=memory:///srv/writer.json ;; esac
exec $*
`;
const WRITER = 'env DOCKSMITH_ROOT=/srv/writer DOCKSMITH_ENGINE=memory:///srv/writer.json';
const PENDING = '/var/lib/docksmith/state/hosts/pending.json';

needs('systemd')('the units', () => {
  it('are without a fault for systemd-analyze, and no more exposed than the page says', async () => {
    const files = UNITS.map((name) => path.join(FOLDER, name));
    const { stdout, stderr, exitCode } = await run('systemd-analyze', ['verify', '--man=no', ...files]);
    expect({ said: `${stdout}${stderr}`, exitCode }).toEqual({ said: '', exitCode: 0 });
    const figures = await Promise.all(
      files
        .filter((file) => file.endsWith('.service'))
        .map(async (file) => {
          const said = await run('systemd-analyze', ['security', '--offline=yes', file]);
          return `${path.basename(file)} ${/exposure level for .*: ([\d.]+)/.exec(said.stdout)?.[1] ?? said.stderr}`;
        }),
    );
    console.log(figures.join('\n'));
    const page = readFileSync(path.resolve(FOLDER, '../../docs/services.md'), 'utf8');
    for (const figure of figures) {
      const [unit = '', level] = figure.split(' ');
      // the timer stands for its service; versions of systemd count a little differently
      const [, said] =
        new RegExp(`^\\| \`${unit.replace('.service', '')}\\.\\w+\` \\|.*\\| ([\\d.]+) \\|`, 'm').exec(page) ?? [];
      expect(Number(level), unit).toBeLessThan(Number(said) + 0.5);
    }
  });
});

/** Boots with an engine, and a container on it: what this kernel has to allow. @returns why not, or the machine */
async function tryToBoot(): Promise<Booted | string> {
  let machine: Booted | undefined;
  try {
    machine = makeBooted();
    machine.preset('docker.service', 'containerd.service');
    await machine.boot();
    await machine.runOrFail(`${KEEPER} && docker run --rm keeper:1 /bin/busybox true`);
    await machine.powerOff();
    return machine;
  } catch (error) {
    machine?.close();
    return String(error).split('\n')[0] ?? '';
  }
}

needs('booted', 'git')('a booted systemd', async () => {
  const machine = await tryToBoot();
  if (typeof machine === 'string') {
    describe.skip(`with docksmith (skipped: kernel cannot run it here: ${machine})`, () =>
      it('is not run', () => undefined));
    return;
  }
  const see = async (script: string, wanted: RegExp): Promise<string> => {
    let seen = '';
    for (const until = Date.now() + 20_000; Date.now() < until; ) {
      seen = (await machine.run(script)).stdout;
      if (wanted.test(seen)) return seen;
    }
    throw new Error(`${script}: no ${String(wanted)} in\n${seen}`);
  };
  const RULE = 'iptables-save -t filter | grep -q -- "--comment two -j DROP" && echo there';

  beforeAll(async () => {
    installDocksmith(machine);
    machine.write(
      '/etc/systemd/system/address.service',
      '[Unit]\nBefore=network-online.target docker.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/ip link add lan type veth peer name wire\nExecStart=/bin/ip address add 192.168.1.2/24 dev lan\nExecStart=/bin/ip link set lan up\nExecStart=/bin/ip link set wire up\n[Install]\nWantedBy=network-online.target docker.service\n',
    );
    // as that of other distributions: each time it begins with no rule of anybody
    const flush = ['F', 'X'].map((letter) => `-/bin/sh -c 'iptables -${letter}'`);
    machine.write(
      '/etc/systemd/system/iptables.service',
      `[Service]\nType=oneshot\nRemainAfterExit=yes\n${['Start', 'Reload', 'Stop'].flatMap((verb) => flush.map((command) => `Exec${verb}=${command}`)).join('\n')}\n`,
    );
    machine.preset('address.service', ...UNITS.filter((unit) => !/^docksmith-(update|pull)\.service$/.test(unit)));
    // on the bus it is firewalld: it tells that it has reloaded
    machine.write('/etc/systemd/system/firewalld.service', '[Service]\nExecStart=/bin/sleep infinity\n');
    await machine.boot();
    await machine.runOrFail(`set -e
config set SystemName host; config set DomainName example.test; config set LocalIP 192.168.1.2
db networks set 192.168.1.0 network Mask 255.255.255.0
config set httpd service status disabled; config set docksmith service ServiceManager systemd
config set docker service status enabled Daemon foreign
db docker_images set keeper service Repository keeper Tag 1 Source local
db docker_containers set one service status enabled Image keeper Restart no HealthWait 0
db docker_containers set two service status enabled Image keeper Restart always HealthWait 0 \\
  PortMapping custom PortMappingPorts 8080:80 access private
signal-event post-install`);
  }, 120_000);
  afterAll(() => machine.close());

  const MEMORY = 'docker inspect --format "{{.HostConfig.Memory}}" one';
  const MB = 1024 * 1024;

  it('fetches by its timer what was sent to others while it was away', async () => {
    machine.write('/usr/local/bin/far', FAR, 0o755);
    machine.write(
      '/etc/systemd/system/docksmith-pull.timer.d/soon.conf',
      '[Timer]\nOnActiveSec=100ms\nAccuracySec=10ms\nRandomizedDelaySec=0\n',
    );
    await machine.runOrFail(`set -e
config setprop docksmith SSHCommand /usr/local/bin/far
db hosts set writer docksmith Role writer; db hosts set host docksmith
mkdir -p /srv/writer/var/lib/docksmith && cp -a /var/lib/docksmith/db /srv/writer/var/lib/docksmith/
${WRITER} config set SystemName writer
${WRITER} db docker_containers setprop one MaxMemory 64
touch /srv/host.away`);
    expect((await machine.run(`${WRITER} docksmith push --yes`)).stdout).toMatch(/^host {2}unreachable/m);
    await machine.runOrFail('rm /srv/host.away; systemctl daemon-reload; systemctl enable --now docksmith-pull.timer');
    await see(MEMORY, new RegExp(`^${64 * MB}$`, 'm'));
    await see('systemctl show -p ActiveState,Result docksmith-pull.service', /Result=success\nActiveState=inactive/);
    expect(await machine.runOrFail(`${WRITER} docksmith hosts`)).toMatch(/^host +follower +[0-9a-f]{8} +up to date/m);
    await machine.runOrFail('systemctl disable --now docksmith-pull.timer');
  }, 120_000);

  it('waits for a confirmation in a service of its own', async () => {
    const { stdout } = await machine.run(`touch /srv/host.mute
${WRITER} db docker_containers setprop one MaxMemory 128
${WRITER} docksmith push --yes --confirm-timeout 600 > /dev/null & sender=$!
until grep -q deadline ${PENDING}; do sleep 0.1; done; kill $sender
systemctl list-units --no-legend --plain 'run-*.service'; ${MEMORY}`);
    expect(stdout).toMatch(
      new RegExp(`^run-\\S+\\.service +loaded active running .*receive --wait\n${128 * MB}\n$`, 'm'),
    );
  }, 120_000);

  it('starts containers after a boot that the engine does not, goes back without a confirmation, and nothing fails', async () => {
    await machine.powerOff();
    // the time of what was not confirmed is over while it is off
    const pending = JSON.parse(readFileSync(machine.file(PENDING), 'utf8')) as object;
    machine.write(PENDING, JSON.stringify({ ...pending, deadline: '2020-01-01T00:00:00.000Z' }), 0o600);
    await machine.boot();
    expect(await machine.runOrFail('systemctl is-active docksmith-boot docksmith-firewall')).toBe('active\nactive\n');
    const units = PRESETS.map(([unit]) => unit);
    const { stdout: enabled } = await machine.run(`systemctl is-enabled ${units.join(' ')}`);
    expect(
      enabled
        .trim()
        .split('\n')
        .map((state, n) => [units[n], state]),
    ).toEqual(PRESETS);
    await see(`${MEMORY}; ls ${PENDING} || true`, new RegExp(`^${64 * MB}\n$`));
    expect(await machine.runOrFail('systemctl list-units --failed --no-legend "docksmith*"')).toBe('');
    const running = await machine.runOrFail('docker ps --format "{{.Names}}"');
    expect(running.trim().split('\n').sort()).toEqual(['one', 'two']);
    expect(await machine.runOrFail('docksmith runs -n 2')).toMatch(/docker-boot/);
    expect(await machine.runOrFail(RULE)).toBe('there\n');
  }, 120_000);

  it('puts rules back after a firewall was started, reloaded, restarted, and stopped and started', async () => {
    for (const verb of ['start', 'reload', 'restart', 'reload', 'stop', 'start']) {
      await machine.runOrFail(`systemctl ${verb} iptables`);
      if (verb !== 'stop') await see(RULE, /there/);
    }
  }, 120_000);

  it('puts rules back after firewalld has told the bus that it has reloaded', async () => {
    await machine.runOrFail('systemctl start firewalld');
    await see('systemctl is-active docksmith-firewalld', /^active/);
    for (let times = 0; times < 2; times++) {
      await machine.runOrFail('iptables -F && iptables -X DOCKSMITH');
      const { exitCode } = await machine.run(RULE);
      expect(exitCode).not.toBe(0);
      // the first one may come before anybody listens
      await see(`busctl emit /org/fedoraproject/FirewallD1 org.fedoraproject.FirewallD1 Reloaded; ${RULE}`, /there/);
    }
    await machine.runOrFail('systemctl stop firewalld');
    await see('systemctl is-active docksmith-firewalld || true', /inactive/);
  }, 120_000);

  it('has the timer for newer images, which is off', async () => {
    expect((await machine.run('systemctl is-enabled docksmith-update.timer')).stdout).toBe('disabled\n');
    await machine.runOrFail('systemctl enable --now docksmith-update.timer');
    expect(await machine.runOrFail('systemctl list-timers --no-legend docksmith-update.timer')).toContain(
      'docksmith-update.service',
    );
    await machine.runOrFail('systemctl start docksmith-update.service');
    expect(await machine.runOrFail('docksmith runs -n 1')).toContain('docker-image-update');
  }, 120_000);
});
