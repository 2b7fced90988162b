import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';

describe('a service that has to follow its file', () => {
  let host: Host;
  beforeEach(async () => {
    host = makeHost({ env: { DOCKSMITH_ENGINE: undefined } });
    host.writeFragment('/etc/app.conf', '10value', 'value {{app.Value}}\n');
    host.writeFragment('/etc/app.conf', 'template-begin', '# a banner of its own\n');
    host.write('/etc/docksmith/templates.metadata/etc/app.conf', 'SERVICES = app\n');
    host.write('/etc/docksmith/events/change/templates2expand/etc/app.conf', '');
    host.write('/etc/docksmith/events/change/services2adjust/app', 'restart\n');
    host.write('/etc/docksmith/events/other/S50other', '#!/bin/sh\necho other\n');
    await host.db(
      'configuration set docksmith service ServiceManager command',
      'configuration set docker service Socket /nowhere',
      // the service manager: it says no as long as there is a file /no
      'configuration set app service Value 1 RestartCommand "if [ -e $DOCKSMITH_ROOT/no ]; then echo no; exit 1; fi; echo >> $DOCKSMITH_ROOT/restarts"',
    );
    host.write('/restarts', '');
  });
  afterEach(() => host.stop());

  const listPending = (): readonly { readonly name: string; readonly verbs: readonly string[] }[] =>
    (
      JSON.parse(host.read('/var/lib/docksmith/state/intents.json')) as {
        intents: readonly { name: string; verbs: readonly string[] }[];
      }
    ).intents;
  const countRestarts = (): number => host.read('/restarts').length;

  it('is restarted by the next event, whichever that is, where the service manager said no', async () => {
    host.write('/no', '');
    const refused = await host.run('signal-event', ['change']);
    expect([refused.exitCode, countRestarts()]).toEqual([1, 0]);
    expect(refused.stdout).toContain('pending: app (/etc/app.conf changed); the next event tries again\n');
    expect(listPending()).toMatchObject([{ name: 'app', verbs: ['restart'] }]);
    expect(
      (await host.run('docksmith', ['status'], { env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` } }))
        .stdout,
    ).toContain('pending: service app (/etc/app.conf changed); the next event tries again');
    // still no: it stays
    expect((await host.run('signal-event', ['other'])).exitCode).toBe(1);
    expect(listPending()).toHaveLength(1);
    host.remove('/no');
    expect((await host.run('signal-event', ['--dry-run', 'other'])).stdout).toContain(
      'would restart app (/etc/app.conf changed)',
    );
    const next = await host.run('signal-event', ['other']);
    expect([next.exitCode, next.stderr, countRestarts(), listPending()]).toEqual([0, '', 1, []]);
    expect(next.stdout).toContain('restart app: ');
    // and once is enough
    expect(await host.runOrFail('signal-event', ['other'])).not.toContain('restart app');
    expect(countRestarts()).toBe(1);
  });

  it('is restarted by the next event where this one was killed between its commit and the restart', async () => {
    host.write('/etc/docksmith/events/change/S60kill', '#!/bin/sh\nkill -9 $PPID\n');
    expect((await host.run('signal-event', ['change'])).exitCode).toBe(-1);
    expect([host.read('/etc/app.conf').includes('value 1'), countRestarts(), listPending().length]).toEqual([
      true,
      0,
      1,
    ]);
    // a boot: no process is left, /run is empty, and the engine may not be up yet
    host.write('/run/anything', '');
    host.remove('/run');
    const status = await host.run('docksmith', ['status']);
    expect([status.exitCode, status.stdout]).toEqual([
      1,
      'no containers\n\npending: service app (/etc/app.conf changed); the next event tries again\n',
    ]);
    expect(status.stderr).toContain('docksmith: cannot reach the Docker engine at "/nowhere": ');
    const next = await host.run('signal-event', ['other']);
    expect([next.exitCode, countRestarts(), listPending()]).toEqual([0, 1, []]);
  });

  it('is left alone where a check of the event refuses the file: that is back as it was, and so are the dbs', async () => {
    await host.runOrFail('signal-event', ['change']);
    host.write('/etc/docksmith/events/change/S02set', '#!/bin/sh\nexec db configuration setprop app Value 2\n');
    host.write(
      '/etc/docksmith/events/change/checks/app',
      '#!/bin/sh\nline=$(grep -n "^value 2" "$DOCKSMITH_ROOT/etc/app.conf") || exit 0\necho "Syntax error on line ${line%%:*} of $DOCKSMITH_ROOT/etc/app.conf: 2 is too much" >&2\nexit 1\n',
    );
    const refused = await host.run('signal-event', ['change']);
    expect([
      refused.exitCode,
      host.read('/etc/app.conf').includes('value 1'),
      await host.runOrFail('db', ['configuration', 'getprop', 'app', 'Value']),
    ]).toEqual([1, true, '1\n']);
    expect(refused.stderr).toMatch(
      /^docksmith: \/etc\/docksmith\/templates-custom\/etc\/app.conf\/10value:1: cannot complete event "change": its check "app" refuses the files: exit code 1\nSyntax error on line \d of \/etc\/app.conf: 2 is too much\n$/,
    );
    expect([countRestarts(), listPending()]).toEqual([1, []]);
    expect(host.files('/etc').filter((name) => name.includes('docksmith-'))).toEqual([]);
    // and a content one does not stand in the way
    host.write('/etc/docksmith/events/change/checks/app', '#!/bin/sh\ngrep -q /etc/app.conf "$DOCKSMITH_CHANGED"\n');
    await host.runOrFail('signal-event', ['change']);
    expect([host.read('/etc/app.conf').includes('value 2'), countRestarts()]).toEqual([true, 2]);
  });
  it('is shown as pending by status without an engine, with the containers of the records and a run spec that has failed', async () => {
    host.write('/no', '');
    await host.run('signal-event', ['change']);
    await host.db(
      'docker_containers set wiki service status enabled Image wiki:1',
      'docker_containers set old service status disabled Image old:1',
    );
    host.write(
      '/var/lib/docksmith/state/failed-specs.json',
      JSON.stringify({
        version: 1,
        failed: {
          wiki: { digest: 'of a run spec that is not there', when: '2026-11-21T10:00:00.000Z', why: 'exit code 3' },
        },
      }),
    );
    const status = await host.run('docksmith', ['status']);
    expect([status.exitCode, status.stdout]).toEqual([
      1,
      `NAME  STATE
old   unknown
wiki  unknown

wiki: failed: exit code 3 (2026-11-21 10:00); docksmith reconcile --retry tries again
pending: service app (/etc/app.conf changed); the next event tries again
`,
    ]);
    expect((await host.run('docksmith', ['status', 'wiki'])).stdout).toContain(
      '  state      unknown\n  record     enabled\n',
    );
    const json = await host.run('docksmith', ['status', '--json']);
    expect([json.exitCode, JSON.parse(json.stdout)]).toMatchObject([
      1,
      {
        containers: [
          { name: 'old', state: 'unknown', failed: null },
          { name: 'wiki', state: 'unknown', failed: { why: 'exit code 3' } },
        ],
        pending: [{ name: 'app' }],
        unfinished: null,
        failures: [{ message: expect.stringContaining('cannot reach the Docker engine at "/nowhere"') as string }],
      },
    ]);
  });

  it('is not shown by status where the event was killed before its commit, which status recovers first; a failed recovery is shown', async () => {
    host.write('/etc/docksmith/events/change/checks/kill', '#!/bin/sh\nkill -9 $PPID\n');
    expect((await host.run('signal-event', ['change'])).exitCode).toBe(-1);
    const journal = '/var/lib/docksmith/state/unfinished/journal/prepared.json';
    const written = host.read(journal);
    host.write(journal, 'damaged');
    const stuck = await host.run('docksmith', ['status']);
    expect([stuck.exitCode, stuck.stdout]).toEqual([
      1,
      expect.stringMatching(/^unfinished: cannot read the journal of a commit ".*prepared.json": it is damaged: /m),
    ]);
    host.write(journal, written);
    const status = await host.run('docksmith', ['status']);
    expect([status.exitCode, status.stdout]).toEqual([1, 'no containers\n']);
    expect(status.stderr).toMatch(
      /^docksmith: warning: "signal-event change" was killed before its commit: \d+ files and the dbs are as they were before it$/m,
    );
    expect(host.files('/etc').filter((name) => name.startsWith('/etc/app') || name.includes('docksmith-'))).toEqual([]);
  });
  it.each([
    ['expand-template', '/etc/app.conf'],
    ['signal-event', 'other'],
    ['docksmith', 'uninstall', '--yes'],
  ])('is not begun by a check, which only looks: %s is refused', async (...command) => {
    host.write('/etc/docksmith/events/change/checks/app', `#!/bin/sh\nexec ${command.join(' ')}\n`);
    const { exitCode, stdout, stderr } = await host.run('signal-event', ['change']);
    expect([exitCode, countRestarts()]).toEqual([1, 0]);
    expect(stderr).toContain(
      `docksmith: cannot run "${command.filter((word) => !word.startsWith('--')).join(' ')}": a check of an event called it, and checks change nothing`,
    );
    expect([stdout.includes('other'), host.files('/etc').filter((name) => name.startsWith('/etc/app'))]).toEqual([
      false,
      [],
    ]);
  });

  it('is taken back where a check does not end, which is killed with what it started', async () => {
    await host.db('configuration setprop docksmith CheckWait 500ms');
    host.write(
      '/etc/docksmith/events/change/checks/app',
      '#!/bin/sh\n(sleep 600; echo late) &\necho $! > "$DOCKSMITH_ROOT/run-of-it"\nwait\n',
    );
    const { exitCode, stderr } = await host.run('signal-event', ['change']);
    expect([exitCode, stderr]).toEqual([
      1,
      'docksmith: cannot complete event "change": its check "app" refuses the files: it did not end within 0.5 seconds\n',
    ]);
    expect(host.files('/etc').filter((name) => name.startsWith('/etc/app'))).toEqual([]);
    expect(isAlive(Number(host.read('/run-of-it')))).toBe(false);
    // and so is the check of one file
    host.remove('/etc/docksmith/events/change/checks');
    host.write(
      '/etc/docksmith/templates.metadata/etc/app.conf',
      'SERVICES = app\nCHECK = "echo looking at it; sleep 600 # %s"\n',
    );
    expect(await host.run('expand-template', ['/etc/app.conf'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/refuses it: looking at it\nit did not end within 0.5 seconds/) as string,
    });
  });
});

/** What was killed may stay as a zombie that nobody has waited for. */
function isAlive(pid: number): boolean {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return stat !== '' && !/\) Z /.test(stat);
}
