import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';

let host: Host;
beforeEach(async () => {
  host = makeHost();
  onTestFinished(() => host.stop());
  await host.db(
    'configuration set DomainName example.test',
    'configuration set SystemName host',
    'configuration set LocalIP 192.168.1.2',
    'configuration set docker service Daemon foreign',
    'configuration set httpd service status disabled',
    'docker_containers set wiki service status enabled Image wiki:1 MaxMemory 64',
  );
  expect(await signal()).toMatchObject({ exitCode: 0 });
});

const env = (more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}`,
  VISUAL: '',
  ...more,
});
const signal = (): ReturnType<Host['run']> => host.run('signal-event', ['docker-update'], { env: env() });
/** @param editor a command that is given the file */
const edit = (editor: string, ...args: readonly string[]): ReturnType<Host['run']> =>
  host.run('docksmith', ['edit', ...args], { env: env({ EDITOR: editor }) });
const props = (): Promise<string> => host.runOrFail('db', ['docker_containers', 'printprop', 'wiki']);
const SPEC = '/etc/docksmith/containers/wiki.yaml';

describe('docksmith edit', () => {
  it('takes what the editor leaves, shows its plan, and does it', async () => {
    const { exitCode, stdout, stderr } = await edit("sed -i 's/^MaxMemory .*/MaxMemory 128/'", '--yes', 'wiki');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('db       docker_containers wiki MaxMemory\n');
    expect(stdout).toMatch(/^\+.*128m/m);
    expect(stdout).toContain('update wiki');
    expect(stdout).toMatch(/docksmith edit: done, files: 1 installed/);
    expect(await props()).toContain('MaxMemory=128\n');
    expect(host.read(SPEC)).toContain('128m');
    expect(await host.runOrFail('docksmith', ['history', '-n', '1'])).toContain('docksmith edit');
  });

  it('adds and removes props, and takes any db', async () => {
    await edit('sh -c \'sed -i /^MaxMemory/d "$1"; echo Env.A 1 2 >> "$1"\' sh', '--yes', 'docker_containers', 'wiki');
    expect(await props()).toBe('Env.A=1 2\nImage=wiki:1\nstatus=enabled\n');
    await edit("sed -i 's/^type .*/type other.test/'", '--yes', 'configuration', 'DomainName');
    expect(await host.runOrFail('config', ['get', 'DomainName'])).toBe('other.test\n');
  });

  it('changes nothing where nothing was edited, and where it is a dry run', async () => {
    const before = [await props(), host.snapshot('/etc'), await host.runOrFail('docksmith', ['history'])];
    expect(await edit('true', '--yes', 'wiki')).toEqual({ exitCode: 0, stdout: 'nothing was changed\n', stderr: '' });
    const dry = await edit("sed -i 's/^Image .*/Image wiki:2/'", '--dry-run', 'wiki');
    expect(dry).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dry.stdout).toContain('recreate wiki');
    expect([await props(), host.snapshot('/etc'), await host.runOrFail('docksmith', ['history'])]).toEqual(before);
  });

  it.each([
    ["sed -i 's/^MaxMemory .*/MaxMemory 1/'", 'MaxMemory'],
    ["sed -i 's/^status .*/status enabled\\nSubDomain enabled\\nWebPort 80000/'", 'WebPort'],
    ["sed -i 's/^Image .*/Image=wiki:2/'", '"Image=wiki:2" has a = where a blank belongs'],
    ['false', 'the editor "false" ended with exit code 1'],
    ['no-such-editor', 'the editor "no-such-editor" ended with exit code 127'],
  ])('refuses what an event would, before anything is taken: %s', async (editor, said) => {
    const before = [await props(), host.read(SPEC)];
    const { exitCode, stdout, stderr } = await edit(editor, '--yes', 'wiki');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr.replace(/\s+/g, ' ')).toContain(said);
    expect([await props(), host.read(SPEC)]).toEqual(before);
  });

  it('does not overwrite what somebody else changed meanwhile', async () => {
    const other = `${process.execPath} ${process.cwd()}/bin/db.js docker_containers setprop wiki MaxMemory 256`;
    const { exitCode, stderr } = await edit(
      `sh -c 'sed -i "s/^MaxMemory .*/MaxMemory 128/" "$1"; DOCKSMITH_ROOT=${host.root} ${other}' sh`,
      '--yes',
      'wiki',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('somebody else changed it meanwhile');
    expect(await props()).toContain('MaxMemory=256\n');
  });

  it('names the record that may be meant, and asks nobody where nobody is', async () => {
    expect((await edit('true', 'wkii')).stderr).toContain('did you mean "wiki"?');
    expect((await edit('true', 'docker_container', 'wiki')).stderr).toContain('did you mean "docker_containers"?');
    const { exitCode, stderr } = await edit("sed -i 's/^MaxMemory .*/MaxMemory 128/'", 'wiki');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('hint: docksmith edit --yes wiki');
    expect(await props()).toContain('MaxMemory=64\n');
  });

  it('prints one JSON document, or nothing', async () => {
    const { stdout } = await edit("sed -i 's/^MaxMemory .*/MaxMemory 128/'", '--yes', '--json', 'wiki');
    expect(JSON.parse(stdout)).toMatchObject({
      records: [{ db: 'docker_containers', key: 'wiki', kind: 'changed', props: ['MaxMemory'] }],
      result: { event: 'docksmith edit', exitCode: 0, installed: [{ path: SPEC }] },
    });
    expect(await edit("sed -i 's/^MaxMemory .*/MaxMemory 64/'", '--yes', '--quiet', 'wiki')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    expect(await props()).toContain('MaxMemory=64\n');
  });
});

describe('--quiet', () => {
  it('prints nothing where all is well, and what is not on standard error', async () => {
    const run = (...args: readonly string[]): ReturnType<Host['run']> => host.run('docksmith', args, { env: env() });
    for (const args of [
      ['status', '--quiet'],
      ['verify', '-q'],
      ['reconcile', '--quiet'],
      ['plan', '-q'],
    ])
      expect(await run(...args)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await host.run('signal-event', ['--quiet', 'docker-update'], { env: env() })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    host.write(SPEC, 'edited: by hand\n');
    expect(await run('verify', '--quiet')).toEqual({ exitCode: 1, stdout: '', stderr: '' });
    expect(await run('stop', '--quiet', 'nobody')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('nobody') as string,
    });
  });

  it('asks nothing and is no JSON document', async () => {
    const run = (...args: readonly string[]): ReturnType<Host['run']> => host.run('docksmith', args, { env: env() });
    expect(await run('undo', '--quiet')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('hint: docksmith undo --quiet --yes') as string,
    });
    expect(await run('status', '--quiet', '--json')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('exclude each other') as string,
    });
  });
});

describe('verify --diff', () => {
  it('shows what was changed in a file, and what is not kept any more', async () => {
    const written = host.read(SPEC);
    host.write(SPEC, `${written}# by hand\n`, 0o640);
    const { exitCode, stdout } = await host.run('docksmith', ['verify', '--diff']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('\n+# by hand\n');
    const { files } = JSON.parse((await host.run('docksmith', ['verify', '--diff', '--json'])).stdout) as {
      files: readonly { path: string; diff: string }[];
    };
    expect(files).toEqual([
      { path: SPEC, kind: 'edited', details: [], diff: expect.stringContaining('+# by hand') as string },
    ]);
    host.remove('/var/lib/docksmith/state/generations/objects');
    expect((await host.run('docksmith', ['verify', '--diff'])).stdout).toContain(
      `${SPEC}: history does not keep any more what was written`,
    );
  });
});

describe('names behind an event', () => {
  it.each([
    [['docker-update', 'wiki'], 'takes no names'],
    [['post-install', 'wiki'], 'takes no names'],
    [['docker-container-stop'], 'no container is named'],
    [['docker-container-update'], 'no container is named'],
  ])('are refused before anything is done where they are wrong: %j', async (words, said) => {
    const before = host.snapshot();
    const { exitCode, stdout, stderr } = await host.run('signal-event', words, { env: env() });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(said);
    expect(host.snapshot()).toEqual(before);
  });
});
