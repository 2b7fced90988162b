import { expect, it } from 'vitest';
import { type EventLock, type EventLockOptions, takeEventLock } from '../../../src/event/event-lock.ts';
import { makeTempHost, type TempHost } from '../../support/temp-host.ts';

const take = (host: TempHost, options: Partial<EventLockOptions> = {}): EventLock =>
  takeEventLock(host.paths, { command: 'signal-event docker-update', run: '1', waitSeconds: 0, env: {}, ...options });

it('a second event waits, is told for whom, and gives up when its time is over', () => {
  const host = makeTempHost();
  const first = take(host);
  const heard: unknown[] = [];
  expect(() => take(host, { run: '2', onWait: (holder) => heard.push(holder) })).toThrow(/still held after 0 seconds by signal-event docker-update, run 1 \(pid \d+\)/);
  expect(heard).toEqual([`signal-event docker-update, run 1 (pid ${process.pid})`]);
  first.release();
  take(host, { run: '2' }).release();
});

it('a call from a step joins, and so does a call from a step of that', () => {
  const host = makeTempHost();
  const outer = take(host);
  const nested = take(host, { run: '2', env: { DOCKSMITH_RUN: outer.token } });
  const inner = take(host, { run: '3', env: { DOCKSMITH_RUN: nested.token } });
  expect([outer.parent, nested.parent, inner.parent]).toEqual([undefined, '1', '2']);
  inner.release();
  nested.release();
  expect(() => take(host, { run: '4' })).toThrow('still held');
  outer.release();
});

it('calls that join from one step go one after the other, also beside the calls of a nested event', () => {
  const host = makeTempHost();
  const outer = take(host);
  const env = { DOCKSMITH_RUN: outer.token };
  const first = take(host, { run: '2', command: 'expand-template /a', env });
  expect(() => take(host, { run: '3', env })).toThrow(/still held after 0 seconds by expand-template \/a, run 2 /);
  const inner = take(host, { run: '4', env: { DOCKSMITH_RUN: first.token } });
  expect(() => take(host, { run: '5', env: { DOCKSMITH_RUN: first.token } })).toThrow('run 4');
  inner.release();
  first.release();
  take(host, { run: '3', env }).release();
  outer.release();
  expect(Object.keys(host.tree('/var/lib/docksmith/state'))).toEqual(['/var/lib/docksmith/state/event.lock']);
});

it('a call that outlived its event waits like everybody else', () => {
  const host = makeTempHost();
  const gone = take(host, { run: '1' });
  const { token } = gone;
  gone.release();
  const other = take(host, { run: '11' });
  expect(() => take(host, { run: '2', env: { DOCKSMITH_RUN: token } })).toThrow('run 11');
  other.release();
});

it('a call whose event was killed runs on its own', () => {
  const host = makeTempHost();
  const killed = take(host);
  // what a kill leaves: the lock is free, the holder's words stand in the file
  killed.release();
  const alone = take(host, { run: '2', env: { DOCKSMITH_RUN: killed.token } });
  expect([alone.parent, alone.token]).toEqual([undefined, '2/2']);
  expect(() => take(host, { run: '3' })).toThrow('run 2');
  alone.release();
});

it.each(['', '1', '/', 'nonsense/more'])('a variable of no meaning is not believed: %j', (value) => {
  const host = makeTempHost();
  const lock = take(host, { env: { DOCKSMITH_RUN: value } });
  expect(lock.parent).toBeUndefined();
  expect(() => take(host, { run: '2', env: { DOCKSMITH_RUN: value } })).toThrow('still held');
  lock.release();
});

it('cannot be taken where a file stands in place of its folder', () => {
  const host = makeTempHost();
  host.write('/var/lib/docksmith/state', 'a file');
  expect(() => take(host)).toThrow('cannot lock');
});
