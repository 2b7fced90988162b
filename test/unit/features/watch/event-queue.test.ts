import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type EventEnded, EventQueue } from '../../../../src/features/watch/event-queue.ts';

let began: string[];
let ended: EventEnded[];
let end: (failure?: string) => Promise<void>;
let queue: EventQueue;

beforeEach(() => {
  vi.useFakeTimers();
  [began, ended] = [[], []];
  const running: ((failure?: string) => void)[] = [];
  queue = new EventQueue({
    run: ({ event, args }) => {
      began.push([event, ...args].join(' '));
      return new Promise((resolve) => running.push(resolve));
    },
    onEnd: (one) => ended.push(one),
    settleMilliseconds: 300,
    retryMilliseconds: 1000,
  });
  end = async (failure) => {
    running.shift()?.(failure);
    await vi.advanceTimersByTimeAsync(0);
  };
});
afterEach(() => vi.useRealTimers());

const WWW = { event: 'update', args: ['www'] };
const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

it('makes one run of a burst, with what was seen last', async () => {
  for (const seen of ['1', '2', '3']) {
    queue.ask(WWW, 'rev', seen);
    await pass(50);
  }
  expect(began).toEqual([]);
  queue.ask(WWW, 'flag', 'x');
  await pass(1000);
  expect([began, queue.find('rev')]).toEqual([['update www'], '3']);
  await end();
  expect(ended.map(({ watches }) => Object.fromEntries(watches))).toEqual([{ rev: '3', flag: 'x' }]);
  await pass(10_000);
  expect([began.length, queue.find('rev')]).toEqual([1, undefined]);
});

it('runs an event once more for all that changes while it runs, and no two events at once', async () => {
  queue.ask(WWW, 'rev', '1');
  queue.ask({ event: 'update', args: ['shop'] }, 'shop', '1');
  await pass(1000);
  expect(began).toEqual(['update www']);
  for (const seen of ['2', '3']) {
    queue.ask(WWW, 'rev', seen);
    await pass(1000);
  }
  await end();
  expect(began.length).toBe(2);
  await end();
  expect(began.toSorted()).toEqual(['update shop', 'update www', 'update www']);
  await end();
  await pass(10_000);
  expect([began.length, ended.map(({ watches }) => watches.get('rev')).filter(Boolean)]).toEqual([3, ['1', '3']]);
});

it('tries a failed event again, later each time, and at once when something changes', async () => {
  queue.ask(WWW, 'rev', '1');
  await pass(300);
  await end('no');
  await pass(999);
  expect(began.length).toBe(1);
  await pass(1);
  expect(began.length).toBe(2);
  await end('no');
  await pass(1999);
  expect([began.length, queue.find('rev')]).toEqual([2, '1']);
  queue.ask(WWW, 'rev', '2');
  await pass(300);
  expect(began.length).toBe(3);
  await end();
  await pass(100_000);
  expect([began.length, ended.at(-1)?.failure, ended.at(-1)?.watches.get('rev')]).toEqual([3, undefined, '2']);
});

it('forgets what a watch asked for whose record has changed, before its event and while that runs', async () => {
  queue.ask(WWW, 'rev', '1');
  queue.forget('rev');
  await pass(1000);
  expect(began).toEqual([]);
  queue.ask(WWW, 'rev', '2');
  await pass(1000);
  queue.forget('rev');
  await end('no');
  await pass(100_000);
  expect([began.length, ended[0]?.watches.size]).toEqual([1, 0]);
});

it('begins nothing once it is closed, and waits for what runs', async () => {
  queue.ask(WWW, 'rev', '1');
  await pass(1000);
  queue.ask(WWW, 'rev', '2');
  let isClosed = false;
  void queue.close().then(() => (isClosed = true));
  await pass(1000);
  expect(isClosed).toBe(false);
  await end();
  await pass(1000);
  expect([isClosed, began.length]).toEqual([true, 1]);
});
