import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { inspectImage, listPublishedPorts } from '../../../../src/container/actual/engine-facts.ts';
import { applyPlan } from '../../../../src/container/apply/apply.ts';
import { makeHealthWait } from '../../../../src/container/apply/health-wait.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { planFor, reconcile, showPlan } from '../../../support/container-world.ts';

it('finds its containers again in its file', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'docksmith-test-'));
  try {
    const file = path.join(folder, 'engine.json');
    await reconcile(new MemoryEngine({ file, images: { 'app:1': {} } }), { wiki: '' });
    expect(await showPlan(new MemoryEngine({ file }), { wiki: '' })).toEqual(['nothing to do']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('tells which ports are published and what images expose, as facts', async () => {
  const engine = new MemoryEngine({ images: { 'app:1': { ExposedPorts: { '80/tcp': {}, '53/udp': {} } } } });
  await reconcile(engine, { wiki: 'ports: ["127.0.0.1:8080:80", "53:53/udp"]' });
  expect(await listPublishedPorts(engine)).toEqual([
    { protocol: 'tcp', address: '127.0.0.1', port: 8080, container: 'wiki', ours: true },
    { protocol: 'udp', address: '0.0.0.0', port: 53, container: 'wiki', ours: true },
  ]);
  expect(await inspectImage(engine, 'app:1')).toEqual({
    exposedPorts: [
      { port: 80, protocol: 'tcp' },
      { port: 53, protocol: 'udp' },
    ],
  });
  expect(await inspectImage(engine, 'other:1')).toBeUndefined();
});

it('holds two hundred containers, each of which becomes healthy', async () => {
  const engine = new MemoryEngine({ images: { 'app:1': {} } });
  const names = Array.from({ length: 200 }, (_, n) => `app${n}`);
  const wanted = Object.fromEntries(
    names.map((name, n) => [name, n % 20 === 0 ? '' : `depends_on: [${names[n - 1] ?? ''}]`]),
  );
  const plan = await planFor(engine, wanted);
  const applied = await applyPlan(engine, plan, () => undefined, makeHealthWait(engine, { wait: 2000, uptime: 1000 }));
  expect(applied.failed).toEqual([]);
  expect(await showPlan(engine, wanted)).toEqual(['nothing to do']);
  expect((await engine.listContainers()).filter(({ status }) => status === 'running')).toHaveLength(200);
});
