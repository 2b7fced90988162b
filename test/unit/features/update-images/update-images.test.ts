import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { MemoryState } from '../../../../src/engine/memory/memory-state.ts';
import { reconcile } from '../../../../src/flow/containers/run-reconcile.ts';
import type { Reporter } from '../../../../src/flow/reporter.ts';
import { updateImages } from '../../../../src/features/update-images/update-images.ts';
import { makeRoot, writeTree } from '../../../support/folder.ts';

const QUIET: Reporter = {
  waiting: () => undefined,
  progress: () => undefined,
  installed: () => undefined,
  line: () => undefined,
  warning: () => undefined,
};

it('recreates a container that is bound to one which got a newer image', async () => {
  const paths = makeRoot({
    'containers/first.yaml': 'services:\n  first:\n    image: first:1\n',
    'containers/bound.yaml': 'services:\n  bound:\n    image: other:1\n    network_mode: "container:first"\n',
    'containers/apart.yaml': 'services:\n  apart:\n    image: other:1\n',
  });
  writeTree(paths.file('/var/lib/docksmith/db'), {
    docker_containers: ['first', 'bound', 'apart'].map((name) => `${name}=service|Image|app|status|enabled\n`).join(''),
  });
  const file = paths.file('/engine.json');
  vi.stubEnv('DOCKSMITH_ENGINE', `memory://${file}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { failures } = await reconcile(
    paths,
    { command: 'docksmith reconcile', mayStayPending: false },
    QUIET,
    () => undefined,
  );
  expect(failures).toEqual([]);

  // as if the name had meant another image when it was made
  const state = JSON.parse(readFileSync(file, 'utf8')) as MemoryState;
  for (const { name, inspect } of state.containers)
    if (name === 'first') Object.assign(inspect, { Image: 'image-of-older' });
  writeFileSync(file, JSON.stringify(state));

  const done: string[] = [];
  const updated = await updateImages(paths, { names: ['first'] }, QUIET, ({ operation: { verb, name }, state: is }) => {
    if (is === 'done') done.push(`${verb} ${name}`);
  });
  expect(updated.failures).toEqual([]);
  expect(done).toEqual(['pull first:1', 'recreate first', 'recreate bound']);
});
