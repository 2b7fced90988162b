import { expect, it } from 'vitest';
import type { AdminEngine, LogRequest, TaskLine } from '../../../../src/engine/admin-engine.ts';
import { ServiceFollower } from '../../../../src/features/logs/service-logs.ts';
import type { ServiceView } from '../../../../src/flow/swarm/service-views.ts';

const at = (second: number): string => `2026-11-30T10:00:${String(second).padStart(2, '0')}.000000000Z`;
const line = (node: string, second: number, text: string): TaskLine => ({
  node,
  task: `of ${node}`,
  time: at(second),
  stream: 'stdout',
  bytes: Buffer.from(text),
});

it('a followed service goes on from the last line of each node, by the clock of that node', async () => {
  const asked: LogRequest[] = [];
  const past = [line('n1', 30, 'one'), line('n2', 10, 'two')];
  // the clock of n2 is 15 seconds behind; nothing of n3 was there before
  const later = [...past, line('n2', 16, 'three'), line('n1', 31, 'four'), line('n3', 29, 'five')];
  const engine = {
    async *readServiceLogs(_id: string, request: LogRequest): AsyncGenerator<TaskLine> {
      asked.push(request);
      await Promise.resolve();
      yield* request.follow === true ? later : past;
    },
  } as Pick<AdminEngine, 'readServiceLogs'> as AdminEngine;
  const view = {
    name: 'shop',
    service: { id: 'id' },
    tasks: [{ node: 'n1', nodeName: 'web1' }],
  } as unknown as ServiceView;
  const follower = new ServiceFollower(engine, view, { names: ['shop'], follow: true });
  const read = async (lines: AsyncIterable<{ node?: string; bytes: Buffer }>): Promise<readonly string[]> => {
    const texts: string[] = [];
    for await (const { node = '', bytes } of lines) texts.push(`${node} ${bytes.toString()}`);
    return texts;
  };
  expect(await read(follower.readPast())).toEqual(['n2 two', 'web1 one']);
  expect(await read(follower.follow())).toEqual(['n2 three', 'web1 four', 'n3 five']);
  expect(asked.map(({ since }) => since)).toEqual([undefined, at(10)]);
});
