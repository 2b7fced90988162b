import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { findPaths } from '../../src/base/paths.ts';
import { eventLockFile } from '../../src/event/event-holder.ts';
import { ArchiveWriter } from '../../src/features/backup/archive.ts';
import { formatManifest, formatSealedFiles, type SavedFile } from '../../src/features/backup/manifest.ts';
import { deriveKey } from '../../src/features/backup/sealed.ts';
import { takeLock } from '../../src/files/lock.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { listTouched, withoutRuns } from '../support/main-host.ts';
import { needs } from '../support/needs.ts';
import { type Running, start } from '../support/running.ts';
import { runTraced } from '../support/strace.ts';

const PASSPHRASE = 'known to who forged it';
const SCRYPT = { salt: 'AAAA', N: 1024, r: 8, p: 1 };
const PROGRAM = path.resolve(import.meta.dirname, '../../bin/docksmith.js');
const FRAGMENTS = '/etc/docksmith/templates-custom/etc/docksmith/containers/';

interface Forged {
  readonly version?: number;
  readonly volumes?: readonly string[];
  readonly only?: string;
  readonly containers?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly access?: Partial<SavedFile>;
}

/** A backup that opens with the passphrase, whatever is in it. */
async function forge(file: string, { version = 1, files = {}, access, ...more }: Forged): Promise<void> {
  const about = formatManifest({
    ...{ made: '2026-01-01', host: 'other', scrypt: SCRYPT, sums: new Map(), images: [], notInIt: [] },
    ...{ containers: [], volumes: [], ...more },
  });
  const raised = Buffer.from(about.toString().replace(/"version": \d+/, `"version": ${version}`));
  const saved = Object.entries(files).map(([name, text]): [string, SavedFile] => [
    name,
    { content: Buffer.from(text), mode: 0o644, uid: 0, gid: 0, ...access },
  ]);
  const sealed = formatSealedFiles({ files: new Map(saved), labels: new Map() }, new Set());
  const writer = new ArchiveWriter(file);
  await writer.add('backup.json', raised);
  await writer.addSealed(await deriveKey(PASSPHRASE, SCRYPT), raised, 0, [sealed]);
  writer.finish();
}

describe('a backup that somebody else made', () => {
  let host: Host;
  let folder: string;
  let env: Readonly<Record<string, string>>;
  beforeEach(async () => {
    folder = makeTemporaryFolder('forged');
    env = { DOCKSMITH_ENGINE: `memory://${folder}/engine.json`, DOCKSMITH_PASSPHRASE: PASSPHRASE, NO_COLOR: '1' };
    host = makeHost({ env });
    onTestFinished(() => {
      host.stop();
      removeFolder(folder);
    });
    await host.db(
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled ServiceManager command',
      'configuration set httpd service status disabled',
    );
    await host.runOrFail('signal-event', ['docker-update']);
  });
  const restore = async (forged: Forged, name = 'forged.backup'): Promise<string> => {
    await forge(path.join(folder, name), forged);
    const { exitCode, stderr } = await host.run('docksmith', ['restore', '--yes', path.join(folder, name)]);
    expect(exitCode).toBe(1);
    return stderr;
  };
  const expectUnchanged = (before: ReturnType<Host['snapshot']>): void => {
    const touched = listTouched(withoutRuns(before), withoutRuns(host.snapshot()));
    expect(touched.filter((name) => host.files().includes(name) && !/\.lock$/.test(name))).toEqual([]);
  };

  it('writes no file but dbs and what is the admin’s own, and says all that it would not write', async () => {
    const before = host.snapshot();
    const names = [
      'dbs//etc/cron.d/mine',
      'dbs/../mine',
      'dbs/.mine',
      'dbs/mine.lock',
      'customs/etc/cron.d/mine',
      'customs/etc/docksmith/templates/../../cron.d/mine',
      'customs/etc/docksmith/templates/a\n/../../../cron.d/mine',
      'customs/etc/docksmith/templates/',
      'customs/etc/docksmith/containers/mine.yaml',
      'customs/etc/docksmith/templates/a\0b',
      'elsewhere/mine',
      'dbs/',
    ];
    const said = await restore({ files: Object.fromEntries(names.map((name) => [name, 'mine=record|A|b\n'])) });
    expect(said.match(/cannot restore (file|db|")/g)).toHaveLength(names.length);
    expectUnchanged(before);
  });

  it.each<[string, Forged, RegExp]>([
    ['a version that is none', { version: 0.5 }, /0\.5 is no version/],
    ['a volume twice', { volumes: ['a', 'a'] }, /a volume is in it twice/],
    ['a mode that is none', { files: { 'dbs/mine': '' }, access: { mode: -1 } }, /"files\.dbs\/mine\.mode" is not/],
    ['an owner that is none', { files: { 'dbs/mine': '' }, access: { uid: 2 ** 32 - 1 } }, /mine\.uid" is not/],
  ])('is damaged where it has %s', async (_what, forged, words) => {
    const before = host.snapshot();
    expect(await restore(forged)).toMatch(words);
    expectUnchanged(before);
  });

  it('says what is in the way of its files: folders, files in place of folders, and links', async () => {
    host.write('/etc/docksmith/templates/folder/file', '');
    const files = ['folder', 'folder/file/below'].map((name) => [`customs/etc/docksmith/templates/${name}`, '']);
    const said = await restore({ files: Object.fromEntries(files) as Record<string, string> });
    expect(said).toMatch(/templates\/folder": .*in the way[^]*templates\/folder\/file\/below": .*in the way/);
  });

  it('leaves none of its files where the event refuses records that were there before', async () => {
    await host.db('docker_containers set wiki service status enabled Image wiki:1');
    await host.runOrFail('signal-event', ['docker-update']);
    const before = host.snapshot();
    const said = await restore({
      containers: ['wiki'],
      files: {
        'dbs/docker_containers': 'wiki=service|Image|wiki:2|status|enabled\n',
        [`customs${FRAGMENTS}99mine`]: '{{fail "never"}}\n',
      },
    });
    expect(said).toContain('never');
    expectUnchanged(before);
    expect(await host.runOrFail('docksmith', ['plan'])).toBe('nothing to do\n');
  });

  it('overwrites nothing that came between the plan and the answer', async () => {
    await forge(path.join(folder, 'shop.backup'), {
      ...{ only: 'shop', containers: ['shop'] },
      files: { 'dbs/docker_containers': 'shop=service|Image|shop:1|status|enabled\n' },
    });
    const words = `${process.execPath} ${PROGRAM} restore ${folder}/shop.backup`;
    const terminal: Running = start('script', ['-qefc', words, '/dev/null'], {
      env: { ...env, DOCKSMITH_ROOT: host.root },
    });
    await terminal.until(/\[y\/N\]/);
    await host.db('docker_containers set shop service status disabled Image mine:1');
    terminal.write('y\n');
    const { exitCode, stdout } = await terminal.ended;
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('the name is taken')]);
    expect(await host.runOrFail('db', ['docker_containers', 'getprop', 'shop', 'Image'])).toBe('mine:1\n');
  });

  it('puts nothing in place while another event runs', async () => {
    const fragment = `${FRAGMENTS}99mine`;
    await forge(path.join(folder, 'server.backup'), { files: { [`customs${fragment}`]: '' } });
    const paths = findPaths({ DOCKSMITH_ROOT: host.root });
    const lock = takeLock(eventLockFile(paths), { holder: 'signal-event docker-boot' });
    const restoring = start(process.execPath, [PROGRAM, 'restore', '--yes', `${folder}/server.backup`], {
      env: { ...env, DOCKSMITH_ROOT: host.root },
    });
    await restoring.until(/waiting for .*docker-boot/);
    expect(existsSync(host.file(fragment))).toBe(false);
    lock.release();
    const { exitCode, stdout } = await restoring.ended;
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/history and runs are in no backup/)]);
    expect(existsSync(host.file(fragment))).toBe(true);
  });

  it('is read by a name that tar would take for one of another machine, and not from a pipe', async () => {
    await forge(path.join(folder, '12:30.backup'), { files: { 'dbs/mine': 'a=b|C|d\n' } });
    const here = { cwd: folder };
    await host.runOrFail('docksmith', ['restore', '--yes', '12:30.backup'], here);
    expect(await host.runOrFail('db', ['mine', 'getprop', 'a', 'C'])).toBe('d\n');
    const { stderr } = await host.run('docksmith', ['restore', '--yes', '/dev/null'], here);
    expect(stderr).toMatch(/cannot read backup "\/dev\/null": it is no file/);
  });
});

describe('what is asked of a backup', () => {
  let host: Host;
  let folder: string;
  let env: Readonly<Record<string, string>>;
  const fail = async (...words: readonly string[]): Promise<string> => {
    const { exitCode, stderr } = await host.run('docksmith', words);
    expect(exitCode).not.toBe(0);
    return stderr;
  };
  beforeEach(async () => {
    folder = makeTemporaryFolder('asked');
    env = { DOCKSMITH_ENGINE: `memory://${folder}/engine.json`, NO_COLOR: '1' };
    host = makeHost({ env });
    onTestFinished(() => {
      host.stop();
      removeFolder(folder);
    });
    await host.db(
      'configuration set docker service status enabled Daemon foreign',
      'docker_containers set wiki service status enabled Image wiki:1',
      'docker_containers set shop-web service status enabled Image shop:1 Application shop',
    );
  });

  it('names all mistakes at once', async () => {
    const said = await fail(
      'backup',
      '--with-volumes',
      'nobody,wiky,',
      '--with-volumes',
      'shopp/',
      '/nowhere/x.backup',
    );
    expect(said.match(/cannot (write|save) .*/g)).toEqual([
      'cannot write backup "/nowhere/x.backup": its folder is not there',
      'cannot save "nobody": there is neither a container nor an application of that name',
      'cannot save "wiky": there is neither a container nor an application of that name',
      'cannot save "": there is neither a container nor an application of that name',
      'cannot save "shopp/": there is not an application of that name',
    ]);
    expect(said).toMatch(/hint: did you mean "wiki"\?[^]*hint: did you mean "shop\/"\?/);
    expect(await fail('backup', '--only', '', 'x.backup')).toContain('cannot save ""');
  });

  it('takes several parts for one backup', async () => {
    const said = await host.runOrFail('docksmith', [
      'backup',
      '--dry-run',
      '--json',
      '--only',
      'wiki,shop',
      'x.backup',
    ]);
    expect(JSON.parse(said)).toMatchObject({ containers: ['wiki', 'shop-web'] });
    expect(await fail('backup', '--only', 'wiki', '--with-volumes', 'wiki', 'x')).toContain('does not go with');
  });

  it('has to be a file, which is looked at before a passphrase is', async () => {
    for (const command of ['backup', 'restore']) expect(await fail(command, '-')).toContain('"-" is none');
    expect(await fail('restore', '--yes', `${folder}/none`)).toBe(
      `docksmith: cannot read backup "${folder}/none": no such file or folder\n`,
    );
  });

  needs('strace')('on a file system without hard links', () => {
    it('is there whole, and replaces nothing', async () => {
      const file = path.join(folder, 'x.backup');
      const backup = (): ReturnType<typeof runTraced> =>
        runTraced([PROGRAM, 'backup', file], {
          env: { ...env, DOCKSMITH_ROOT: host.root, PATH: process.env['PATH'], DOCKSMITH_PASSPHRASE: PASSPHRASE },
          log: path.join(folder, 'log'),
          calls: ['link', 'linkat'],
          inject: 'link,linkat:error=EPERM',
        });
      expect((await backup()).exitCode).toBe(0);
      expect(readdirSync(folder).filter((name) => name.includes('x.backup'))).toEqual(['x.backup']);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const { exitCode, stderr } = await backup();
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('the file exists already')]);
      await host.runOrFail('docksmith', ['restore', '--dry-run', file], { env: { DOCKSMITH_PASSPHRASE: PASSPHRASE } });
    });
  });
});
