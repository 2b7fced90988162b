import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Etcd, findPorts, startEtcd } from '../support/etcd.ts';
import { makeRepository } from '../support/git-server.ts';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import { startWatcher, type Watcher } from '../support/watcher.ts';

/** Notes each run, and whether two of them are at it at once; waits as long as the file says. */
const STEP = `#!/bin/sh
event=$1; shift
cd "$DOCKSMITH_ROOT/log" || exit 1
mkdir "at-$*" 2>/dev/null || echo "twice at once" >> bad
[ ! -e slow ] || sleep "$(cat slow)"
echo "$*" >> runs
rmdir "at-$*"
[ ! -e fail ] || exit 3
`;

const PATIENCE = { timeout: 20_000, interval: 50 };

let host: Host;
let watcher: Watcher | undefined;

beforeEach(() => {
  host = makeHost();
  host.write('/etc/docksmith/events/woken/S50note', STEP);
  host.write('/log/keep', '');
});
afterEach(async () => {
  await watcher?.kill();
  watcher = undefined;
  expect(existsSync(host.file('/log/bad'))).toBe(false);
  host.stop();
});

const runs = (): readonly string[] =>
  existsSync(host.file('/log/runs')) ? readFileSync(host.file('/log/runs'), 'utf8').trim().split('\n') : [];
const count = (): number => runs().length;
const begin = (): Watcher => (watcher = startWatcher(host));
/** Waits until nothing more is asked for. */
const settled = async (wanted: number): Promise<void> => {
  await expect.poll(count, PATIENCE).toBe(wanted);
};

needs('etcd')('an event woken by a key of etcd', () => {
  let etcd: Etcd;
  const watchKey = (...more: readonly string[]): Promise<void> =>
    host.db(
      `watches set www etcd Endpoints ${etcd.endpoints.join()} Key /www/rev Event woken Args www ${more.join(' ')}`,
    );
  afterEach(() => etcd.stop());

  it('is run once at first, then for each change, which a burst is one of, and never twice at once', async () => {
    etcd = await startEtcd({ members: 1 });
    await etcd.put('/www/rev', '1');
    await watchKey();
    begin();
    await settled(1);
    await etcd.put('/www/rev', '2');
    await settled(2);
    await etcd.put('/www/other', 'x');
    host.write('/log/slow', '1');
    await etcd.put('/www/rev', '3');
    await expect.poll(() => existsSync(host.file('/log/at-www')), PATIENCE).toBe(true);
    // one run is at it: all of these are one more
    for (let n = 4; n < 20; n++) await etcd.put('/www/rev', String(n));
    await settled(4);
    host.remove('/log/slow');
    await etcd.delete('/www/rev');
    await settled(5);
    expect([...new Set(runs())]).toEqual(['www']);
    expect(await watcher?.stop()).toBe(143);
  });

  it('catches up with what changed while it was stopped or killed, and does nothing where nothing did', async () => {
    etcd = await startEtcd({ members: 1 });
    await watchKey();
    begin();
    await settled(1);
    await watcher?.stop();
    await etcd.put('/www/rev', '1');
    begin();
    await settled(2);
    await watcher?.kill();
    begin();
    await expect.poll(() => watcher?.said(), PATIENCE).toContain('www: watching etcd');
    // what follows is seen after the first look, at which nothing was new
    await etcd.put('/www/rev', '2');
    await settled(3);
    // killed in the middle of an event: it is run again
    host.write('/log/slow', '2');
    await etcd.put('/www/rev', '3');
    await expect.poll(() => existsSync(host.file('/log/at-www')), PATIENCE).toBe(true);
    await watcher?.kill();
    await settled(4);
    host.remove('/log/slow');
    begin();
    await settled(5);
  });

  it('goes on with another member when one is killed, is frozen, or the majority is away for a while', async () => {
    etcd = await startEtcd();
    await watchKey('Interval 2s');
    begin();
    await settled(1);
    await etcd.kill(0);
    await etcd.put('/www/rev', '1');
    await settled(2);

    // without a majority nothing is known, and the event is not run
    await etcd.kill(1);
    await expect.poll(() => watcher?.said(), PATIENCE).toContain('www: cannot be reached');
    expect(await host.run('docksmith', ['watches'])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('www: cannot be reached: http://127.0.0.1:') as string,
    });
    await etcd.start(1);
    await expect.poll(() => watcher?.said(), PATIENCE).toContain('www: can be reached again');
    expect(count()).toBe(2);
    await etcd.put('/www/rev', '2');
    await settled(3);

    // the member that is followed now says nothing any more, and its connection stays open
    await etcd.start(0);
    etcd.freeze(1);
    await etcd.put('/www/rev', '3');
    await settled(4);
    etcd.freeze(2);
    etcd.thaw(1);
    await etcd.put('/www/rev', '4');
    await settled(5);
    etcd.thaw(2);
    expect((await host.run('docksmith', ['watches'])).exitCode).toBe(0);
  });

  it('speaks TLS with an authority of its own, and follows all keys with a prefix', async () => {
    etcd = await startEtcd({ members: 1, isTls: true });
    await watchKey('Prefix yes', `Interval 1s`);
    await host.db('watches setprop www Key /www/');
    begin();
    await expect.poll(() => watcher?.said(), PATIENCE).toMatch(/cannot be reached: .*certificate/);
    host.write('/etc/ca.pem', readFileSync(etcd.authority, 'utf8'));
    await host.db('watches setprop www CACert /etc/ca.pem');
    await settled(1);
    for (const [n, change] of [
      () => etcd.put('/www/a', '1'),
      () => etcd.put('/www/b', '1'),
      () => etcd.delete('/www/a'),
    ].entries()) {
      await change();
      await settled(n + 2);
    }
    await etcd.put('/wwx', '1');
    await etcd.put('/www/z', '1');
    await settled(5);
  });
});

needs('git')('an event woken by something else', () => {
  it('a file that is written, replaced, removed or made', async () => {
    host.write('/srv/flag', '1');
    await host.db('watches set flag file Path /srv/flag Event woken Args flag Interval 100ms');
    begin();
    await settled(1);
    for (const [n, change] of [
      () => host.write('/srv/flag', '2'),
      () => host.remove('/srv/flag'),
      () => host.write('/srv/flag', '2'),
    ].entries()) {
      change();
      await settled(n + 2);
    }
  });

  it('is tried again after a failure, and the failure is shown until then', async () => {
    await host.db('watches set flag file Path /srv/flag Event woken Args flag Interval 100ms');
    host.write('/log/fail', '');
    begin();
    await settled(1);
    await expect
      .poll(async () => (await host.run('docksmith', ['watches'])).stdout, PATIENCE)
      .toContain('flag: its event failed: cannot complete step "S50note" of event "woken": exit code 3');
    host.remove('/log/fail');
    // at once, since something has changed
    host.write('/srv/flag', '1');
    await settled(2);
    await expect.poll(async () => (await host.run('docksmith', ['watches'])).exitCode, PATIENCE).toBe(0);
    expect(JSON.parse(await host.runOrFail('docksmith', ['watches', '--json']))).toMatchObject({
      isRunning: true,
      watches: [{ name: 'flag', kind: 'file', what: '/srv/flag', event: 'woken', args: ['flag'], failure: null }],
    });
  });

  it('records are read again when they change, and the service runs once', async () => {
    begin();
    await host.db('watches set one file Path /srv/one Event woken Args one Interval 100ms');
    await settled(1);
    await host.db('watches set two file Path /srv/two Event woken Args two Interval 100ms');
    await settled(2);
    const second = await host.run('docksmith', ['watch']);
    expect([second.exitCode, second.stderr]).toEqual([1, expect.stringContaining('watch.lock')]);
    await host.db('watches setprop one status disabled');
    await expect
      .poll(async () => (await host.run('docksmith', ['watches'])).stdout, PATIENCE)
      .not.toContain('/srv/one');
    await expect
      .poll(() => JSON.stringify(host.read('/var/lib/docksmith/state/watches.json')), PATIENCE)
      .not.toContain('one');
    host.write('/srv/one', '1');
    host.write('/srv/two', '1');
    await settled(3);
    expect(runs()).toEqual(['one', 'two', 'two']);
  });

  it('a push to a repository fetches the content of a container', async () => {
    const repository = makeRepository();
    try {
      repository.commit({ page: 'one\n' });
      // as docker-content-update, without an engine
      host.write('/etc/docksmith/events/fetch/S40fetch', '#!/bin/sh\nshift\nexec docksmith update-content "$@"\n');
      await host.db(
        `docker_containers set www service status enabled Content.git ${repository.url} ContentPath /www`,
        `watches set www git Repository ${repository.url} Ref main Event fetch Args www Interval 200ms`,
      );
      begin();
      const page = '/var/lib/docksmith/content/www/current/page';
      const read = (): string => (existsSync(host.file(page)) ? host.read(page) : '');
      await expect.poll(read, PATIENCE).toBe('one\n');
      repository.commit({ page: 'two\n' });
      await expect.poll(read, PATIENCE).toBe('two\n');
    } finally {
      repository.remove();
    }
  });

  it('a webhook that brings the token, in one of three ways', async () => {
    const token = 'a token of twenty-two characters';
    const [port] = await findPorts(1);
    await host.db(
      `secrets set hook secret Value "${token}"`,
      `configuration set docksmith-watch service TCPPort ${port ?? 0}`,
      'watches set push webhook Event woken Args push Token hook',
      'watches set flag file Path /srv/flag Event woken Args flag Interval 100ms',
    );
    begin();
    await settled(1);
    const call = (
      name: string,
      headers: Readonly<Record<string, string>> = {},
      body = '{}',
      method = 'POST',
    ): Promise<number> =>
      new Promise((resolve, reject) => {
        http
          .request({ host: '127.0.0.1', port, path: `/${name}`, method, headers }, (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          })
          .on('error', reject)
          .end(body);
      });
    await expect.poll(() => call('push').catch(() => 0), PATIENCE).toBe(403);
    const sign = (key: string): string => `sha256=${createHmac('sha256', key).update('{}').digest('hex')}`;
    for (const [name, headers] of [
      ['push', { authorization: 'Bearer wrong' }],
      ['push', { 'x-gitlab-token': `${token}x` }],
      ['push', { 'x-hub-signature-256': sign('wrong') }],
      ['push', { 'x-hub-signature-256': sign('') }],
      ['nobody', { authorization: `Bearer ${token}` }],
      ['flag', { authorization: `Bearer ${token}` }],
    ] as const)
      expect([name, headers, await call(name, headers)]).toEqual([name, headers, 403]);
    expect(await call('push', {}, '', 'GET')).toBe(405);
    expect(count()).toBe(1);
    for (const [n, headers] of [
      { authorization: `Bearer ${token}` },
      { 'x-gitlab-token': token },
      { 'x-hub-signature-256': sign(token) },
    ].entries()) {
      expect(await call('push', headers)).toBe(202);
      await settled(n + 2);
    }
    expect(watcher?.said()).not.toContain(token);
  });

  it('what is wrong with a record is named with its prop, by an event before it touches anything, and by the service', async () => {
    await host.db(
      'configuration set docker service Daemon foreign',
      'secrets set short secret Value abc',
      'watches set a etcd Key /x Event woken',
      'watches set b etcd Endpoints 127.0.0.1:2379 Key /x Event woken',
      'watches set c file Path /x',
      'watches set d git Repository "ext::date" Event woken',
      'watches set e webhook Event woken Token nothing',
      'watches set f webhook Event woken Token short',
      'watches set g file Path /x Event nope',
      'watches set h fil Path /x Event woken',
      'watches set i file Path /x Event woken',
    );
    const mistakes = [
      'cannot accept watches a: Endpoints is not set',
      'cannot accept watches b: Endpoints "127.0.0.1:2379" is not http://HOST:PORT',
      'cannot accept watches c: Event is not set',
      'cannot accept watches d: Repository "ext::date" has the scheme "ext"',
      'cannot use watches e Token "nothing": db secrets has no such record with a Value',
      'cannot use watches f Token "short": the Value of that secret has fewer than 16 characters',
      'cannot accept watches h: the type "fil" is none of etcd, file, git, webhook',
    ];
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    for (const mistake of mistakes) expect(stderr).toContain(mistake);
    expect([exitCode, host.files('/etc').filter((file) => !file.startsWith('/etc/docksmith/events'))]).toEqual([1, []]);
    const unknown = 'cannot use watches g Event "nope": there is no such event';
    const dry = await host.run('docksmith', ['watch', '--dry-run']);
    for (const mistake of [...mistakes, unknown, 'would watch i: file /x, and run woken'])
      expect(dry.stdout).toContain(mistake);
    expect([dry.exitCode, count()]).toEqual([1, 0]);
    begin();
    // the one that is in order is watched
    await settled(1);
    expect(watcher?.said()).toContain(unknown);
  });
});
