import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { commonOf, ManyHosts, specsOf, until } from '../support/many-hosts.ts';
import { needs } from '../support/needs.ts';
import { randomFrom } from '../support/random-changes.ts';
import { runOrFail } from '../support/run.ts';

const SEED = Number(process.env['DOCKSMITH_TEST_SEED'] ?? 1);

needs('git')('what is killed while one host sends to another', () => {
  const random = randomFrom(SEED);
  let many: ManyHosts;
  beforeAll(async () => {
    many = new ManyHosts(['web0', 'web1']);
    await many.fill('web0');
    await many.get('web0').db('docker_containers set wiki service Image wiki:1 status enabled MaxMemory 100');
    await many.get('web0').runOrFail('docksmith', ['push', '--yes']);
  });
  afterAll(() => many.remove());

  /** Records, files of the admin's, and what is made of both. */
  const stateOf = (name: string): unknown => [commonOf(many.get(name)), specsOf(many.get(name))];
  /** How the host is as soon as any command has begun, and what it becomes. */
  const settle = async (): Promise<unknown> => {
    await many.get('web1').run('docksmith', ['status']);
    await until(() => !many.isPending('web1'));
    return stateOf('web1');
  };
  /** A change of a record, and of a fragment that is in the same file; @returns web1 before, and as it should become */
  const change = async (n: number): Promise<{ readonly before: unknown; readonly after: unknown }> => {
    const before = stateOf('web1');
    const [writer, memory] = [many.get('web0'), 101 + n];
    await writer.db(`docker_containers setprop wiki MaxMemory ${memory}`);
    writer.writeFragment('/etc/docksmith/containers', '95name', `services:\n  wiki:\n    hostname: n${memory}\n`);
    await writer.runOrFail('signal-event', ['docker-update']);
    return { before, after: [commonOf(writer), specsOf(writer)] };
  };
  const startPush = (seconds = 1): ReturnType<typeof spawn> => {
    const { root } = many.get('web0');
    const args = ['push', '--yes', '--take-over', '--confirm-timeout', String(seconds)];
    return spawn(process.execPath, [path.resolve(import.meta.dirname, '../../bin/docksmith.js'), ...args], {
      env: { ...process.env, DOCKSMITH_ROOT: root, DOCKSMITH_ENGINE: `memory://${root}.json`, DBPATH: undefined },
      stdio: 'ignore',
    });
  };
  const kill = (pid: number): void => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it was faster
    }
  };

  const file = (name: string): string => {
    const at = many.get('web1').file(name);
    return existsSync(at) ? readFileSync(at, 'utf8') : '';
  };
  const PENDING = '/var/lib/docksmith/state/hosts/pending.json';
  const FRAGMENT = '/etc/docksmith/templates-custom/etc/docksmith/containers/95name';
  /** What has come about on the host when it happens, and who is killed then. */
  const MOMENTS: readonly (readonly [
    when: string,
    has: (n: number) => boolean,
    who: 'sender' | 'receiver' | 'both',
  ])[] = [
    ['the receiver has begun', () => true, 'receiver'],
    ['nothing is new yet', () => file(PENDING) !== '', 'both'],
    ['files of the admin are new', (n) => file(FRAGMENT).includes(`n${101 + n}`), 'receiver'],
    ['records are new', () => file(PENDING).includes('"applied"'), 'both'],
    ['all is there, and not confirmed', () => file(PENDING).includes('"deadline"'), 'sender'],
  ];

  it.each(MOMENTS.map((moment, n) => [...moment, n] as const))(
    'a host is wholly old or wholly new, and that is decided: when %s',
    async (_when, has, who, n) => {
      const { before, after } = await change(n);
      const sender = startPush();
      let isOver = false;
      const ended = new Promise((resolve) => sender.once('close', resolve)).then(() => (isOver = true));
      const receiver = await many.pidOf('web1');
      await until(() => has(n) || isOver);
      await setTimeout(random() * 50);
      if (who !== 'sender') kill(receiver);
      if (who !== 'receiver') kill(sender.pid ?? 0);
      await ended;
      expect([before, after], `seed ${SEED}`).toContainEqual(await settle());
      await many.get('web0').runOrFail('docksmith', ['push', '--yes', '--take-over']);
      expect(stateOf('web1')).toEqual(after);
    },
    120_000,
  );

  /** What was sent is there, is not confirmed, and nothing waits for that any more: the host has lost its power. */
  const losePower = async (seconds: number): Promise<void> => {
    many.set('web1', 'mute', true);
    const sender = startPush(seconds);
    const ended = new Promise((resolve) => sender.once('close', resolve));
    await until(() => file(PENDING).includes('"deadline"'));
    const waiter = (): string | undefined => /pid (\d+)/.exec(file('/var/lib/docksmith/state/hosts/wait.lock'))?.[1];
    await until(() => waiter() !== undefined);
    kill(Number(waiter()));
    kill(sender.pid ?? 0);
    await ended;
    expect(many.isPending('web1')).toBe(true);
    many.set('web1', 'mute', false);
  };
  const boot = (): Promise<string> => many.get('web1').runOrFail('signal-event', ['docker-boot']);

  it('goes back also where the process that waits was killed: the next command sees to it', async () => {
    const { before } = await change(MOMENTS.length);
    await losePower(1);
    expect(await settle()).toEqual(before);
  });

  it.each([
    ['the time is over', (deadline: string) => deadline],
    ['the clock was set back meanwhile, and it would be years', () => '2100-01-01T00:00:00.000Z'],
  ])('goes back after a boot: %s', async (_how, deadlineOf) => {
    const { before } = await change(MOMENTS.length + 1);
    await losePower(1);
    const pending = JSON.parse(file(PENDING)) as { readonly deadline: string };
    const deadline = deadlineOf(pending.deadline);
    many.get('web1').write(PENDING, JSON.stringify({ ...pending, deadline }), 0o600);
    await boot();
    await until(() => !many.isPending('web1'));
    expect(stateOf('web1')).toEqual(before);
    expect(await many.get('web0').runOrFail('docksmith', ['hosts'])).toMatch(
      /^web1: went back .*: it was not confirmed within 1 seconds$/m,
    );
    await many.get('web1').runOrFail('docksmith', ['status']);
  });

  it('is confirmed after a boot, where there is time left', async () => {
    const { after } = await change(MOMENTS.length + 2);
    await losePower(600);
    await boot();
    const { revision } = JSON.parse(file(PENDING)) as { readonly revision: string };
    await many.get('web1').runOrFail('docksmith', ['receive', '--confirm', revision]);
    expect(many.isPending('web1')).toBe(false);
    expect(stateOf('web1')).toEqual(after);
  });
});

type Lay = (file: (name: string) => string) => void;

interface Forged {
  readonly bundle: string;
  readonly revision: string;
}

needs('git')('what a host is sent that no host of ours would send', () => {
  let many: ManyHosts;
  let folder: string;
  beforeAll(async () => {
    many = new ManyHosts(['web0', 'web1']);
    await many.fill('web0');
    folder = makeTemporaryFolder('forged');
  });
  afterAll(() => {
    many.remove();
    removeFolder(folder);
  });

  /** A commit of files that is made by hand, as a bundle. */
  const forge = async (lay: Lay, copies = 0): Promise<Forged> => {
    const work = path.join(folder, String(Math.random()));
    const git = (...args: readonly string[]): Promise<string> =>
      runOrFail('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-C', work, ...args]);
    mkdirSync(work);
    lay((name) => {
      mkdirSync(path.dirname(path.join(work, name)), { recursive: true });
      return path.join(work, name);
    });
    await runOrFail('git', ['init', '-q', '-b', 'x', work]);
    await git('add', '-A', '-f');
    // one blob under many names is small on the way, and large here
    if (copies > 0) {
      const blob = (await git('hash-object', path.join(work, 'files/events/large'))).trim();
      const entries = Array.from({ length: copies }, (_, n) => `100644 ${blob}\tfiles/events/copy-${n}\n`).join('');
      await runOrFail('git', ['-C', work, 'update-index', '--index-info'], { stdin: entries });
    }
    await git('commit', '-qm', 'forged');
    await git('update-ref', 'refs/docksmith/sent', 'HEAD');
    const bundle = path.join(folder, `${path.basename(work)}.bundle`);
    await git('bundle', 'create', '-q', bundle, 'refs/docksmith/sent');
    return { bundle, revision: (await git('rev-parse', 'HEAD')).trim() };
  };
  const receive = async ({ bundle, revision }: Forged): Promise<string> => {
    const host = many.get('web1');
    const command = `"${process.execPath}" "${path.resolve(import.meta.dirname, '../../bin/docksmith.js')}" receive --apply ${revision} --json < "${bundle}"`;
    const env = { DOCKSMITH_ROOT: host.root, DOCKSMITH_ENGINE: `memory://${host.root}.json` };
    return runOrFail('/bin/sh', ['-c', `${command} || true`], { env });
  };

  it('is refused, and changes nothing', async () => {
    const before = commonOf(many.get('web1'));
    const cases: readonly (readonly [why: RegExp, lay: Lay, copies?: number])[] = [
      [
        /\\"files\/events\/x\\" of a commit: it is a symbolic link/,
        (file) => symlinkSync('/etc/shadow', file('files/events/x')),
      ],
      [/it is none of the folders of yours/, (file) => writeFileSync(file('files/containers/wiki.yaml'), 'x')],
      [/it is none of the folders of yours/, (file) => writeFileSync(file('etc/passwd'), 'x')],
      [/cannot open db \\"x.lock\\"/, (file) => writeFileSync(file('dbs/x.lock'), 'x')],
      [/cannot open db \\"a\/b\\"/, (file) => writeFileSync(file('dbs/a/b'), 'x')],
      [/\\"modes\\" of a commit/, (file) => writeFileSync(file('modes'), '0644 "\\x"\n')],
      [
        /larger than 256 MB together/,
        (file) => writeFileSync(file('files/events/large'), Buffer.alloc(1024 ** 2)),
        300,
      ],
    ];
    for (const [why, lay, copies] of cases) {
      const said = await receive(await forge(lay, copies));
      expect(said).toMatch(why);
      expect(said).toContain('"outcome": "refused"');
    }
    writeFileSync(path.join(folder, 'no.bundle'), 'no bundle');
    expect(await receive({ bundle: path.join(folder, 'no.bundle'), revision: 'a'.repeat(40) })).toMatch(/"refused"/);
    expect(commonOf(many.get('web1'))).toEqual(before);
  });

  it("cannot set what is this host's alone, and files are for others to read at most", async () => {
    const sent = await forge((file) => {
      writeFileSync(file('dbs/configuration'), 'SystemName=evil\nLocalIP=6.6.6.6\ndocksmith=service|HostName|evil\n');
      writeFileSync(file('dbs/docker_containers'), 'wiki=service|Image|wiki:1|status|enabled|WebHostPort|22\n');
      writeFileSync(file('files/templates-custom/etc/x/50x'), 'x');
      writeFileSync(file('modes'), '4777 "/etc/docksmith/templates-custom/etc/x/50x"\n');
    });
    expect(await receive(sent)).toContain('"outcome": "applied"');
    const host = many.get('web1');
    expect(host.read('/var/lib/docksmith/db/configuration')).toContain('SystemName=web1\n');
    expect(host.read('/var/lib/docksmith/db/configuration')).not.toMatch(/evil|6\.6\.6/);
    expect(host.read('/var/lib/docksmith/db/docker_containers')).not.toContain('|WebHostPort|22');
    expect(host.snapshot('/etc/docksmith/templates-custom/etc/x')['/etc/docksmith/templates-custom/etc/x/50x']).toMatch(
      /755/,
    );
    await host.runOrFail('docksmith', ['receive', '--confirm', sent.revision]);
    // passwords are in it
    expect(statSync(host.file('/var/lib/docksmith/state/hosts')).mode & 0o777).toBe(0o700);
  });
});
