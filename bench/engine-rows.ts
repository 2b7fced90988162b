import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeCreateBody } from '../src/container/spec/create-body.ts';
import { readRunSpecs } from '../src/flow/containers/run-specs.ts';
import { findPaths } from '../src/base/paths.ts';
import { startCountingProxy } from '../test/support/counting-proxy.ts';
import { startDockerd } from '../test/support/dockerd.ts';
import { makeHost } from '../test/support/host.ts';
import { makeSleepImage } from '../test/support/image.ts';
import { alternate, bin, ROOT, startNode, timeNode } from './measure.ts';
import type { Figure } from './row.ts';

const CONTAINERS = 50;

/** The rows that ask a real engine: a private one, as the tests start it. */
export interface EngineRows {
  readonly measureUnchanged: (rounds: number) => Promise<Figure>;
  readonly measureFirst: (rounds: number) => Promise<Figure>;
  stop(): Promise<void>;
}

/** An engine without containers, and a host whose run specs of 50 are installed. Needs root, dockerd and busybox. */
export async function startEngineRows(): Promise<EngineRows> {
  const engine = await startDockerd();
  const host = makeHost({ env: { DOCKER_HOST: `unix://${engine.socket}` } });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-bench-'));
  const env = { DOCKSMITH_ROOT: host.root, DOCKER_HOST: `unix://${engine.socket}` };
  await makeSleepImage(engine, 'bench:1');
  await host.db(
    'configuration set DomainName example.test',
    'configuration set SystemName host',
    'configuration set LocalIP 127.0.0.1',
    'networks set 127.0.0.0 network Mask 255.0.0.0',
    ...Array.from(
      { length: CONTAINERS },
      (_, n) =>
        `docker_containers set c${n} service status enabled Image bench:1 MaxMemory ${32 + n} Environment NUMBER=${n} Pull never`,
    ),
  );
  host.write('/etc/docksmith/events/bench/templates2expand/etc/docksmith/containers', '');
  await host.runOrFail('signal-event', ['bench']);

  const reconcile = (): Promise<number> => timeNode([bin('docksmith'), 'reconcile'], { env });
  const removeAll = async (): Promise<void> => {
    const ids = (await engine.docker('ps', '--all', '--quiet')).split('\n').filter((id) => id !== '');
    if (ids.length > 0) await engine.docker('rm', '--force', ...ids);
  };

  return {
    async measureUnchanged(rounds) {
      await reconcile();
      const proxy = await startCountingProxy(engine.socket);
      await host.runOrFail('docksmith', ['reconcile'], { env: { DOCKER_HOST: `unix://${proxy.socket}` } });
      const [calls, mutating] = [proxy.calls.length, proxy.listMutating()];
      await proxy.stop();
      const parts = await alternate(rounds, { 'node -e 0': startNode, reconcile });
      return {
        value: parts.reconcile / parts['node -e 0'],
        limit: 2,
        parts: { ...parts, 'calls of the engine': calls },
        ...(mutating.length === 0 ? {} : { broken: `mutating calls: ${mutating.join(', ')}` }),
      };
    },
    async measureFirst(rounds) {
      const specs = readRunSpecs(findPaths({ DOCKSMITH_ROOT: host.root }));
      const bodies = path.join(folder, 'bodies.json');
      writeFileSync(bodies, JSON.stringify([...specs].map(([name, spec]) => [name, makeCreateBody(spec)])));
      const parts = await alternate(rounds, {
        direct: async () => {
          await removeAll();
          return timeNode([path.join(ROOT, 'bench/direct.js'), engine.socket, bodies]);
        },
        reconcile: async () => {
          await removeAll();
          return reconcile();
        },
      });
      return { value: parts.reconcile / parts.direct, limit: 1.15, parts };
    },
    async stop() {
      rmSync(folder, { recursive: true });
      host.stop();
      await engine.stop();
    },
  };
}
