import { expect, it } from 'vitest';
import { MemoryEngine } from '../../../src/engine/memory/memory-engine.ts';
import { getOurs } from '../../../src/flow/engine-access.ts';
import { listInvolved } from '../../../src/flow/involved.ts';
import { planRenderedContainers } from '../../../src/flow/containers/containers-step.ts';
import { NO_CHANGES, type Removal } from '../../../src/output/plan/change-set.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS } from '../../support/sample.ts';
import { makeTempHost } from '../../support/temp-host.ts';
import { worldOf } from '../../support/host-state.ts';

/** A server whose only record of containers is of this type. */
function hostState(type: string): ReturnType<typeof worldOf> {
  const wiki = record('wiki', type, { status: 'enabled', Image: 'wiki:1' });
  return worldOf({
    root: makeTempHost().paths.root,
    dbs: new Map([...SAMPLE_DBS, ['docker_containers', db(wiki)]]),
    facts: SAMPLE_FACTS,
  });
}

it('a record that makes no container any more is as good as gone, and its last outputs are removed', async () => {
  const file = '/etc/docksmith/containers/wiki.yaml';
  const removal: Removal = {
    owned: {
      path: file,
      template: '/etc/docksmith/containers',
      record: { db: 'docker_containers', key: 'wiki' },
      digest: '',
      mode: 0o644,
      uid: 0,
      gid: 0,
      services: [],
    },
    old: undefined,
    edited: false,
  } as unknown as Removal;
  const expanded = {
    outputs: [],
    changes: { ...NO_CHANGES, remove: [removal] },
    warnings: [],
    done: [],
    toRemember: undefined,
  };
  const plan = await planRenderedContainers(
    { hostState: hostState('template'), expanded, retry: false },
    { names: ['wiki'] },
    new MemoryEngine(),
  );
  expect(plan.plan).toMatchObject({ operations: [], notes: [] });
});

it('a record that makes no container was not forgotten to be made', async () => {
  await expect(getOurs(new MemoryEngine(), hostState('template').snapshot, ['wiki'])).rejects.toThrow(
    'cannot find container "wiki": there is neither a record of it nor a container that docksmith made',
  );
  await expect(getOurs(new MemoryEngine(), hostState('service').snapshot, ['wiki'])).rejects.toThrow(
    'it has a record, and was not created yet',
  );
});

it('a record that makes no container is involved in no update of others', () => {
  const { paths, facts } = hostState('service');
  const follows = (type: string): readonly string[] => {
    const dbs = new Map([
      ...SAMPLE_DBS,
      [
        'docker_containers',
        db(
          record('wiki', 'service', { status: 'enabled' }),
          record('draft', type, { status: 'enabled', network: 'container:wiki' }),
        ),
      ],
    ]);
    return listInvolved(paths, worldOf({ root: paths.root, dbs, facts }).snapshot, ['wiki']);
  };
  expect([follows('template'), follows('service')]).toEqual([['wiki'], ['wiki', 'draft']]);
});
