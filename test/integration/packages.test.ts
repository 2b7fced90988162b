import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';

const EXAMPLE = path.resolve(import.meta.dirname, '../../docs/example');
const C = '/etc/docksmith';

let host: Host;
let engine: string;
beforeEach(async () => {
  engine = makeTemporaryFolder('engine');
  host = makeHost({ env: { DOCKSMITH_ENGINE: `memory://${path.join(engine, 'engine.json')}` } });
  await host.db(
    'configuration set docksmith service ServiceManager command',
    'configuration set docker service Daemon foreign',
    'configuration set LocalIP 192.168.1.2',
    'configuration set webmaild service RestartCommand "echo >> $DOCKSMITH_ROOT/restarts"',
  );
});
afterEach(() => {
  host.stop();
  removeFolder(engine);
});

const countRestarts = (): number => (existsSync(host.file('/restarts')) ? host.read('/restarts').length : 0);
const listPending = (): readonly string[] =>
  (
    JSON.parse(host.read('/var/lib/docksmith/state/intents.json')) as { intents: readonly { name: string }[] }
  ).intents.map(({ name }) => name);
const install = (): void => cpSync(EXAMPLE, host.root, { recursive: true });
const removeAll = (): void => {
  for (const name of ['templates/etc', 'templates.metadata', 'events', 'db/webmail_users', 'db/configuration/defaults'])
    rmSync(host.file(`${C}/${name}`), { recursive: true, force: true });
};

describe('the package of the page for packages', () => {
  it('is installed by its own event before post-install, upgraded, and removed', async () => {
    await host.db('webmail_users set ann user Limit 200m', 'webmail_users set bob user status disabled');
    install();
    expect(await host.runOrFail('signal-event', ['webmail-update'])).toContain('files: 2 installed');
    expect(host.read('/etc/webmail.conf')).toContain('port = 8025\nusers = 2\n');
    // the migration was run before the defaults
    expect(host.read('/etc/webmail/users/ann.conf')).toContain('quota = 200m\n');
    expect(existsSync(host.file('/etc/webmail/users/bob.conf'))).toBe(false);
    expect([countRestarts(), await host.runOrFail('db', ['configuration', 'getprop', 'webmaild', 'status'])]).toEqual([
      1,
      'enabled\n',
    ]);
    expect((await host.run('docksmith', ['lint', '--templates'])).stdout).toContain('nothing found in ');
    // a value of the admin's stays, and defaults that were set are not set once more
    await host.db('configuration setprop webmaild Port 25', 'configuration delprop webmaild status');
    expect(await host.runOrFail('signal-event', ['webmail-update'])).not.toContain('set-up: ');
    expect([host.read('/etc/webmail.conf').includes('port = 25\n'), countRestarts()]).toEqual([true, 2]);
    // the upgrade
    host.write(`${C}/db/configuration/defaults/webmaild/Theme`, 'light\n');
    host.write(`${C}/db/configuration/defaults/webmaild/Port`, '8026\n');
    host.write(`${C}/templates/etc/webmail.conf/20theme`, 'theme = {{webmaild.Theme}}\n');
    const upgraded = await host.runOrFail('signal-event', ['webmail-update']);
    expect(upgraded).toContain('set-up: configuration webmaild Theme: (not set) -> light\n');
    expect(host.read('/etc/webmail.conf')).toContain('port = 25\nusers = 2\ntheme = light\n');
    expect(countRestarts()).toBe(3);
    // the removal
    removeAll();
    const preview = await host.runOrFail('signal-event', ['--dry-run', 'docker-update']);
    expect(preview).not.toContain('webmaild');
    const removed = await host.run('signal-event', ['docker-update']);
    expect(removed.exitCode).toBe(0);
    expect(removed.stdout).toContain('removed  /etc/webmail.conf\nremoved  /etc/webmail/users/ann.conf\n');
    expect(removed.stderr).toContain('webmaild is not adjusted any more: no event and no file of docksmith names');
    expect([removed.stdout.includes('pending'), listPending(), countRestarts()]).toEqual([false, [], 3]);
    expect(existsSync(host.file('/etc/webmail'))).toBe(false);
  });

  it('tells in a dry run what its defaults would be, and sets none', async () => {
    install();
    const before = host.snapshot('/var/lib/docksmith/db');
    const shown = await host.run('signal-event', ['--dry-run', 'webmail-update']);
    expect(shown.stdout + shown.stderr).toContain('configuration webmaild Port 8025');
    expect(host.snapshot('/var/lib/docksmith/db')).toEqual(before);
  });

  it('brings its defaults with an event without files, too, and not with one that failed', async () => {
    install();
    host.write(`${C}/events/hello/S50hello`, '#!/bin/sh\nconfig getprop webmaild Port\n');
    host.write(`${C}/templates/etc/webmail.conf/99bad`, '{{nope}}');
    expect((await host.run('signal-event', ['webmail-update'])).exitCode).toBe(1);
    expect((await host.run('db', ['configuration', 'getprop', 'webmaild', 'Port'])).stdout).toBe('');
    expect(await host.runOrFail('signal-event', ['hello'])).toContain('S50hello: 8025\n');
    host.remove(`${C}/templates/etc/webmail.conf/99bad`);
    expect(await host.runOrFail('signal-event', ['webmail-update'])).not.toContain('set-up: ');
    // removed and installed again, after the admin has deleted its record
    removeAll();
    await host.runOrFail('signal-event', ['docker-update']);
    await host.runOrFail('config', ['delete', 'webmaild']);
    install();
    expect((await host.run('signal-event', ['webmail-update'])).stdout).toContain('webmaild Port: (not set) -> 8025');
  });

  it('keeps what is pending where it was removed while its service failed, and gives it up then', async () => {
    install();
    await host.runOrFail('config', ['setprop', 'webmaild', 'RestartCommand', 'exit 1']);
    expect((await host.run('signal-event', ['webmail-update'])).exitCode).toBe(1);
    expect(listPending()).toEqual(['webmaild']);
    // its program is gone: no event may fail for that
    removeAll();
    const next = await host.run('signal-event', ['docker-update']);
    expect([next.exitCode, listPending()]).toEqual([0, []]);
    expect(next.stdout).not.toMatch(/not adjusted: .*webmaild/);
  });
});

describe('a service that nothing tells of its files', () => {
  it('is named by the event, by its dry run and by lint, and not as one of which no file changed', async () => {
    install();
    for (const name of ['webmail.conf', 'webmail/user']) {
      const file = host.file(`${C}/templates.metadata/etc/${name}`);
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^SERVICES.*\n/m, ''));
    }
    const words = `"${C}/events/webmail-update/services2adjust/webmaild" has no effect: no template of this event has SERVICES = webmaild in its metadata`;
    const preview = await host.run('signal-event', ['--dry-run', 'webmail-update']);
    expect(preview.stdout + preview.stderr).toContain(words);
    const done = await host.run('signal-event', ['webmail-update']);
    expect([done.exitCode, countRestarts()]).toEqual([0, 0]);
    expect(done.stderr).toContain(words);
    expect(done.stdout).not.toContain('no file changed)');
    const linted = await host.run('docksmith', ['lint', '--templates']);
    expect([linted.exitCode, linted.stdout]).toEqual([1, expect.stringContaining('(service-not-adjusted)')]);
    host.write(`${C}/events/webmail-update/services2adjust/webmaild`, 'restart\nalways\n');
    const always = await host.run('signal-event', ['webmail-update']);
    expect([always.stderr, countRestarts()]).toEqual(['', 1]);
  });

  it('says which event would do it where no event does', async () => {
    install();
    for (const event of ['webmail-update', 'post-upgrade']) host.remove(`${C}/events/${event}/services2adjust`);
    const done = await host.runOrFail('signal-event', ['webmail-update']);
    expect(done).toContain('; the next event with services2adjust/webmaild does it\n');
    expect((await host.run('docksmith', ['lint', '--templates'])).stdout).toContain('no event adjusts webmaild');
  });
});

it('backup copies of a package are ignored, and named by the event that meets them and by lint', async () => {
  install();
  host.write(`${C}/templates/etc/webmail.conf/10main.save`, 'port = 1\n');
  host.write(`${C}/events/webmail-update/S60x.bak`, '#!/bin/sh\nexit 1\n');
  host.write(`${C}/events/webmail-update/services2adjust/sshd.tmp`, 'restart\n');
  host.write(`${C}/events/webmail-update/templates2expand/etc/webmail.conf.rej`, '');
  host.write(`${C}/events/webmail-update/checks/#webmail-names#`, '#!/bin/sh\nexit 1\n');
  host.write(`${C}/events/webmail-update.old/S50x`, '#!/bin/sh\nexit 1\n');
  host.write(`${C}/db/configuration/defaults/webmaild/Port.dpkg-old`, '1\n');
  host.write(`${C}/db/configuration/defaults/webmaild.disabled/type`, 'service\n');
  host.write(`${C}/db/webmail_users.bak/defaults/x/type`, 'service\n');
  host.write(`${C}/db/webmail_users/migrate/10quota.swo`, '#!/bin/sh\nexit 1\n');
  host.write(`${C}/db/webmail_users/schema.d/webmail.json.rpmnew`, 'no json');
  host.write(`${C}/templates.metadata/etc/webmail.conf.bak`, 'NO = 1\n');
  const done = await host.run('signal-event', ['webmail-update']);
  expect([done.exitCode, host.read('/etc/webmail.conf').includes('port = 1\n')]).toEqual([0, false]);
  for (const name of ['S60x.bak', 'sshd.tmp', 'webmail.conf.rej', '#webmail-names#', '10main.save'])
    expect(done.stderr).toContain(name);
  expect((await host.run('db', ['configuration', 'keys'])).stdout).not.toContain('disabled');
  expect((await host.run('signal-event', ['webmail-update.old'])).stderr).toContain('there is no such event');
  const setUp = await host.run('signal-event', ['post-upgrade']);
  const linted = await host.run('docksmith', ['lint', '--templates']);
  for (const name of [
    'Port.dpkg-old',
    'webmaild.disabled',
    'webmail_users.bak',
    '10quota.swo',
    'webmail.json.rpmnew',
  ]) {
    expect(setUp.stderr).toContain(name);
    expect(linted.stdout).toContain(name);
  }
  expect([linted.exitCode, linted.stdout.match(/\(backup-ignored\)/g)?.length]).toEqual([0, 12]);
});
