import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { findLastDue, listCalendars, parseSchedule } from '../../src/base/schedule.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

const UNITS = '/etc/systemd/system';

needs('systemd')('timers', () => {
  let host: Host;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-timers-'));
    host = makeHost({ env: { DOCKSMITH_ENGINE: `memory://${folder}/engine.json` } });
    await host.db(
      'configuration set docksmith service ServiceManager systemd',
      'docker_containers set backup service status enabled Image busybox Role job RunAt "0 3 1,15 * 5" Persistent yes',
      'docker_containers set shop service status enabled Image busybox StartAt 07:00 StopAt 20:00 RestartAt 12:30 UpdateAt "*/15 4 * * *"',
    );
  });
  afterEach(() => {
    host.stop();
    rmSync(folder, { recursive: true });
  });
  const list = (): readonly string[] =>
    host.files(UNITS).flatMap((name) => (name.includes('clock') ? path.posix.relative(UNITS, name) : []));

  it('are units that systemd takes, and go with their props', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    const units = host.file(UNITS);
    expect(list().toSorted()).toEqual([
      'docksmith-clock.target',
      'docksmith-clock@.service',
      'docksmith-clock@docker-container-restart.shop.timer',
      'docksmith-clock@docker-container-start.backup.timer',
      'docksmith-clock@docker-container-start.shop.timer',
      'docksmith-clock@docker-container-stop.shop.timer',
      'docksmith-clock@docker-image-update.shop.timer',
      'timers.target.d/docksmith-clock.conf',
    ]);
    const timer = readFileSync(path.join(units, 'docksmith-clock@docker-container-start.backup.timer'), 'utf8');
    expect(timer).toContain('OnCalendar=*-*-01,15 03:00:00\nOnCalendar=Fri *-*-* 03:00:00\n');
    expect(timer).toContain('Persistent=true');
    // systemd looks for the units of a unit beside it
    const { exitCode, stdout, stderr } = await run('systemd-analyze', [
      'verify',
      ...list()
        .filter((name) => /(target|timer)$/.test(name))
        .map((name) => path.join(units, name)),
    ]);
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('docksmith-clock'))).toEqual([]);
    expect(exitCode).toBe(0);
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('nothing to do');

    await host.db('docker_containers delprop shop StopAt');
    await host.runOrFail('signal-event', ['docker-container-update', 'shop']);
    expect(list()).not.toContain('docksmith-clock@docker-container-stop.shop.timer');
    expect(list()).toContain('docksmith-clock@docker-container-start.backup.timer');
    await host.db('docker_containers setprop shop status disabled', 'docker_containers setprop backup status disabled');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(list()).toEqual([]);
    expect(existsSync(host.file('/etc/cron.d/docksmith'))).toBe(false);
  });

  it('run the event for the container, whose name may have dots', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    const [, line = ''] = /^ExecStart=(.*)$/m.exec(host.read(`${UNITS}/docksmith-clock@.service`)) ?? [];
    // as systemd reads it
    const command = line
      .replaceAll('%%', '\0')
      .replaceAll('%i', 'docker-container-start.my.shop')
      .replaceAll('\0', '%')
      .replaceAll('$$', '$')
      .replace('exec docksmith', 'echo');
    const { stdout } = await run('sh', ['-c', command]);
    expect(stdout.trim()).toBe('signal-event --quiet docker-container-start my.shop');
  });

  it.each(['03:30', '*/15 8-18 * * mon-fri', '0 3 1,15 * 5', '0 3 */2 2 5', '0 0 * * 7'])(
    'are due when cron would be: %s',
    async (text) => {
      const schedule = parseSchedule(text);
      if (typeof schedule === 'string') throw new Error(schedule);
      for (const calendar of listCalendars(schedule)) {
        const { stdout } = await run('systemd-analyze', ['calendar', '--iterations=40', calendar]);
        const times = [
          ...stdout.matchAll(/(?:elapse|Iter\. #\d+|Iteration #\d+): \w+ (\d+)-(\d+)-(\d+) (\d+):(\d+):00/g),
        ];
        expect(times.length).toBe(40);
        for (const [, ...parts] of times) {
          const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.map(Number);
          const due = new Date(year, month - 1, day, hour, minute);
          expect(findLastDue(schedule, new Date(due.getTime() + 30_000))).toEqual(due);
        }
      }
    },
  );
});

needs('dockerd', 'cron')('cron', () => {
  const machine = useMachine();
  let host: Host;
  let cron: ChildProcess | undefined;
  let folder: string;
  beforeAll(async () => {
    host = machine.makeHost();
    await makeImage(machine.engine, 'job:1', { cmd: ['sh', '-c', 'echo done by the clock'] });
    folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-cron-'));
  });
  afterEach(async () => {
    if (cron?.exitCode === null) {
      cron.kill();
      await once(cron, 'exit');
    }
    cron = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  it('reads the file, and runs the job; what was missed, docker-boot does', { timeout: 200_000 }, async () => {
    // it is made and looked at within one minute, in which it is not due
    if (Date.now() % 60_000 > 30_000) await sleep(60_500 - (Date.now() % 60_000));
    await host.db('docker_containers set backup service status enabled Image job:1 Role job RunAt "* * * * *"');
    await host.runOrFail('signal-event', ['docker-update']);
    const lines = readFileSync(host.file('/etc/cron.d/docksmith'), 'utf8');
    expect(lines).toContain('\n* * * * * root flock ');
    expect(existsSync(host.file(UNITS))).toBe(false);

    // nobody has run it when it was due: docker-boot makes up for that, once
    await host.db('docker_containers setprop backup Persistent yes');
    expect(await host.runOrFail('signal-event', ['docker-boot'])).not.toContain('start backup');
    await sleep(60_500 - (Date.now() % 60_000));
    expect(await host.runOrFail('signal-event', ['docker-boot'])).toContain('start backup: asked for');
    const minute = Math.floor(Date.now() / 60_000);
    const again = await host.runOrFail('signal-event', ['docker-boot']);
    if (Math.floor(Date.now() / 60_000) === minute) expect(again).not.toContain('start backup');
    await machine.engine.docker('rm', '--force', 'backup');
    await host.runOrFail('signal-event', ['docker-update']);

    // a cron of its own that sees nothing but this file, and finds the docksmith of this host
    for (const name of ['cron.d', 'bin', 'run']) mkdirSync(path.join(folder, name));
    cpSync(host.file('/etc/cron.d/docksmith'), path.join(folder, 'cron.d/docksmith'));
    const program = path.resolve(import.meta.dirname, '../../bin/docksmith.js');
    writeFileSync(
      path.join(folder, 'bin/docksmith'),
      `#!/bin/sh\nexport DOCKSMITH_ROOT='${host.root}' DOCKER_HOST='unix://${machine.engine.socket}'\nexec >>'${folder}/said' 2>&1\nexec '${process.execPath}' '${program}' "$@"\n`,
      { mode: 0o755 },
    );
    writeFileSync(path.join(folder, 'crontab'), '');
    const script = [
      'mount --make-rprivate /',
      `mount --bind '${folder}/cron.d' /etc/cron.d`,
      `mount --bind '${folder}/crontab' /etc/crontab`,
      `mount --bind '${folder}/bin' /usr/local/bin`,
      `mount --bind '${folder}/run' /var/spool/cron`,
      'mkdir -p /var/spool/cron/crontabs',
      'exec cron -f',
    ];
    cron = spawn('unshare', ['--mount', 'sh', '-ec', script.join('\n')], { stdio: 'inherit' });
    const state = (): Promise<string> =>
      machine.engine.docker('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', 'backup');
    await expect.poll(state, { timeout: 100_000, interval: 1000 }).toBe('exited 0');
    expect(await host.runOrFail('docksmith', ['status', 'backup'])).toContain('done by the clock');
    expect(readFileSync(path.join(folder, 'said'), 'utf8')).toBe('');
  });

  it('gets no file where a field is none, nor the engine anything', async () => {
    await host.db('docker_containers setprop backup RunAt "0 25 * * *"');
    await host.db('docker_containers set shop service status enabled Image job:1 RunAt 03:30');
    const refused = await host.run('signal-event', ['docker-update']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /cannot accept docker_containers backup: .*RunAt.*has the hour "25", which is not \* or 0 to 23/,
    );
    expect(refused.stderr).toContain('cannot use docker_containers shop RunAt: its Role is service, and only a job');
    await host.db('docker_containers delete shop', 'docker_containers delprop backup RunAt');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(existsSync(host.file('/etc/cron.d/docksmith'))).toBe(false);
  });
});
