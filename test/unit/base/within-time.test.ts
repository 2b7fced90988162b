import { setTimeout } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { expect, it } from 'vitest';
import { withinTime } from '../../../src/base/within-time.ts';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

const wait = async (signal: AbortSignal): Promise<string> => setTimeout(10_000, 'waited', { signal, ref: false });

it('ends after its time, also when garbage was collected before', async () => {
  // on a busy machine it ends before the garbage is collected
  const waiting = expect(withinTime(300, wait)).rejects.toThrow('aborted');
  for (let n = 0; n < 5; n++) {
    await setTimeout(20);
    collectGarbage();
  }
  await waiting;
});

it("ends with the caller's signal, which may have come before", async () => {
  const [early, late] = [new AbortController(), new AbortController()];
  early.abort();
  await expect(withinTime(5000, wait, early.signal)).rejects.toThrow('aborted');
  const waiting = withinTime(5000, wait, late.signal);
  late.abort();
  await expect(waiting).rejects.toThrow('aborted');
});

it('gives what was waited for', async () => {
  expect(await withinTime(5000, async () => Promise.resolve(7))).toBe(7);
});
