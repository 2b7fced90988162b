import { lstatSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeKeyPair, makeRepository, type Repository, startSshServer } from '../support/git-server.ts';
import type { Host } from '../support/host.ts';
import { makeImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** Reads its page when it starts and on SIGHUP, and counts how often it was told to. */
const READER = `#!/bin/sh
trap "exit 0" TERM
read_it() { cat /www/current/page > /tmp/read; echo told >> /tmp/told; }
trap read_it HUP
read_it
while :; do sleep 3600 & wait $!; done
`;

/** Looks at two files of one revision over and over; each file says which revision it is of. */
const LOOK = `n=0; bad=0
while [ ! -e /tmp/stop ]; do
  cd /www && cd -P current || { bad=$((bad + 1)); continue; }
  read -r one < one; read -r two < sub/two
  [ "$one" = "$two" ] && [ -n "$one" ] || bad=$((bad + 1))
  n=$((n + 1))
done
echo $n $bad > /tmp/looked`;

needs('dockerd', 'git')('content from git', () => {
  const machine = useMachine({ clears: true });
  let host: Host;
  let repository: Repository;
  beforeAll(async () => {
    await makeImage(machine.engine, 'web:1', { cmd: ['/run'], files: { '/run': READER } });
  });
  beforeEach(async () => {
    repository = makeRepository();
    host = machine.makeHost({ env: {} });
    await host.db(
      `configuration set docker service status enabled Socket ${machine.proxy.socket} Daemon foreign`,
      'configuration set docksmith service status enabled ServiceManager command',
      'configuration set httpd service status disabled',
    );
  });
  afterEach(() => repository.remove());

  const setWww = (...more: readonly string[]): Promise<void> =>
    host.db(
      `docker_containers set www service status enabled Image web:1 Content.git ${repository.url} ContentPath /www ${more.join(' ')}`,
    );
  const inside = (...words: readonly string[]): Promise<string> => machine.engine.docker('exec', 'www', ...words);
  const sees = (): Promise<string> => inside('cat', '/www/current/page');
  const hasRead = (): Promise<string> => inside('cat', '/tmp/read');
  const timesTold = async (): Promise<number> => (await inside('cat', '/tmp/told')).split('\n').length;
  const signal = (...words: readonly string[]): ReturnType<Host['run']> => host.run('signal-event', words);
  const folder = '/var/lib/docksmith/content/www';

  it('is there before the container is made, changes by a new link and a signal, and not at all where nothing is new', async () => {
    const first = repository.commit({ page: 'one\n' });
    await setWww('ReloadSignal HUP');
    const dry = await host.runOrFail('signal-event', ['--dry-run', 'docker-update']);
    expect(dry).toContain(`would fetch content www: not there, from HEAD of ${repository.url}\n`);
    expect(host.files('/').filter((file) => file.includes('/content'))).toEqual([]);
    const made = await host.runOrFail('signal-event', ['docker-update']);
    expect(made).toContain(`S40docker-content: content www: none -> ${first.slice(0, 12)}\n`);
    expect(await hasRead()).toBe('one');
    const before = await machine.listContainers();

    const second = repository.commit({ page: 'two\n' });
    expect((await signal('--dry-run', 'docker-content-update', 'www')).stdout).toContain(
      'would fetch content www: asked for',
    );
    expect(await sees()).toBe('one');
    machine.proxy.reset();
    const { exitCode, stdout } = await signal('docker-content-update', 'www');
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringContaining(
        `S40docker-content-update: content www: ${first.slice(0, 12)} -> ${second.slice(0, 12)}\n` +
          `S50docker-reconcile: update www: ${folder}/current changed, send HUP\n`,
      ),
    ]);
    expect(machine.proxy.listMutating()).toEqual([expect.stringMatching(/^POST \/v[\d.]+\/containers\/\w+\/kill\?/)]);
    await expect.poll(hasRead).toBe('two');
    expect([await machine.listContainers(), await timesTold()]).toEqual([before, 2]);
    // the revision before is kept for who has it open
    expect(readdirSync(host.file(folder)).sort()).toEqual(['current', first, second].sort());

    const { ino, mtimeMs } = lstatSync(host.file(`${folder}/current`));
    machine.proxy.reset();
    for (const event of ['docker-content-update', 'docker-update']) {
      expect(await signal(event)).toMatchObject({ exitCode: 0 });
      expect(machine.proxy.listMutating()).toEqual([]);
    }
    expect(lstatSync(host.file(`${folder}/current`))).toMatchObject({ ino, mtimeMs });
    const third = repository.commit({ page: 'three\n' });
    await host.runOrFail('signal-event', ['docker-content-update']);
    expect(readdirSync(host.file(folder)).sort()).toEqual(['current', second, third].sort());
    expect(await host.runOrFail('docksmith', ['content', 'www'])).toMatch(
      new RegExp(`^NAME .*\nwww +${third.slice(0, 12)} +\\d+s +\\d+s ago +HEAD of ${repository.url}\n$`),
    );
  });

  it('is never seen half by what runs in the container, however often it changes', async () => {
    repository.commit({ page: 'x\n', one: '0\n', 'sub/two': '0\n' });
    await setWww('ReloadSignal none');
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('exec', '-d', 'www', 'sh', '-c', LOOK);
    for (let n = 1; n <= 5; n++) {
      repository.commit({ page: 'x\n', one: `${n}\n`, 'sub/two': `${n}\n` });
      await host.runOrFail('docksmith', ['update-content', 'www']);
    }
    await inside('touch', '/tmp/stop');
    await expect.poll(() => inside('cat', '/tmp/looked').catch(() => '')).not.toBe('');
    const [looks = 0, bad] = (await inside('cat', '/tmp/looked')).split(' ').map(Number);
    expect([looks > 100, bad]).toEqual([true, 0]);
    expect(await inside('cat', '/www/current/sub/two')).toBe('5');
  });

  it('stays as it was while the repository cannot be reached, which is said until it can', async () => {
    const first = repository.commit({ page: 'one\n' });
    await setWww();
    await host.runOrFail('signal-event', ['docker-update']);
    const before = await machine.listContainers();
    repository.commit({ page: 'two\n' });
    renameSync(`${repository.folder}/.git`, `${repository.folder}/away`);
    machine.proxy.reset();
    const { exitCode, stderr } = await signal('docker-content-update', 'www');
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining(
        `cannot use docker_containers www Content.git "${repository.url}": '${repository.folder}' does not appear to be a git repository`,
      ),
    ]);
    expect([machine.proxy.listMutating(), await machine.listContainers(), await sees()]).toEqual([[], before, 'one']);
    const shown = await host.run('docksmith', ['content', '--json']);
    expect([shown.exitCode, JSON.parse(shown.stdout)]).toEqual([
      1,
      {
        contents: [
          expect.objectContaining({
            name: 'www',
            revision: first,
            failure: {
              when: expect.any(String) as string,
              why: expect.stringContaining('does not appear to be a git repository') as string,
            },
          }),
        ],
      },
    ]);
    const status = await host.run('docksmith', ['status']);
    expect([status.exitCode, status.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^www: its content was not fetched \(.*\): .* does not appear to be a git repository; signal-event docker-content-update www tries again$/m,
      ),
    ]);
    // other events do not ask
    expect(await signal('docker-update')).toMatchObject({ exitCode: 0 });
    renameSync(`${repository.folder}/away`, `${repository.folder}/.git`);
    // without a ReloadSignal it is restarted, as for any other file that it mounts
    expect((await signal('docker-content-update', 'www')).stdout).toContain(`restart www: ${folder}/current changed`);
    expect([await hasRead(), (await host.run('docksmith', ['content'])).exitCode]).toEqual(['two', 0]);
    expect(await host.runOrFail('docksmith', ['status'])).not.toContain('not fetched');
  });

  it('goes when its record has gone, once no container has it any more', async () => {
    repository.commit({ page: 'one\n' });
    await setWww();
    await host.runOrFail('signal-event', ['docker-update']);
    await host.db('docker_containers delete www');
    await host.runOrFail('signal-event', ['docker-update']);
    // the orphan still sees it
    expect(await sees()).toBe('one');
    await host.runOrFail('docksmith', ['reconcile', '--remove-orphans']);
    expect(host.files('/var/lib/docksmith').filter((file) => file.includes('/content/'))).toEqual([]);
    expect(host.read('/var/lib/docksmith/state/contents.json')).not.toContain('www');
  });

  it('is what the record asks for: a branch, a tag, a revision, and another one when the record changes', async () => {
    const first = repository.commit({ page: 'one\n' });
    repository.git('tag', '--annotate', '--message=first', 'v1');
    repository.git('tag', 'both');
    repository.git('branch', 'feature/x');
    const second = repository.commit({ page: 'two\n' });
    repository.git('branch', 'both');
    for (const [ref, revision] of [
      ['v1', first],
      ['feature/x', first],
      ['both', second],
      ['refs/tags/both', first],
      [second, second],
      ['', second],
    ] as const) {
      await setWww('ContentRef', `"${ref}"`);
      if (ref === 'v1') await host.runOrFail('signal-event', ['docker-update']);
      else await host.runOrFail('docksmith', ['update-content', '--missing']);
      expect([ref, await inside('readlink', '/www/current')]).toEqual([ref, revision]);
    }
    // a revision never changes: nobody is asked
    await setWww('ContentRef', second);
    await host.runOrFail('signal-event', ['docker-update']);
    renameSync(`${repository.folder}/.git`, `${repository.folder}/away`);
    expect(await signal('docker-content-update', 'www')).toMatchObject({ exitCode: 0 });
  });

  it.each([
    [
      'a program as address',
      'Content.git',
      '"ext::sh -c date"',
      'Content.git "ext::sh -c date" has the scheme "ext", which is none of https, http, ssh and file',
    ],
    [
      'an option as address',
      'Content.git',
      '--upload-pack=date',
      'Content.git "--upload-pack=date" is not like https://HOST/PATH',
    ],
    [
      'an option as ref',
      'ContentRef',
      '--upload-pack=date',
      'ContentRef "--upload-pack=date" is not the name of a branch or tag',
    ],
    ['a password in the address', 'Content.git', 'https://u:w@example.test/x', 'has a password in it'],
    ['no such branch', 'ContentRef', 'nope', 'cannot use docker_containers www ContentRef "nope": "file:'],
    ['no folder in the container', 'ContentPath', '', 'it needs a ContentPath'],
    [
      'a folder that is taken',
      'MountPath',
      '/srv:/www/',
      'cannot use docker_containers www ContentPath "/www": its MountPath puts /srv there',
    ],
    [
      'a key for no ssh',
      'ContentKey',
      'deploy',
      'cannot use docker_containers www ContentKey "deploy": a key is for ssh',
    ],
  ])('%s is refused with record and prop before anything is touched', async (_what, prop, value, why) => {
    repository.commit({ page: 'one\n' });
    await host.db('secrets set deploy secret Value x');
    await setWww(prop, value === '' ? '""' : value);
    machine.proxy.reset();
    const { exitCode, stderr } = await signal('docker-update');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect([machine.proxy.listMutating(), host.files('/etc').filter((file) => file.endsWith('.yaml'))]).toEqual([
      [],
      [],
    ]);
    expect(await signal('docker-content-update', 'www')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(why) as string,
    });
    expect(host.files('/var/lib/docksmith').filter((file) => file.includes('/content/'))).toEqual([]);
  });

  it('may be empty', async () => {
    const revision = repository.commit({});
    await setWww();
    expect(await host.runOrFail('docksmith', ['update-content'])).toBe(
      `content www: none -> ${revision.slice(0, 12)}\n`,
    );
    expect(readdirSync(host.file(`${folder}/current/`))).toEqual([]);
  });

  it('names without content are refused', async () => {
    await host.db('docker_containers set wiki service status enabled Image web:1');
    expect(await signal('docker-content-update', 'wiki')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        'cannot find content of container "wiki": its record has no Content.git',
      ) as string,
    });
    expect(await host.run('docksmith', ['content', 'wik'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot find "wik" in db docker_containers') as string,
    });
    expect(await host.runOrFail('docksmith', ['update-content'])).toBe('nothing to do\n');
  });

  it('comes over ssh with a key of db secrets, which is nowhere else afterwards', async () => {
    const [key, other, locked] = [makeKeyPair(), makeKeyPair(), makeKeyPair('a passphrase')];
    const first = repository.commit({ page: 'one\n' });
    let server = await startSshServer(machine.namespace, key);
    const setKey = async (secret: string): Promise<void> => {
      expect(await host.run('db', ['secrets', 'set', 'deploy', 'secret', 'Value', secret])).toMatchObject({
        exitCode: 0,
      });
    };
    try {
      await host.db(
        `docker_containers set www service status enabled Image web:1 Content.git ${server.url}${repository.folder} ContentPath /www ContentKey deploy`,
      );
      for (const [secret, why] of [
        [undefined, 'ContentKey "deploy": db secrets has no such record with a Value'],
        ['sesame', 'ContentKey "deploy": the Value of that secret is no private key of ssh'],
        [locked.secret, 'ContentKey "deploy": ssh cannot read that key without a passphrase'],
        [other.secret, 'Permission denied (publickey'],
      ] as const) {
        if (secret !== undefined) await setKey(secret);
        expect(await signal('docker-update')).toMatchObject({
          exitCode: 1,
          stderr: expect.stringContaining(why) as string,
        });
      }
      await setKey(key.secret);
      const said = [
        await host.runOrFail('signal-event', ['docker-update']),
        await host.runOrFail('docksmith', ['content', '--json']),
      ];
      expect([await sees(), await inside('readlink', '/www/current')]).toEqual(['one', first]);
      const hidden = key.secret.split('\n')[2] ?? '';
      const holding = host
        .files()
        .filter(
          (file) => lstatSync(host.file(file)).isFile() && readFileSync(host.file(file), 'utf8').includes(hidden),
        );
      expect([
        holding.filter((file) => !/\/db\/secrets$|\/generations\//.test(file)),
        said.join().includes(hidden),
      ]).toEqual([[], false]);
      expect(host.read('/var/lib/docksmith/state/known_hosts')).toContain(' ssh-ed25519 ');

      // another server at the same address
      await server.stop();
      server = await startSshServer(machine.namespace, key);
      const changed = await signal('docker-content-update', 'www');
      expect([changed.exitCode, changed.stderr]).toEqual([
        1,
        expect.stringContaining('the server comes with another key than before'),
      ]);
      expect(await sees()).toBe('one');
    } finally {
      await server.stop();
    }
  });
});
