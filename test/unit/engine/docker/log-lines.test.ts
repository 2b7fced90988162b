import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Output } from '../../../../src/engine/admin-engine.ts';
import { readFrames, readLogLines, readTerminalFrames } from '../../../../src/engine/docker/log-lines.ts';

function frame(stream: 1 | 2, text: string): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function list<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

const show = ({ stream, bytes }: Output): string => `${stream} ${bytes.toString()}`;

it('takes frames apart however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(1 as const, 2 as const), fc.string())),
      fc.integer({ min: 1, max: 30 }),
      async (frames, size) => {
        const sent = Buffer.concat(frames.map(([stream, text]) => frame(stream, text)));
        expect((await list(readFrames(cut(sent, size)))).map(show)).toEqual(
          frames.map(([stream, text]) => `${stream === 1 ? 'stdout' : 'stderr'} ${text}`),
        );
      },
    ),
    { numRuns: 50 },
  );
});

it('puts the pieces of a long line together, between lines of the other stream', async () => {
  const sent = Buffer.concat([
    frame(1, '2026-01-01T00:00:00.000000001Z aaa'),
    frame(2, '2026-01-01T00:00:00.000000002Z error\n'),
    frame(1, '2026-01-01T00:00:00.000000003Z bbb\n'),
    frame(1, '2026-01-01T00:00:00.000000004Z \n'),
    frame(1, '2026-01-01T00:00:00.000000005Z without an end'),
  ]);
  expect(
    (await list(readLogLines(readFrames(cut(sent, 7))))).map((line) => `${line.time.slice(-3)} ${show(line)}`),
  ).toEqual(['02Z stderr error', '01Z stdout aaabbb', '04Z stdout ', '05Z stdout without an end']);
});

it('reads the lines of a terminal, which have no frames and two ends', async () => {
  const sent = Buffer.from('2026-01-01T00:00:00.000000001Z one\r\n2026-01-01T00:00:00.000000002Z two');
  expect((await list(readLogLines(readTerminalFrames(cut(sent, 5))))).map(show)).toEqual(['stdout one', 'stdout two']);
});
