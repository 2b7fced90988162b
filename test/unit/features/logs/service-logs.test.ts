import { expect, it } from 'vitest';
import { failuresOf } from '../../../../src/base/errors.ts';
import type { AdminEngine, LogRequest, TaskLine } from '../../../../src/engine/admin-engine.ts';
import { findServices, ServiceFollower } from '../../../../src/features/logs/service-logs.ts';
import type { ServiceView } from '../../../../src/flow/swarm/service-views.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';

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

it('a host that is no manager says where the log is', async () => {
  const service = { status: 'enabled', Image: 'app:1', Replicas: '2' };
  const dbs = new Map([
    ['docker_containers', db(record('shop', 'service', service), record('api', 'service', service))],
  ]);
  await expect(findServices(snapshotOf(dbs), ['wiki'])).resolves.toEqual(new Map());
  const refused = await findServices(snapshotOf(dbs), ['wiki', 'shop', 'api']).catch((error: unknown) => error);
  expect(failuresOf(refused).map(({ message, hint }) => `${message} (${hint})`)).toEqual(
    ['shop', 'api'].map(
      (name) =>
        `cannot read the log of service "${name}": managers of the swarm know its tasks, and this host is none (on a manager: docksmith logs ${name})`,
    ),
  );
});
