import { expect, it } from 'vitest';
import { aloneToken, type EventLock, type EventLockOptions, takeEventLock } from '../../../src/event/event-lock.ts';
import { isAtWork } from '../../../src/event/event-holder.ts';
import { makeTempHost, type TempHost } from '../../support/temp-host.ts';

const take = (host: TempHost, options: Partial<EventLockOptions> = {}): Promise<EventLock> =>
  takeEventLock(host.paths, { command: 'signal-event docker-update', run: '1', waitSeconds: 0, env: {}, ...options });

it('a second event waits, is told for whom, and gives up when its time is over', async () => {
  const host = makeTempHost();
  const first = await take(host);
  const heard: unknown[] = [];
  await expect(take(host, { run: '2', onWait: (holder) => heard.push(holder) })).rejects.toThrow(
    /still held after 0 s by signal-event docker-update, run 1 \(pid \d+\)/,
  );
  expect(heard).toEqual([`signal-event docker-update, run 1 (pid ${process.pid})`]);
  first.release();
  (await take(host, { run: '2' })).release();
});

it('a call from a step joins, and so does a call from a step of that', async () => {
  const host = makeTempHost();
  const outer = await take(host);
  const nested = await take(host, { run: '2', env: { DOCKSMITH_RUN: outer.token } });
  const inner = await take(host, { run: '3', env: { DOCKSMITH_RUN: nested.token } });
  expect([outer.parent, nested.parent, inner.parent]).toEqual([undefined, '1', '2']);
  inner.release();
  nested.release();
  await expect(take(host, { run: '4' })).rejects.toThrow('still held');
  outer.release();
});

it('calls that join from one step go one after the other, also beside the calls of a nested event', async () => {
  const host = makeTempHost();
  const outer = await take(host);
  const env = { DOCKSMITH_RUN: outer.token };
  const first = await take(host, { run: '2', command: 'expand-template /a', env });
  await expect(take(host, { run: '3', env })).rejects.toThrow(/still held after 0 s by expand-template \/a, run 2 /);
  const inner = await take(host, { run: '4', env: { DOCKSMITH_RUN: first.token } });
  await expect(take(host, { run: '5', env: { DOCKSMITH_RUN: first.token } })).rejects.toThrow('run 4');
  inner.release();
  first.release();
  (await take(host, { run: '3', env })).release();
  outer.release();
  expect(Object.keys(host.tree('/var/lib/docksmith/state'))).toEqual(['/var/lib/docksmith/state/event.lock']);
});

it('a call that the holder makes in its own process joins without a lock of its own; for another process its token is as any other', async () => {
  const host = makeTempHost();
  const outer = await take(host);
  const first = await take(host, { run: '2', env: { DOCKSMITH_RUN: aloneToken(outer.token) } });
  expect([first.parent, first.token]).toEqual(['1', '1/2']);
  expect(Object.keys(host.tree('/var/lib/docksmith/state'))).toEqual(['/var/lib/docksmith/state/event.lock']);
  const env = { DOCKSMITH_RUN: `${outer.token}/1` };
  const second = await take(host, { run: '3', env });
  await expect(take(host, { run: '4', env })).rejects.toThrow('run 3');
  second.release();
  first.release();
  outer.release();
});

it('a call that outlived its event waits like everybody else', async () => {
  const host = makeTempHost();
  const gone = await take(host, { run: '1' });
  const { token } = gone;
  gone.release();
  const other = await take(host, { run: '11' });
  await expect(take(host, { run: '2', env: { DOCKSMITH_RUN: token } })).rejects.toThrow('run 11');
  other.release();
});

it('a call whose event was killed runs on its own', async () => {
  const host = makeTempHost();
  const killed = await take(host);
  // what a kill leaves: the lock is free, the holder's words stand in the file
  killed.release();
  const alone = await take(host, { run: '2', env: { DOCKSMITH_RUN: killed.token } });
  expect([alone.parent, alone.token]).toEqual([undefined, '2/2']);
  await expect(take(host, { run: '3' })).rejects.toThrow('run 2');
  alone.release();
});

it.each(['', '1', '/', 'nonsense/more'])('a variable of no meaning is not believed: %j', async (value) => {
  const host = makeTempHost();
  const lock = await take(host, { env: { DOCKSMITH_RUN: value } });
  expect(lock.parent).toBeUndefined();
  await expect(take(host, { run: '2', env: { DOCKSMITH_RUN: value } })).rejects.toThrow('still held');
  lock.release();
});

it('cannot be taken where a file stands in place of its folder', async () => {
  const host = makeTempHost();
  host.write('/var/lib/docksmith/state', 'a file');
  await expect(take(host)).rejects.toThrow('cannot lock');
});

it('a run without an end is at work while its process lives and an event goes on, and was killed otherwise', async () => {
  const host = makeTempHost();
  expect(isAtWork(host.paths, { pid: process.pid })).toBe(false);
  const lock = await take(host);
  expect(isAtWork(host.paths, { pid: process.pid })).toBe(true);
  expect(isAtWork(host.paths, { pid: process.pid, ended: '2026-11-21T10:00:00Z' })).toBe(false);
  // above the largest number that the kernel gives to a process
  expect(isAtWork(host.paths, { pid: 2 ** 22 + 1 })).toBe(false);
  lock.release();
  expect(isAtWork(host.paths, { pid: process.pid })).toBe(false);
});
