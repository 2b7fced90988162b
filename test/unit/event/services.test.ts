import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adjustService, type Service } from '../../../src/event/services.ts';
import type { Verb } from '../../../src/event/verbs.ts';
import type { Paths } from '../../../src/base/paths.ts';
import { makeTempHost, type TempHost } from '../../support/temp-host.ts';

const service = (more: Partial<Service> = {}): Service => ({ name: 'httpd', enabled: true, unit: 'apache2', ...more });
const PATH = process.env['PATH'];
let host: TempHost;
/** Paths of the machine itself: whatever runs, are the two programs below. */
let machine: Paths;

/** Service managers that write down what they are asked, and answer what a test wants. */
beforeEach(() => {
  host = makeTempHost();
  machine = { ...host.paths, root: '' };
  for (const name of ['systemctl', 'sv']) {
    host.write(
      `/bin/${name}`,
      `#!/bin/sh\necho "${name} $*" >> ${host.file('/calls')}\ncase "$1" in is-active|status) . ${host.file('/state')};; esac\n`,
      0o755,
    );
  }
  host.write('/calls');
  host.write('/state');
  process.env['PATH'] = `${host.file('/bin')}:${PATH ?? ''}`;
});
afterEach(() => {
  process.env['PATH'] = PATH;
});

const calls = (): readonly string[] =>
  host
    .read('/calls')
    .split('\n')
    .filter((line) => line !== '');

describe('by systemd', () => {
  it('one whose unit file was removed is stopped where it runs, since a restart could only fail', async () => {
    const removed = '/etc/systemd/system/apache2.service removed';
    const adjust = (...causes: readonly string[]): Promise<unknown> =>
      adjustService(machine, 'systemd', service(), 'restart', { causes });
    expect(await adjust('/etc/apache2/conf changed', removed)).toMatchObject({
      note: 'restart httpd: stopped, since its unit is gone',
    });
    host.write('/state', 'exit 3\n');
    await adjust(removed);
    await adjust(removed, '/etc/systemd/system/apache2.service changed');
    const ask = 'systemctl is-active --quiet apache2';
    const reload = 'systemctl daemon-reload';
    expect(calls()).toEqual([
      ...[ask, 'systemctl stop apache2', reload],
      ...[ask, reload],
      ...[reload, 'systemctl restart apache2'],
    ]);
  });

  it.each<[Verb, string]>([
    ['restart', 'systemctl restart apache2'],
    ['reload', 'systemctl reload-or-restart apache2'],
    ['start', 'systemctl start apache2'],
    ['stop', 'systemctl stop apache2'],
    ['sighup', 'systemctl kill --kill-who=main --signal=HUP apache2'],
    ['sigusr1', 'systemctl kill --kill-who=main --signal=USR1 apache2'],
  ])('%s is %s', async (verb, command) => {
    expect(await adjustService(machine, 'systemd', service(), verb)).toEqual({
      service: 'httpd',
      verb,
      outcome: 'done',
      note: `${verb} httpd: ${command}`,
    });
    expect(calls()).toEqual([command]);
  });

  it('what fails is told with its output', async () => {
    host.write('/bin/systemctl', '#!/bin/sh\necho "Unit apache2.service not found." >&2; exit 5\n', 0o755);
    await expect(adjustService(machine, 'systemd', service(), 'reload')).rejects.toThrow(
      'cannot reload "httpd": "systemctl reload-or-restart apache2" failed (exit code 5)\nUnit apache2.service not found.',
    );
  });

  it("a record's own command wins", async () => {
    await adjustService(machine, 'systemd', service({ reloadCommand: `echo own >> ${host.file('/calls')}` }), 'reload');
    expect(calls()).toEqual(['own']);
  });
});

describe('by sv', () => {
  it.each<[Verb, string]>([
    ['restart', 'sv restart apache2'],
    ['start', 'sv up apache2'],
    ['stop', 'sv down apache2'],
    ['sigusr1', 'sv 1 apache2'],
    ['sigterm', 'sv term apache2'],
  ])('%s is %s', async (verb, command) => {
    await adjustService(machine, 'sv', service(), verb);
    expect(calls()).toEqual([command]);
  });
});

describe('by commands of the record', () => {
  const say = (word: string): string => `echo ${word} >> ${host.file('/calls')}`;

  it('each verb has its own, and they run under a root too', async () => {
    const own = service({ startCommand: say('start'), stopCommand: say('stop'), reloadCommand: say('reload') });
    for (const verb of ['start', 'reload', 'sighup', 'restart', 'stop'] as const)
      expect((await adjustService(host.paths, 'command', own, verb)).outcome).toBe('done');
    expect(calls()).toEqual(['start', 'reload', 'reload', 'stop', 'start', 'stop']);
  });

  it('one without a reload is restarted', async () => {
    await adjustService(host.paths, 'command', service({ restartCommand: say('restart') }), 'reload');
    expect(calls()).toEqual(['restart']);
  });

  it('a missing one is an error that names its prop', async () => {
    await expect(adjustService(host.paths, 'command', service(), 'reload')).rejects.toMatchObject({
      message: 'cannot reload "httpd": the service manager is "command", and its record has no command for that',
      hint: 'config setprop httpd ReloadCommand …',
    });
  });

  it('what they say is handed on', async () => {
    const lines: string[] = [];
    await adjustService(host.paths, 'command', service({ reloadCommand: 'echo out; echo err >&2' }), 'reload', {
      onLine: (line) => lines.push(line),
    });
    expect(lines.sort()).toEqual(['err', 'out']);
  });
});

describe('a check before it', () => {
  it('that fails keeps the service from reading its files', async () => {
    await expect(
      adjustService(machine, 'systemd', service({ checkCommand: 'echo Syntax error; exit 1' }), 'reload'),
    ).rejects.toThrow(
      'cannot reload "httpd": its check refuses its files: "echo Syntax error; exit 1" failed (exit code 1)\nSyntax error',
    );
    expect(calls()).toEqual([]);
  });

  it('is not asked when the service is only stopped', async () => {
    await adjustService(machine, 'systemd', service({ checkCommand: 'exit 1' }), 'stop');
    expect(calls()).toEqual(['systemctl stop apache2']);
  });
});

describe('a disabled service', () => {
  it('that does not run is not started', async () => {
    host.write('/state', 'exit 3\n');
    expect(await adjustService(machine, 'systemd', service({ enabled: false }), 'restart')).toMatchObject({
      outcome: 'nothing',
      note: 'restart httpd: not done: it is disabled',
    });
    host.write('/state', 'echo "down: apache2: 5s"\n');
    expect(await adjustService(machine, 'sv', service({ enabled: false }), 'restart')).toMatchObject({
      outcome: 'nothing',
    });
    expect(calls()).toEqual(['systemctl is-active --quiet apache2', 'sv status apache2']);
  });

  it('that runs is stopped', async () => {
    host.write('/state', 'echo "run: apache2: (pid 1) 5s"\n');
    expect(await adjustService(machine, 'systemd', service({ enabled: false }), 'reload')).toMatchObject({
      outcome: 'done',
      note: 'reload httpd: stopped, since it is disabled: systemctl stop apache2',
    });
    await adjustService(machine, 'sv', service({ enabled: false }), 'reload');
    expect(calls().filter((call) => !/is-active|status/.test(call))).toEqual([
      'systemctl stop apache2',
      'sv down apache2',
    ]);
  });
});

it.each(['systemd', 'sv'] as const)("the machine's services are left alone under a root, by %s", async (manager) => {
  const check = { checkCommand: 'exit 1', reloadCommand: 'exit 1' };
  expect(await adjustService(host.paths, manager, service(check), 'reload')).toEqual({
    service: 'httpd',
    verb: 'reload',
    outcome: 'left alone',
    note: 'reload httpd: left alone: DOCKSMITH_ROOT is set',
  });
  expect(calls()).toEqual([]);
});
