import { expect, it } from 'vitest';
import type { Service, Task } from '../../../../src/engine/swarm-api.ts';
import { NoQuorum, type SwarmNode } from '../../../../src/engine/swarm-engine.ts';
import { judgeSwarm, type SwarmLook } from '../../../../src/features/doctor/swarm.ts';
import { planOf } from '../../../../src/flow/swarm/swarm-operation.ts';
import { readWantedSwarm } from '../../../../src/model/swarm/wanted-swarm.ts';
import { snapshotOf } from '../../../support/sample.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

function node(n: number, state = 'ready'): SwarmNode {
  return {
    id: `id${n}`,
    version: 1,
    hostName: `web${n}`,
    role: 'worker',
    availability: 'active',
    labels: {},
    state,
    message: '',
    address: `10.0.0.${n}`,
    engineVersion: '20.10',
  };
}

function judge({
  view = {},
  ...look
}: Partial<Omit<SwarmLook, 'view'>> & { readonly view?: Partial<SwarmLook['view']> }): readonly string[] {
  const membership = { state: 'active', node: 'id1', address: '', isManager: true, error: '', managers: [] } as const;
  const found = judgeSwarm({
    view: { wanted: readWantedSwarm(snapshotOf()), membership, plan: planOf({}), hasMesh: true, ...view },
    services: [],
    tasks: [],
    overMesh: [],
    unreached: [],
    now: NOW,
    ...look,
  });
  return found.map(({ check, level, words }) => `${level} ${check}: ${words}`);
}

const service = (PublishMode: 'host' | 'ingress', Mode: 'vip' | 'dnsrr', networks = 0): Service =>
  ({
    name: 'wiki',
    ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode }],
    body: {
      EndpointSpec: { Mode },
      TaskTemplate: { Networks: Array.from({ length: networks }, () => ({ Target: 'net' })) },
    },
  }) as unknown as Service;

const task = (created: string, since: string): Task =>
  ({ node: 'id2', state: 'running', created, since }) as unknown as Task;

it('a swarm in which all is well is one line', () => {
  expect(judge({ view: { nodes: [node(1), node(2)] } })).toEqual([
    'ok swarm: in a swarm as manager, with 2 nodes, all ready',
  ]);
});

it('names nodes that are down or not reached, and what records want otherwise', () => {
  const plan = planOf({
    operations: [{ kind: 'token', verb: 'store', role: 'worker', name: 'swarm-worker-token', cause: 'it was rotated' }],
    notes: ['an even number of managers (2) bears no more losses than 1: promote or demote one (SwarmRole)'],
  });
  expect(judge({ view: { nodes: [node(1), node(2, 'down')], plan }, unreached: [node(3)] })).toEqual([
    'warn swarm: not as records say: store swarm-worker-token (it was rotated)',
    'warn swarm: an even number of managers (2) bears no more losses than 1',
    'bad swarm: node web2 is down',
    'bad swarm: node web3 is not reached at 10.0.0.3:7946: overlay networks lead nowhere there',
  ]);
});

it('without a leader that is said, once', () => {
  const lack = new NoQuorum('cannot list the nodes', { why: 'the swarm has no leader: 1 of 3 managers answers' });
  expect(judge({ view: { lack, plan: planOf({ mistakes: [lack] }) } })).toEqual([
    'bad swarm: the swarm has no leader: 1 of 3 managers answers',
  ]);
});

it('without IP_VS it names the services whose ports or names lead nowhere', () => {
  const view = { hasMesh: false, nodes: [node(1)] };
  expect(judge({ view, services: [service('host', 'dnsrr', 1)] })[0]).toMatch(/^ok/);
  expect(judge({ view, services: [service('ingress', 'vip', 1)] })).toEqual([
    'bad routing mesh: this kernel has no IP_VS: published ports of wiki (ingress) answer nothing here',
    'bad routing mesh: this kernel has no IP_VS: the names of wiki lead nowhere in their networks',
  ]);
  const overMesh = [{ container: 'wiki', port: 8080 }];
  expect(judge({ view, services: [service('ingress', 'dnsrr')], overMesh })).toEqual([
    'bad routing mesh: this kernel has no IP_VS: Apache here reaches nothing of wiki at port 8080 (WebMode mesh)',
  ]);
  expect(judge({ view: { nodes: [node(1)] }, services: [service('ingress', 'dnsrr')], overMesh })[0]).toMatch(/^ok/);
});

it('clocks that differ are told by when tasks were made and began', () => {
  const view = { nodes: [node(1), node(2)] };
  const well = task('2026-01-01T11:00:00.000000001Z', '2026-01-01T11:00:02.1Z');
  expect(judge({ view, tasks: [well] })[0]).toMatch(/^ok/);
  expect(judge({ view, tasks: [task('2026-01-01T11:00:00Z', '2026-01-01T10:59:00Z')] })).toEqual([
    'warn clock: node web2 is 60 s behind the leader',
  ]);
  expect(judge({ view, tasks: [task('2026-01-01T11:00:00Z', '2026-01-01T12:00:30Z')] })).toEqual([
    'warn clock: node web2 is 30 s ahead of this host',
  ]);
});
