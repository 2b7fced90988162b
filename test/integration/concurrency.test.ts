import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLedger } from '../../src/output/plan/ledger.ts';
import { findPaths } from '../../src/base/paths.ts';
import { type Host, makeHost } from '../support/host.ts';
import { listTouched, type MainHost, makeMainHost, useMainMachine } from '../support/main-host.ts';
import { needs } from '../support/needs.ts';
import type { Result } from '../support/run.ts';
import { describe } from 'vitest';

const SIGNAL_EVENT = path.resolve(import.meta.dirname, '../../bin/signal-event.js');

interface Run {
  readonly id: string;
  readonly event: string;
  readonly parent?: string;
  readonly exitCode?: number;
  readonly steps: readonly { readonly name: string }[];
}

describe('one event at a time', () => {
  let host: Host;
  beforeEach(() => {
    host = makeHost();
    // says that it runs, and goes on when it is told
    host.write(
      '/etc/docksmith/events/slow/S50wait',
      '#!/bin/sh\n: > "$DOCKSMITH_ROOT/started"\nwhile [ ! -e "$DOCKSMITH_ROOT/go" ]; do sleep 0.05; done\necho slept\n',
    );
    host.write('/etc/docksmith/events/quick/S50done', '#!/bin/sh\necho quick\n');
  });
  afterEach(() => host.stop());

  const listRuns = async (): Promise<readonly Run[]> =>
    JSON.parse(await host.runOrFail('docksmith', ['log', '--json'])) as Run[];

  /** An event whose standard error is read while it runs. */
  function start(...args: readonly string[]): { says: (text: string) => Promise<void>; ended: Promise<Result> } {
    const child = spawn(process.execPath, [SIGNAL_EVENT, ...args], {
      env: { ...process.env, DOCKSMITH_ROOT: host.root, DBPATH: undefined },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(child, 'close').then(([code]) => ({ exitCode: code as number, stdout, stderr }));
    return { ended, says: (text) => expect.poll(() => stderr, { timeout: 30_000 }).toContain(text) };
  }
  const hasStarted = (): Promise<void> =>
    expect.poll(() => host.files('/').includes('/started'), { timeout: 30_000 }).toBe(true);

  it('has a second one wait, and say for whom', async () => {
    const slow = start('slow');
    await hasStarted();
    const quick = start('quick');
    await quick.says('waiting for signal-event slow, run ');
    host.write('/go', '');
    expect(await slow.ended).toMatchObject({
      exitCode: 0,
      stdout: 'S50wait: slept\nslow: done, no file was changed\n',
    });
    expect(await quick.ended).toMatchObject({
      exitCode: 0,
      stdout: 'S50done: quick\nquick: done, no file was changed\n',
    });
    expect((await listRuns()).map(({ event, exitCode }) => [event, exitCode])).toEqual(
      expect.arrayContaining([
        ['slow', 0],
        ['quick', 0],
      ]),
    );
  });

  it('has it give up after as long as it is told', async () => {
    const slow = start('slow');
    await hasStarted();
    const refused = await host.run('signal-event', ['--wait', '0', 'quick']);
    expect(refused.exitCode).toBe(1);
    const runs = await host.run('docksmith', ['runs']);
    expect(runs.stdout).toMatch(/^\S+ +running +\S+ +\+0 -0 +slow\n$/);
    expect(refused.stderr).toMatch(/still held after 0 s by signal-event slow, run \S+ \(pid \d+\)\n$/);
    host.write('/go', '');
    expect((await slow.ended).exitCode).toBe(0);
  });

  it('lets a nested call join its parent, under which it is recorded', async () => {
    host.write(
      '/etc/docksmith/events/outer/S50call',
      '#!/bin/sh\nsignal-event quick && expand-template /etc/motd && docksmith log >/dev/null\n',
    );
    host.writeFragment('/etc/motd', '10hello', 'hello\n');
    const outer = await host.run('signal-event', ['--wait', '5', 'outer']);
    expect(outer).toMatchObject({ exitCode: 0, stderr: '' });
    expect(outer.stdout).toContain('S50call: S50done: quick\n');
    expect(host.read('/etc/motd')).toContain('hello');
    const runs = await listRuns();
    const [parent, child] = [runs.find(({ event }) => event === 'outer'), runs.find(({ event }) => event === 'quick')];
    expect(child?.parent).toBe(parent?.id);
    expect(parent?.parent).toBeUndefined();
  });

  it('loses nothing of nested calls that run all at once', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `/etc/part${n}`);
    for (const name of names) host.writeFragment(name, '10hello', 'hello\n');
    host.write(
      '/etc/docksmith/events/outer/S50call',
      `#!/bin/sh\n${names.map((name) => `expand-template ${name} >/dev/null &\n`).join('')}wait\n`,
    );
    expect(await host.run('signal-event', ['--wait', '5', 'outer'])).toMatchObject({ exitCode: 0 });
    expect([...readLedger(findPaths({ DOCKSMITH_ROOT: host.root })).outputs.paths()]).toEqual(names);
    const runs = await listRuns();
    const parent = runs.find(({ event }) => event === 'outer')?.id;
    expect(
      runs.filter((run) => run.event === 'expand-template' && run.parent === parent && run.exitCode === 0),
    ).toHaveLength(8);
  });

  it('is not kept from the next one when it is killed in the middle, and leaves nothing lying about', async () => {
    // on a copy of the dbs, before the templates: the most that a run has lying about
    host.write('/etc/docksmith/events/killed/S02kill', '#!/bin/sh\nkill -9 $PPID\n');
    host.write('/etc/docksmith/events/killed/templates2expand/etc/motd', '');
    host.writeFragment('/etc/motd', '10hello', 'hello\n');
    expect((await host.run('signal-event', ['killed'])).exitCode).toBe(-1);
    expect(host.files('/etc')).not.toContain('/etc/motd');
    expect((await host.run('signal-event', ['--wait', '5', 'quick'])).exitCode).toBe(0);
    const left = Object.keys(host.snapshot('/var/lib/docksmith/state'))
      .map((name) => path.basename(name))
      .filter((name) => /^(dbs|changed|check)-/.test(name));
    expect(left).toEqual([]);
    const runs = await listRuns();
    expect(runs.map(({ event, exitCode }) => [event, exitCode])).toEqual([
      ['quick', 0],
      ['killed', undefined],
    ]);
    expect(await host.runOrFail('docksmith', ['log'])).toMatch(/killed +\S+ +\+0 -0 +killed$/m);
  });

  it('goes on after a step that fails, and fails as a whole', async () => {
    host.write('/etc/docksmith/events/two/S40bad', '#!/bin/sh\necho "it is broken" >&2\nexit 3\n');
    host.write('/etc/docksmith/events/two/S50good', '#!/bin/sh\necho "changed: $(cat "$DOCKSMITH_CHANGED")"\n');
    const { exitCode, stdout, stderr } = await host.run('signal-event', ['two', 'argument']);
    expect(exitCode).toBe(1);
    expect(stdout).toBe('S50good: changed: \ntwo: failed, no file was changed\n');
    expect(stderr).toBe('S40bad: it is broken\ndocksmith: cannot complete step "S40bad" of event "two": exit code 3\n');
  });
});

needs('dockerd')('what changes nothing', () => {
  const machine = useMainMachine({ clears: true });
  let main: MainHost;
  beforeEach(async () => (main = await makeMainHost(machine)));

  it('is a dry run, on a fresh host as on one where much is to be done', async () => {
    const dryRuns = [
      ['signal-event', ['--dry-run', '--diff', 'docker-update']],
      ['signal-event', ['--dry-run', 'post-install']],
      ['signal-event', ['--dry-run', '--json', 'docker-container-update', 'wiki']],
      ['docksmith', ['reconcile', '--dry-run']],
      ['expand-template', ['--dry-run', '--diff', '/etc/docksmith/containers']],
      ['expand-template', ['--stdout', '/etc/docker/daemon.json']],
      ['docksmith', ['uninstall', '--dry-run']],
    ] as const;
    for (const prepare of [
      () => Promise.resolve(),
      () => main.signal('docker-update'),
      () =>
        main.host.db(
          'docker_containers setprop wiki MaxMemory 96',
          'docker_containers setprop git status disabled',
          'docker_containers delprop wiki WebHostPort',
        ),
    ]) {
      await prepare();
      const [tree, containers] = [main.host.snapshot(), await main.listContainers()];
      machine.proxy.reset();
      for (const [bin, args] of dryRuns) await main.host.run(bin, args);
      expect(listTouched(tree, main.host.snapshot())).toEqual([]);
      expect(machine.proxy.listMutating()).toEqual([]);
      expect(await main.listContainers()).toEqual(containers);
    }
    const { stdout } = await main.host.run('signal-event', ['--dry-run', 'docker-update']);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'would set docker_containers wiki WebHostPort 23002',
        'changed  /etc/docksmith/containers/wiki.yaml',
        'removed  /etc/docksmith/containers/git.yaml',
        '  stop git: disabled',
        expect.stringMatching(/^ {2}recreate wiki: ports .* memory 64m -> 96m$/),
        expect.stringMatching(/^would reload httpd \(/),
      ]),
    );
  });

  it('is a dry run of an event that starts, stops, restarts or renews by name, and its plan is what is done then', async () => {
    await main.signal('docker-update');
    const planned = async (event: string, ...args: readonly string[]): Promise<string> => {
      const tree = main.host.snapshot();
      machine.proxy.reset();
      const said = await main.host.runOrFail('signal-event', ['--dry-run', event, ...args]);
      expect([listTouched(tree, main.host.snapshot()), machine.proxy.listMutating()]).toEqual([[], []]);
      return said.replace(/^.*dry run, .*\n/m, '');
    };
    for (const [verb, cause] of [
      ['stop', 'asked for'],
      ['start', 'stopped'],
      ['restart', 'asked for'],
    ] as const) {
      expect(await planned(`docker-container-${verb}`, 'wikidb')).toMatch(
        new RegExp(`^containers\\n {2}${verb} wikidb: .*${cause}.*\\n$`),
      );
      expect((await main.signal(`docker-container-${verb}`, ['wikidb'])).stdout).toContain(
        `S50docker-${verb}: ${verb} wikidb: `,
      );
    }
    expect(await planned('docker-image-update', 'git')).toBe(
      'containers\n  pull git:1: asked for\n  recreate git: if git:1 is a newer image then\n',
    );
    const refused = await main.host.run('signal-event', ['--dry-run', 'docker-container-stop', 'nobody']);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot find container "nobody"') as string,
    });
  });

  it('is told with --json by one document, and nothing else on standard output', async () => {
    const commands = [
      ['signal-event', ['--json', '--dry-run', '--diff', 'docker-update']],
      ['signal-event', ['--json', '--diff', 'docker-update']],
      ['signal-event', ['--json', 'no-such-event']],
      ['signal-event', ['--json', 'docker-container-update', 'nobody']],
      ['docksmith', ['reconcile', '--json']],
      ['docksmith', ['reconcile', '--json', '--dry-run']],
      ['docksmith', ['stop', '--json', 'git']],
      ['docksmith', ['log', '--json']],
      ['db', ['--json', 'docker_containers', 'show']],
      ['config', ['--json', 'getprop', 'docker', 'status']],
    ] as const;
    for (const [bin, args] of commands) {
      const { stdout, stderr } = await main.host.run(bin, args);
      expect(() => JSON.parse(stdout) as unknown, `${bin} ${args.join(' ')}\n${stdout}${stderr}`).not.toThrow();
    }
    const failed = JSON.parse(
      (await main.host.run('docksmith', ['reconcile', '--json', 'nobody'])).stdout || 'null',
    ) as { errors?: readonly { message: string }[] } | null;
    expect(failed?.errors?.[0]?.message).toContain('cannot find container "nobody"');
  });

  it('is in the log, whatever command has done it', async () => {
    await main.signal('docker-update');
    await main.host.runOrFail('docksmith', ['stop', 'git']);
    expect((await main.host.run('docksmith', ['start', 'nobody'])).exitCode).toBe(1);
    await main.host.runOrFail('expand-template', ['/etc/docksmith/containers/wiki.yaml']);
    await main.host.runOrFail('docksmith', ['uninstall', '--drop-firewall', '--yes']);
    const log = (await main.host.runOrFail('docksmith', ['log']))
      .split('\n')
      .map((line) => line.split(/  +/).slice(1))
      .filter(([state]) => state !== undefined);
    expect(log.map(([state, , , command]) => [state, command])).toEqual([
      ['done', 'docksmith uninstall --drop-firewall'],
      ['done', 'expand-template /etc/docksmith/containers/wiki.yaml'],
      ['failed', 'docksmith start nobody'],
      ['done', 'docksmith stop git'],
      // the steps of an event are in its own record
      ['done', 'docker-update'],
    ]);
  });
});
