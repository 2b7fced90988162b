import { expect, it } from 'vitest';
import { interleave, mergeByTime } from '../../../../src/features/logs/merge.ts';

interface Line {
  readonly time: string;
  readonly of: string;
}

async function* source(of: string, ...times: readonly string[]): AsyncGenerator<Line> {
  for (const time of times) yield await Promise.resolve({ time, of });
}

async function list<T>(lines: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

it('merges by time, and equal times in the order of the sources', async () => {
  const merged = await list(mergeByTime([source('a', '1', '4', '5'), source('b'), source('c', '2', '4')]));
  expect(merged.map(({ time, of }) => `${time}${of}`)).toEqual(['1a', '2c', '4a', '4c', '5a']);
  expect(await list(mergeByTime([]))).toEqual([]);
});

it('does not wait for a silent source when another has lines', async () => {
  let end = (): void => undefined;
  const silent = async function* (): AsyncGenerator<Line> {
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    yield { time: '0', of: 'silent' };
  };
  const seen: string[] = [];
  for await (const { time, of } of interleave([silent(), source('a', '1', '2')])) {
    seen.push(`${time}${of}`);
    if (seen.length === 2) end();
  }
  expect(seen).toEqual(['1a', '2a', '0silent']);
});

it('throws what a source throws', async () => {
  const broken = async function* (): AsyncGenerator<Line> {
    yield* source('a', '1');
    throw new Error('the engine went');
  };
  await expect(list(interleave([broken(), source('b', '1')]))).rejects.toThrow('the engine went');
  await expect(list(mergeByTime([broken()]))).rejects.toThrow('the engine went');
});
