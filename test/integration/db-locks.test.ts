import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';

const DB = path.resolve(import.meta.dirname, '../../bin/db.js');
const FOLDER = '/var/lib/docksmith/db';
const FILE = path.posix.join(FOLDER, 'work');
/** Ours, and the one of the original. */
const LOCKS = [path.posix.join(FOLDER, '.work.docksmith.lock'), `${FILE}.lock`];
/** Takes the lock as the original does, says so, and holds it. */
const PERL_HOLDER =
  'use Fcntl qw(:flock); open(my $lock, ">>", shift) or die; flock($lock, LOCK_EX) or die; $| = 1; print "held"; sleep 600';

needs('strace')('the locks of a db', () => {
  let host: Host;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    host = makeHost();
    await host.db('work set k t');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    host.stop();
  });

  /** A command that runs, with what it says on standard error. */
  function start(
    program: string,
    args: readonly string[],
  ): { readonly child: ChildProcess; readonly ended: Promise<unknown[]>; readonly said: () => string } {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DBPATH: undefined, DOCKSMITH_ROOT: host.root },
    });
    children.push(child);
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more));
    return { child, ended: once(child, 'close'), said: () => text };
  }
  const startWriter = (value: string): ReturnType<typeof start> =>
    start(process.execPath, [DB, 'work', 'setprop', 'k', value, value]);
  const listCopies = (): readonly string[] =>
    readdirSync(host.file(FOLDER)).filter((name) => /docksmith-\d+$/.test(name));
  const isWaitingFor = (writer: ReturnType<typeof start>, holder: string): Promise<void> =>
    expect.poll(writer.said, { timeout: 30_000 }).toBe(`waiting for ${holder} to end\n`);

  it('are free when a writer of ours is killed in the middle of its write, and all who waited for it write', async () => {
    // stopped when its copy is written, and before that has the name
    const { ended } = start('strace', [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fsync',
      '-e',
      'inject=fsync:signal=STOP:when=1',
      process.execPath,
      DB,
      'work',
      'setprop',
      'k',
      'first',
      'x',
    ]);
    await expect.poll(listCopies, { timeout: 30_000 }).toHaveLength(1);
    const words = LOCKS.map((lock) => host.read(lock));
    const [, pid = '0'] = /^db work \(pid (\d+)\)\n$/.exec(words[0] ?? '') ?? [];
    expect(words[1]).toBe(words[0]);
    const writers = ['second', 'third'].map(startWriter);
    for (const writer of writers) await isWaitingFor(writer, `db work (pid ${pid})`);
    expect(await host.runOrFail('db', ['work', 'print', 'k'])).toBe('k=t\n');
    process.kill(Number(pid), 'SIGKILL');
    await ended;
    for (const writer of writers) expect(await writer.ended).toEqual([0, null]);
    expect(await host.runOrFail('db', ['work', 'print', 'k'])).toBe('k=t|second|second|third|third\n');
    expect(listCopies()).toEqual([]);
  });

  it("are free when a writer of the original's kind is killed, and what it left is no obstacle to anybody", async () => {
    const holder = start('perl', ['-e', PERL_HOLDER, host.file(`${FILE}.lock`)]);
    await once(holder.child.stdout ?? holder.child, 'data');
    const writer = startWriter('first');
    // it leaves no words of its own
    await isWaitingFor(writer, 'another process');
    holder.child.kill('SIGKILL');
    expect(await writer.ended).toEqual([0, null]);
    const next = startWriter('second');
    expect([await next.ended, next.said()]).toEqual([[0, null], '']);
    expect(await host.runOrFail('db', ['work', 'print', 'k'])).toBe('k=t|first|first|second|second\n');
  });

  it.each([
    ['words of one that is long dead', 'db work (pid 1)\n', 0o644],
    ['nothing in it', '', 0o600],
    ['bytes that mean nothing', '\0\x1b[31m'.repeat(1000), 0o600],
  ])('are free where files of that name are left, with %s', async (_, content, mode) => {
    for (const lock of LOCKS) host.write(lock, content, mode);
    const writer = startWriter('first');
    expect([await writer.ended, writer.said()]).toEqual([[0, null], '']);
    expect(LOCKS.map((lock) => host.read(lock))).toEqual(['', '']);
  });

  it('are refused where links are planted in their place, and what those lead to stays as it was', async () => {
    for (const lock of LOCKS) {
      host.write('/etc/precious', 'precious\n');
      host.remove(lock);
      symlinkSync(host.file('/etc/precious'), host.file(lock));
      const { exitCode, stderr } = await host.run('db', ['work', 'setprop', 'k', 'p', 'v']);
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringMatching(
          /^docksmith: .*cannot write db "work": cannot lock "[^"]*lock": too many symbolic links\n$/,
        ) as string,
      ]);
      expect(host.read('/etc/precious')).toBe('precious\n');
      host.remove(lock);
      host.write(lock, '');
    }
  });
});
