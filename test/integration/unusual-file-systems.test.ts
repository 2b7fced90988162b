import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import type { Result } from '../support/run.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { needs } from '../support/needs.ts';
import { inParallel, run, runOrFail } from '../support/run.ts';

/** An event of one file each, `/etc/NAME.conf`, that holds a value of the dbs. */
function writeEvent(host: Host, names: readonly string[]): void {
  for (const name of names) {
    host.writeFragment(`/etc/${name}.conf`, '10value', `${name} {{thing.Value}}\n`);
    host.write(`/etc/docksmith/events/app/templates2expand/etc/${name}.conf`, '');
  }
}

const lastLine = (host: Host, name: string): string | undefined =>
  host.read(`/etc/${name}.conf`).trim().split('\n').at(-1);

const DB = '/var/lib/docksmith/db/configuration';
/** what is edited within an event, and the place in it of the one letter that is another then */
const EDITS: Readonly<Record<string, readonly [file: string, at: (text: string) => number]>> = {
  'a fragment': ['/etc/docksmith/templates-custom/etc/a.conf/10value', () => 0],
  'an output': ['/etc/a.conf', (text) => text.indexOf('Written')],
  'a db': [DB, (text) => text.indexOf('|Value|') + '|Value|'.length],
};

needs('mount')('a file system', () => {
  let host: Host;
  const folders: string[] = [];
  beforeEach(() => {
    host = makeHost();
  });
  afterEach(async () => {
    await run('umount', ['-l', host.root]);
    host.stop();
    for (const folder of folders.splice(0)) removeFolder(folder);
  });

  /** Each mounts one over the host's folder. @returns why that cannot be */
  const MOUNTS = {
    'that keeps seconds': async () => {
      const image = `${addFolder()}/image`;
      await runOrFail('dd', ['if=/dev/zero', `of=${image}`, 'bs=1M', 'count=16', 'status=none']);
      await runOrFail('mkfs.ext4', ['-q', '-I', '128', image]);
      return mount('-o', 'loop', image);
    },
    'in memory': () => mount('-t', 'tmpfs', 'none'),
    'of layers, where all is in the lower one': async () => {
      const folder = addFolder();
      await layHost();
      cpSync(host.root, `${folder}/lower`, { recursive: true, preserveTimestamps: true });
      for (const name of ['upper', 'work']) mkdirSync(`${folder}/${name}`);
      const layers = `lowerdir=${folder}/lower,upperdir=${folder}/upper,workdir=${folder}/work`;
      return mount('-t', 'overlay', '-o', layers, 'overlay');
    },
  };
  function addFolder(): string {
    folders.push(makeTemporaryFolder('mount'));
    return folders.at(-1) ?? '';
  }
  async function mount(...words: readonly string[]): Promise<string | undefined> {
    const { exitCode, stderr } = await run('mount', [...words, host.root]);
    return exitCode === 0 ? undefined : stderr;
  }
  async function layHost(): Promise<void> {
    writeEvent(host, ['a', 'b']);
    host.write('/etc/docksmith/events/app/S10edit', '#!/bin/sh\n. "$DOCKSMITH_ROOT/edit"\n');
    host.write('/edit', '');
    await host.db('configuration set thing service Value 1');
    await host.runOrFail('signal-event', ['app']);
  }

  it.for(Object.entries(MOUNTS))(
    '%s: what is edited right behind an event is noticed by the next one and by verify',
    { timeout: 600_000 },
    async ([name, prepare], { skip }) => {
      const missing = await prepare();
      if (missing !== undefined) skip(missing);
      await layHost();
      const isCoarse = name === 'that keeps seconds';
      for (const [what, [file, at]] of Object.entries(EDITS)) {
        for (let n = 0; ; n++) {
          expect(n, 'no edit came within the second of the event').toBeLessThan(60);
          // the second has just begun; without a command of its own for the db, which would take half of it
          if (isCoarse) await setTimeout(1000 - (Date.now() % 1000));
          host.write('/etc/docksmith/templates-custom/etc/a.conf/10value', 'a {{thing.Value}}\n');
          host.write(DB, host.read(DB).replace(/^(thing=.*\|Value\|).*$/m, `$1${n}`));
          host.write('/edit', editOf(file, at(host.read(file))));
          await host.runOrFail('signal-event', ['app']);
          if (!isCoarse || host.read('/same') === 'same\n') break;
        }
        host.write('/edit', '');
        const verified = await host.run('docksmith', ['verify']);
        expect([what, verified.stdout.split('\n')[0]]).toEqual([
          what,
          what === 'an output' ? 'edited  /etc/a.conf' : '2 files are as docksmith wrote them',
        ]);
        const before = lastLine(host, 'a');
        const { stderr } = await host.run('signal-event', ['app']);
        if (what === 'an output') expect(stderr).toContain('local edits were overwritten');
        else expect([what, lastLine(host, 'a')]).not.toEqual([what, before]);
        const incremental = [host.read('/etc/a.conf'), host.read('/etc/b.conf')];
        await host.runOrFail('signal-event', ['--force', 'app']);
        expect([what, host.read('/etc/a.conf'), host.read('/etc/b.conf')]).toEqual([what, ...incremental]);
      }
    },
  );

  /** One letter becomes another, in place; `/same` says whether the file's times are those of before. */
  function editOf(file: string, offset: number): string {
    return [
      `f="$DOCKSMITH_ROOT${file}"`,
      'before=$(stat -c "%z %s" "$f")',
      `printf Z | dd of="$f" bs=1 seek=${offset} conv=notrunc status=none`,
      '[ "$before" = "$(stat -c "%z %s" "$f")" ] && echo same > "$DOCKSMITH_ROOT/same" || echo other > "$DOCKSMITH_ROOT/same"\n',
    ].join('\n');
  }
});

needs('mount')('the state of one root in another', () => {
  let one: Host;
  let other: Host;
  const STATE = '/var/lib/docksmith';
  beforeEach(async () => {
    one = makeHost();
    other = makeHost();
    writeEvent(one, ['a', 'both']);
    writeEvent(other, ['c', 'both']);
    await one.db('configuration set thing service Value 1');
    await one.runOrFail('signal-event', ['app']);
  });
  afterEach(async () => {
    await run('umount', ['-l', other.file(STATE)]);
    one.stop();
    other.stop();
  });

  it('by a symbolic link is refused in words, and the first one stays as it is', async () => {
    mkdirSync(other.file('/var/lib'), { recursive: true });
    symlinkSync(one.file(STATE), other.file(STATE));
    const before = one.snapshot('/etc');
    for (const [bin, args] of [
      ['signal-event', ['app']],
      ['expand-template', ['/etc/c.conf']],
      ['docksmith', ['uninstall', '--yes', '--drop-firewall']],
    ] as const) {
      const { exitCode, stderr } = await other.run(bin, args);
      expect([exitCode, stderr]).toEqual([
        1,
        `docksmith: cannot write "${STATE}/state/ledger": a symbolic link above it that leads out of the root ("${STATE}") is in the way\n`,
      ]);
    }
    expect(other.files('/etc').filter((file) => file.endsWith('.conf') && !file.includes('docksmith'))).toEqual([]);
    expect(one.snapshot('/etc')).toEqual(before);
    expect(await one.runOrFail('docksmith', ['verify'])).toBe('2 files are as docksmith wrote them\n');
  });

  it('by a mount loses no write, removes no file of the other, and keeps what was written by hand', async () => {
    mkdirSync(other.file(STATE), { recursive: true });
    await runOrFail('mount', ['--bind', one.file(STATE), other.file(STATE)]);
    // the ledger says that this one is docksmith's
    other.write('/etc/a.conf', 'by hand\n');
    const before = one.snapshot('/etc');
    const first = await other.run('signal-event', ['app']);
    expect([first.exitCode, first.stdout]).toEqual([0, expect.stringContaining('/etc/a.conf was changed by hand')]);
    const kept = other.files(`${STATE}/state/history`).map((file) => other.read(file));
    expect(kept).toContain('by hand\n');
    expect(one.snapshot('/etc')).toEqual(before);
    const events = await inParallel(
      [...Array(12).keys()].map((n) => [n % 2 === 0 ? one : other, n] as const),
      async ([host, n]) => {
        await host.db(`configuration set thing${n} service Value ${n}`);
        return host.run('signal-event', n < 6 ? ['app'] : ['--take-over', 'app']);
      },
    );
    for (const { exitCode, stderr } of events)
      if (exitCode !== 0) expect(stderr).toMatch(/ is in the way|changed by others/);
    expect((await one.runOrFail('db', ['configuration', 'keys'])).split('\n')).toEqual(
      expect.arrayContaining([...Array(12).keys()].map((n) => `thing${n}`)),
    );
    expect([lastLine(one, 'a'), lastLine(one, 'both'), lastLine(other, 'both'), lastLine(other, 'c')]).toEqual([
      'a 1',
      'both 1',
      'both 1',
      'c 1',
    ]);
  });

  it('by DBPATH gives each its files, and no write of either is lost', { timeout: 300_000 }, async () => {
    const env = { DBPATH: one.file(`${STATE}/db`) };
    const engine = (host: Host): Readonly<Record<string, string>> => ({
      DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}`,
    });
    const event = async (host: Host): Promise<Result> =>
      host.run('signal-event', ['docker-update'], { env: { ...env, ...engine(host) } });
    await one.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 192.168.1.2',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set httpd service status disabled',
      'configuration set docksmith service status enabled ServiceManager command HealthWait 0',
    );
    const names = [...Array(10).keys()].map((n) => `c${(n * 7) % 10}`);
    const said = await inParallel(names, async (name, n) => {
      const host = n % 2 === 0 ? one : other;
      await host.runOrFail(
        'db',
        [
          'docker_containers',
          'set',
          name,
          'service',
          'status',
          'enabled',
          'Image',
          'i:1',
          'WebPort',
          '80',
          'WebAlias',
          name,
        ],
        { env },
      );
      return event(host);
    });
    // a port that both allocated at one time for two containers is named, and a record that came meanwhile
    for (const { exitCode, stderr } of said)
      if (exitCode !== 0) expect(stderr).toMatch(/port|changed by others|it has no run spec/);
    // the ports of both events may be the same, since each had only its own lock: the remedy is the admin's
    for (;;) {
      const name = /for container "(c\d)": it is taken by/.exec((await event(one)).stderr)?.[1];
      if (name === undefined) break;
      await one.db(`docker_containers delprop ${name} WebHostPort`);
    }
    for (const host of [one, other, one]) {
      const { exitCode, stderr } = await event(host);
      expect([exitCode, stderr]).toEqual([0, '']);
    }
    const lines = (host: Host): readonly string[] =>
      names.map((name) => host.read(`/etc/docksmith/containers/${name}.yaml`));
    expect(lines(other)).toEqual(lines(one));
    const ports = lines(one).map((text) => /127\.0\.0\.1:(\d+):80/.exec(text)?.[1]);
    expect([...new Set(ports)]).toHaveLength(names.length);
  });
});
