import { chmodSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bin, type Host, makeHost } from '../support/host.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

/** With what formats escape in them, so that each spelling has to be known. */
const [OLD, NEW, PASSWORD, OF_RECORD] = ['Old-"Zq7$\'x', 'New-"Zq8$\'y', 'Reg-Zq9', 'Rec-Zq6'] as const;
/** what all spellings of them have in common */
const MARKER = /Zq[6-9]/;
const APP = '/etc/app.conf';

describe('a secret', () => {
  let host: Host;
  let said: string;
  beforeEach(async () => {
    said = '';
    host = makeHost();

    host.write(
      '/etc/docksmith/db/docker_containers/schema.json',
      JSON.stringify({ service: { 'App.Token': { doc: 'ours', kind: 'text', secret: true } } }),
    );
    host.writeFragment(
      APP,
      '10app',
      "old wording\npassword={{prop 'secrets' 'pw' 'Value'}}\nregistry={{prop 'docker_images' 'wiki' 'RegistryPassword'}}\nquoted=\"{{prop 'secrets' 'pw' 'Value'}}\"\n",
    );
    host.write(`/etc/docksmith/templates.metadata${APP}`, 'ESCAPE = shell\n');
    host.write(`/etc/docksmith/events/app/templates2expand${APP}`, '');
    await setSecret(OLD);
    await say(
      'db',
      ['docker_images', 'batch'],
      `set wiki service Repository mediawiki RegistryUser ada RegistryPassword ${PASSWORD}\n`,
    );
    await say('db', ['docker_containers', 'batch'], `set wiki service status disabled App.Token ${OF_RECORD}\n`);
  });
  afterEach(() => host.stop());

  const quote = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
  const setSecret = (value: string): Promise<number> =>
    say('db', ['secrets', 'batch'], `set pw secret Value ${quote(value)}\n`);

  /** Runs a command and keeps all that it says. @returns its exit code */
  async function say(bin: Bin, args: readonly string[], stdin = ''): Promise<number> {
    const { exitCode, stdout, stderr } = await host.run(bin, args, {
      stdin,
      env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` },
    });
    said += `$ ${bin}\n${stdout}${stderr}`;
    return exitCode;
  }

  /** The files that hold a secret, without the root. */
  const filesWithSecrets = (): readonly string[] =>
    host.files('/').filter((name) => MARKER.test(readFileSync(host.file(name), 'latin1')));
  const modeOf = (name: string): string => (statSync(host.file(name)).mode & 0o777).toString(8);

  it('stands in the db and in the file that it was meant for, both for their owner alone, and nowhere else', async () => {
    expect(await say('signal-event', ['app'])).toBe(0);
    expect(host.read(APP)).toContain(`registry=${PASSWORD}\n`);
    // history keeps dbs and files, as long as it is wanted
    const kept = filesWithSecrets().filter((name) => name.startsWith('/var/lib/docksmith/state/generations/'));
    expect(kept.map(modeOf)).toEqual(kept.map(() => '600'));
    expect(filesWithSecrets().filter((name) => !kept.includes(name))).toEqual([
      APP,
      '/var/lib/docksmith/db/docker_containers',
      '/var/lib/docksmith/db/docker_images',
      '/var/lib/docksmith/db/secrets',
    ]);
    expect([modeOf(APP), modeOf('/var/lib/docksmith/db/secrets')]).toEqual(['600', '600']);
    await say('docksmith', ['log', '--json']);
    expect(said).not.toMatch(MARKER);
  });

  it('is masked in diffs, also the one of before, in text and in JSON', async () => {
    await say('signal-event', ['app']);
    await setSecret(NEW);
    for (const options of [
      ['--dry-run', '--diff'],
      ['--dry-run', '--diff', '--json'],
    ])
      expect(await say('signal-event', [...options, 'app'])).toBe(0);
    await say('expand-template', ['--dry-run', '--diff', APP]);
    expect(said).toContain('-password=********\n');
    expect(said).toContain('+password=********\n');
    expect(said).not.toMatch(MARKER);
    await say('signal-event', ['--diff', 'app']);
    await say('db', ['docker_images', 'delete', 'wiki']);
    host.write(`/etc/docksmith/templates.metadata${APP}`, 'OUTPUT_FILENAME =\n');
    expect(await say('signal-event', ['--diff', 'app'])).toBe(0);
    expect(said).toContain('not shown, since it held a secret');
    expect(said).not.toMatch(MARKER);
  });

  it('is masked in what a check, a step and a refused value say, on the terminal and in the records of runs', async () => {
    host.write(
      '/etc/docksmith/events/app/S60tell',
      `#!/bin/sh\ncat "$DOCKSMITH_ROOT${APP}"; cat "$DOCKSMITH_ROOT${APP}" >&2; exit 1\n`,
    );
    expect(await say('signal-event', ['app', PASSWORD])).toBe(1);
    expect(said).toContain('S60tell: registry=********\n');
    host.write(`/etc/docksmith/templates.metadata${APP}`, 'ESCAPE = shell\nCHECK = cat %s && false\n');
    expect(await say('signal-event', ['--force', 'app'])).toBe(1);
    host.writeFragment(APP, '20more', 'more\n');
    expect(await say('signal-event', ['app'])).toBe(1);
    expect(said).toContain('its check "cat %s && false" refuses it');
    await say('db', ['secrets', 'batch'], `set pw secret Value ${quote(NEW).slice(0, -1)}\n`);
    await say('db', ['secrets', 'batch'], `set pw secret Value 'Zq8\\' Zeta x\n`);
    expect(said).toContain("cannot read the line: the ' of its last word is not closed\n");
    expect(said).toContain('cannot store prop "Value" of "pw": it ends in a backslash');
    await setSecret(`${NEW}\\nsecond line`);
    expect(await say('signal-event', ['app'])).toBe(1);
    expect(said).toContain('cannot write secrets pw Value (a secret) here: it has a newline');
    const runs = JSON.parse(await host.runOrFail('docksmith', ['log', '--json'])) as readonly { readonly id: string }[];
    for (const { id } of runs) await say('docksmith', ['log', id]);
    expect(said).not.toMatch(MARKER);
    expect(
      filesWithSecrets().filter((name) => !/^\/var\/lib\/docksmith\/(db|state\/generations)\//.test(name)),
    ).toEqual([APP]);
  });

  it('is masked in plans and in status', async () => {
    await say('db', ['docker_containers', 'batch'], 'set wiki service status enabled Image wiki:1\n');
    host.writeFragment(
      '/etc/docksmith/containers',
      '77secret',
      "services:\n  {{record.key}}:\n    environment:\n      PW: \"{{{prop 'secrets' 'pw' 'Value'}}}\"\n    labels:\n      registry: \"{{prop 'docker_images' 'wiki' 'RegistryPassword'}}\"\n"
        .replace('{{{prop', '{{prop')
        .replace("'Value'}}}", "'Value'}}"),
    );
    expect(await say('signal-event', ['docker-update']), said).toBe(0);
    await setSecret(NEW);
    for (const args of [
      ['plan'],
      ['plan', '--json'],
      ['status'],
      ['status', 'wiki'],
      ['reconcile', '--dry-run'],
      ['doctor'],
    ])
      await say('docksmith', args);
    await say('signal-event', ['--dry-run', '--diff', '--json', 'docker-update']);
    expect(said).toMatch(/recreate wiki: environment/);
    expect(said).not.toMatch(MARKER);
  });

  it('is masked in history and on the way back to it, whichever of then and now it is', async () => {
    await say('db', ['docker_containers', 'batch'], 'set wiki service status enabled Image wiki:1\n');
    host.writeFragment(
      '/etc/docksmith/containers',
      '77secret',
      "services:\n  {{record.key}}:\n    environment:\n      PW: \"{{prop 'secrets' 'pw' 'Value'}}\"\n",
    );
    expect(await say('signal-event', ['docker-update']), said).toBe(0);
    await setSecret(NEW);
    expect(await say('signal-event', ['docker-update']), said).toBe(0);
    expect(host.read('/etc/docksmith/containers/wiki.yaml')).toMatch(/Zq8/);
    await setSecret('Third-Zq6');
    for (const args of [
      ['history'],
      ['history', '--diff'],
      ['history', '--diff', '--json'],
      ['history', '2'],
      ['rollback', '--dry-run', '1'],
      ['verify'],
    ])
      await say('docksmith', args);
    host.write(
      '/etc/docksmith/events/docker-update/S60tell',
      '#!/bin/sh\ncat "$DOCKSMITH_ROOT/etc/docksmith/containers/wiki.yaml"\n',
    );
    expect(await say('docksmith', ['rollback', '--yes', '1']), said).toBe(0);
    expect(host.read('/etc/docksmith/containers/wiki.yaml')).toMatch(/Zq7/);
    expect(said).toContain('S60tell:       PW: "********"');
    expect(said).toMatch(/-.*PW: "\*{8}"\n\+.*PW: "\*{8}"/);
    expect(said).not.toMatch(MARKER);
  });

  needs('strace')('on a command line', () => {
    it('is never given to a process', async () => {
      const folder = makeTemporaryFolder('strace');
      try {
        const log = path.join(folder, 'calls');
        host.write('/etc/docksmith/events/app/S60run', '#!/bin/sh\n/bin/true with arguments\n');
        host.write(`/etc/docksmith/templates.metadata${APP}`, 'ESCAPE = shell\nCHECK = test -s %s\n');
        const bin = path.resolve(import.meta.dirname, '../../bin/signal-event.js');
        const { exitCode, stderr } = await run(
          'strace',
          ['-f', '-qq', '-v', '-s', '65536', '-e', 'trace=execve', '-o', log, process.execPath, bin, 'app'],
          { env: { DOCKSMITH_ROOT: host.root, DBPATH: undefined } },
        );
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
        const calls = readFileSync(log, 'utf8');
        expect(calls).toContain('["/bin/true", "with", "arguments"]');
        expect(calls).toContain('"test -s ');
        expect(calls).not.toMatch(MARKER);
      } finally {
        removeFolder(folder);
      }
    });
  });
});

describe('what others can write', () => {
  let host: Host;
  beforeEach(() => (host = makeHost()));
  afterEach(() => host.stop());

  it('is not run as a step, and nothing of the event is done', async () => {
    host.write('/etc/docksmith/events/app/S02first', '#!/bin/sh\n: > "$DOCKSMITH_ROOT/ran"\n');
    host.write('/etc/docksmith/events/app/S60open', '#!/bin/sh\n: > "$DOCKSMITH_ROOT/ran"\n', 0o777);
    const file = host.file('/etc/docksmith/events/app/S60open');
    expect(await host.run('signal-event', ['app'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `docksmith: cannot run step "/etc/docksmith/events/app/S60open": everybody can write "${file}", and the file would be run with the rights of root\nhint: chmod go-w ${file}\n`,
    });
    expect(host.files('/')).not.toContain('/ran');
    chmodSync(file, 0o755);
    expect((await host.run('signal-event', ['app'])).exitCode).toBe(0);
  });

  it('is not run as an action that a step names, nor to migrate a db', async () => {
    host.write('/etc/docksmith/events/actions/open', '#!/bin/sh\n: > "$DOCKSMITH_ROOT/ran"\n', 0o777);
    host.write('/etc/docksmith/events/app/S60open', '');
    expect((await host.run('signal-event', ['app'])).stderr).toContain(
      'cannot run step "/etc/docksmith/events/app/S60open": everybody can write',
    );
    host.write('/etc/docksmith/db/configuration/migrate/10open', '#!/bin/sh\n: > "$DOCKSMITH_ROOT/ran"\n', 0o777);
    expect((await host.run('docksmith', ['set-up'])).stderr).toContain('migrate/10open": everybody can write');
    expect(host.files('/')).not.toContain('/ran');
  });
});

describe('a path', () => {
  let host: Host;
  beforeEach(() => (host = makeHost()));
  afterEach(() => host.stop());

  it('does not leave the root over a symbolic link that was planted among the folders of an output', async () => {
    const outside = makeTemporaryFolder('outside');
    try {
      host.write('/etc/there', '');
      symlinkSync(outside, host.file('/etc/app'));
      host.writeFragment('/etc/app/app.conf', '10app', 'text\n');
      const { exitCode, stderr } = await host.run('expand-template', ['/etc/app/app.conf']);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(
        'cannot install "/etc/app/app.conf": a symbolic link above it that leads out of the root ("/etc/app") is in the way',
      );
      expect((await run('find', [outside, '-type', 'f'])).stdout).toBe('');
    } finally {
      removeFolder(outside);
    }
  });

  it.each([
    ['db', ['../../etc/passwd', 'show'], 'its name holds ..'],
    ['db', ['/etc/../../x', 'show'], 'its name holds ..'],
    ['db', ['a/b', 'show'], 'its name holds a /'],
    ['expand-template', ['/../../etc/passwd'], 'a template is an absolute path without ".."'],
    ['signal-event', ['../../tmp'], 'there is no such event'],
    ['expand-template', ['--output_filename=/etc/../../x', '/etc/app'], 'an output is an absolute path without ".."'],
    ['docksmith', ['log', '../../ledger'], 'there is no such run'],
  ] as const)('that leads elsewhere is refused: %s %j', async (bin, args, why) => {
    host.writeFragment('/etc/app', '10app', 'text\n');
    const { exitCode, stderr } = await host.run(bin, args);
    expect(stderr).toContain(why);
    expect(exitCode).toBe(1);
  });

  it('made of the name of a record is checked like any other', async () => {
    await host.db('docker_containers set ../../../tmp/x service status enabled Image a:1');
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update'], {
      env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/cannot .*"\.\.\/\.\.\/\.\.\/tmp\/x"/);
  });
});

describe('control characters', () => {
  it('in values, names and what programs print are spelled out wherever they are shown', async () => {
    const host = makeHost();
    try {
      const evil = '\u001b[2J\u0007\u202e';
      host.write(
        '/etc/docksmith/events/app/S60say',
        `#!/bin/sh\nprintf 'step ${evil}\\n'; printf 'step ${evil}\\n' >&2; exit 1\n`,
      );
      host.write('/etc/docksmith/events/app/templates2expand/etc/app', '');
      host.write('/etc/docksmith/templates.metadata/etc/app', 'ESCAPE = none\n');
      host.writeFragment('/etc/app', '10app', 'value {{prop "work" "k" "p"}}\n');
      await host.runOrFail('db', ['work', 'batch'], { stdin: `set k t p '${evil}'\n` });
      const env = { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` };
      const results = [
        await host.run('signal-event', ['--dry-run', '--diff', 'app', evil]),
        await host.run('signal-event', ['--diff', 'app', evil]),
        await host.run('docksmith', ['log']),
        await host.run('signal-event', [evil]),
        await host.run('expand-template', [`/${evil}`]),
        await host.run('docksmith', [evil]),
        await host.run('docksmith', ['props', evil]),
      ];
      host.write(
        '/etc/docksmith/templates.metadata/etc/app',
        `ESCAPE = none\nCHECK = "printf 'no ${evil}' && test ! -e %s"\n`,
      );
      await host.db('docker_containers set wiki service status enabled Image a:1 TCPPort 80,443');
      await host.runOrFail('db', ['docker_containers', 'batch'], { stdin: `setprop wiki access '${evil}'\n` });
      await host.runOrFail('db', ['work', 'batch'], { stdin: `setprop k p '${evil}2'\n` });
      results.push(
        await host.run('signal-event', ['app']),
        await host.run('docksmith', ['plan'], { env }),
        await host.run('docksmith', ['status', 'wiki'], { env }),
      );
      const said = results.map(({ stdout, stderr }) => stdout + stderr).join('');
      expect(said).toContain('S60say: step \\x1b[2J\\x07\\u202e\n');
      expect(said).toContain('+value \\x1b[2J\\x07\\u202e\n');
      expect(said).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    } finally {
      host.stop();
    }
  });
});
