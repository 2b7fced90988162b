import { describe, expect, it } from 'vitest';
import type { Membership, SwarmNode } from '../../../../src/engine/swarm-engine.ts';
import { planMembership, type LeaveRequest } from '../../../../src/flow/swarm/plan-membership.ts';
import type { ActualSwarm } from '../../../../src/flow/swarm/swarm-operation.ts';
import { NoQuorum } from '../../../../src/engine/swarm-engine.ts';
import { readWantedSwarm } from '../../../../src/model/swarm/wanted-swarm.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';

type Props = Readonly<Record<string, string>>;
interface Records {
  readonly docker?: Props;
  readonly hosts?: Readonly<Record<string, Props>>;
  readonly tokens?: readonly ('manager' | 'worker')[];
}

const IDLE: Membership = { state: 'inactive', node: '', address: '', isManager: false, error: '', managers: [] };
const IN: Membership = { ...IDLE, state: 'active', node: 'id1', address: '10.0.0.1', isManager: true };
const TOKENS = { manager: 'SWMTKN-m', worker: 'SWMTKN-w' };

function node(n: number, change: Partial<SwarmNode> = {}): SwarmNode {
  const role = change.role ?? 'manager';
  return {
    id: `id${n}`,
    version: 1,
    hostName: `web${n}`,
    role,
    availability: 'active',
    labels: {},
    state: 'ready',
    message: '',
    address: `10.0.0.${n}`,
    engineVersion: '20.10',
    ...(role === 'manager'
      ? { manager: { isLeader: n === 1, reachability: 'reachable', address: `10.0.0.${n}:2377` } }
      : {}),
    ...change,
  };
}

const DOWN = { state: 'down', manager: { isLeader: false, reachability: 'unreachable', address: '' } } as const;

function wanted({
  docker = {},
  hosts = {},
  tokens = ['manager', 'worker'],
}: Records): ReturnType<typeof readWantedSwarm> {
  return readWantedSwarm(
    snapshotOf(
      new Map([
        [
          'configuration',
          db({ key: 'SystemName', type: 'web1', props: new Map() }, record('docker', 'service', docker)),
        ],
        ['hosts', db(...Object.entries(hosts).map(([key, props]) => record(key, 'docksmith', props)))],
        ['secrets', db(...tokens.map((role) => record(`swarm-${role}-token`, 'secret', { Value: TOKENS[role] })))],
      ]),
    ),
  );
}

/** `+` an operation, `!` a mistake, `-` a note */
function plan(records: Records, actual: ActualSwarm, request: LeaveRequest = {}): readonly string[] {
  const { operations, notes, mistakes } = planMembership(wanted(records), actual, request);
  return [
    ...operations.map(({ verb, name, cause }) => `+${verb} ${name}: ${cause}`),
    ...notes.map((note) => `-${note}`),
    ...mistakes.map(({ message }) => `!${message}`),
  ];
}

const MANAGER = { Swarm: 'manager' };
const managers = (...nodes: readonly SwarmNode[]): ActualSwarm => ({ membership: IN, nodes, tokens: TOKENS });

describe('making and joining a swarm', () => {
  it('is for hosts whose record says so', () => {
    expect(plan({}, { membership: IDLE })).toEqual([]);
    expect(plan({}, managers(node(1)))).toEqual([
      '-it is in a swarm, and docker Swarm is none: docksmith swarm update --leave takes it out',
    ]);
  });

  it('a manager with nobody to join makes one, but not beside another one', () => {
    expect(plan({ docker: MANAGER, tokens: [] }, { membership: IDLE })).toEqual([
      '+init this host: docker Swarm is manager, and JoinAddress names nobody else',
    ]);
    expect(plan({ docker: MANAGER }, { membership: IDLE })).toEqual([
      '!cannot make a swarm: db secrets has "swarm-manager-token", so there is one already, and JoinAddress names none of its managers',
    ]);
  });

  it.each([
    ['10.0.0.2', ['10.0.0.2:2377']],
    ['10.0.0.2:2378,web3', ['10.0.0.2:2378', 'web3:2377']],
    ['[fd00::2],[fd00::3]:1', ['[fd00::2]:2377', '[fd00::3]:1']],
  ])('joins %s, with the port of managers', (JoinAddress, remotes) => {
    expect(planMembership(wanted({ docker: { ...MANAGER, JoinAddress } }), { membership: IDLE }).operations).toEqual([
      expect.objectContaining({ kind: 'join', role: 'manager', remotes, addresses: {} }),
    ]);
  });

  it('the address of this host is that of its record in hosts; the list to join may have it, too', () => {
    const records = {
      docker: { ...MANAGER, JoinAddress: '10.0.0.1,10.0.0.2' },
      hosts: { web1: { NodeAddress: '10.0.0.1' } },
    };
    expect(planMembership(wanted(records), { membership: IDLE }).operations).toEqual([
      {
        kind: 'join',
        verb: 'join',
        name: 'web1',
        role: 'manager',
        remotes: ['10.0.0.2:2377'],
        addresses: { advertise: '10.0.0.1', listen: '10.0.0.1:2377' },
        cause: 'as manager of 10.0.0.2:2377',
      },
    ]);
    const alone = { ...records, docker: { ...MANAGER, JoinAddress: '10.0.0.1' }, tokens: [] };
    expect(plan(alone, { membership: IDLE })[0]).toContain('+init web1');
    const own = { ...records, docker: { ...records.docker, AdvertiseAddress: 'fd00::1' } };
    expect(planMembership(wanted(own), { membership: IDLE }).operations[0]).toMatchObject({
      addresses: { advertise: 'fd00::1', listen: '[fd00::1]:2377' },
    });
  });

  it('needs the token, and a worker somebody to join', () => {
    expect(plan({ docker: { Swarm: 'worker', JoinAddress: 'a' }, tokens: ['manager'] }, { membership: IDLE })).toEqual([
      '!cannot join the swarm of "a:2377" as worker: db secrets has no "swarm-worker-token"',
    ]);
    expect(plan({ docker: { Swarm: 'worker' } }, { membership: IDLE })).toEqual([
      '!cannot join a swarm: docker Swarm is worker, and JoinAddress names no manager',
    ]);
  });

  it.each([
    ['pending', 'it has not joined yet: its engine tries to reach the managers (dial)'],
    ['locked', 'its engine was restarted and is locked (dial)'],
    ['error', 'its engine cannot take part (dial)'],
  ] as const)('an engine that is %s is not touched', (state, why) => {
    expect(plan({ docker: MANAGER }, { membership: { ...IDLE, state, error: 'dial' } })).toEqual([
      `!cannot update this host's part in the swarm: ${why}`,
    ]);
  });

  it('a worker cannot make itself a manager', () => {
    const worker = { membership: { ...IN, isManager: false } };
    expect(plan({ docker: { Swarm: 'worker' } }, worker)).toEqual([]);
    expect(plan({ docker: MANAGER }, worker)).toEqual([
      '!cannot make this host a manager of the swarm: it is a worker, and only a manager can promote it',
    ]);
  });

  it('values that the schema refuses are told, all at once, and nothing is made of them', () => {
    const records = {
      docker: { Swarm: 'manger' },
      hosts: { web1: { NodeLabels: 'zone' }, web2: { SwarmRole: 'maneger', Availability: 'drian' } },
    };
    const told = [
      '!cannot accept configuration docker: Swarm "manger" is none of none, manager, worker; did you mean manager?',
      '!cannot accept hosts web1: NodeLabels "zone" is not NAME=VALUE',
      '!cannot accept hosts web2: SwarmRole "maneger" is none of manager, worker; did you mean manager?',
      '!cannot accept hosts web2: Availability "drian" is none of active, pause, drain; did you mean drain?',
    ];
    expect(plan(records, managers(node(1), node(2)))).toEqual(told);
    expect(plan(records, { membership: IN }, { leave: true, force: true })).toEqual(told);
  });

  it('the address for other nodes has to be one of this host, where it is known which it has', () => {
    const records = { docker: MANAGER, hosts: { web1: { NodeAddress: '10.0.0.9' } }, tokens: [] };
    const ownAddresses = ['10.0.0.1', 'fd00::1'];
    expect(planMembership(wanted(records), { membership: IDLE, ownAddresses }).mistakes).toMatchObject([
      {
        message:
          'cannot take part in a swarm with the address "10.0.0.9": it is the value of hosts web1 NodeAddress, ' +
          'and no address of this host, on which its engine could listen',
        hint: 'its addresses: 10.0.0.1, fd00::1',
      },
    ]);
    const own = { ...records, docker: { ...MANAGER, AdvertiseAddress: 'fd00::1' } };
    expect(plan(own, { membership: IDLE, ownAddresses })[0]).toContain('+init web1');
    expect(plan(records, { membership: IDLE })[0]).toContain('+init web1');
  });

  it('both records of this host have to agree', () => {
    expect(plan({ docker: MANAGER, hosts: { web1: { SwarmRole: 'worker' } } }, managers(node(1)))).toEqual([
      "!cannot update this host's part in the swarm: docker Swarm is manager, and hosts web1 SwarmRole is worker",
    ]);
  });
});

describe('nodes', () => {
  it('are as their records say, whatever domain their engines add to the name', () => {
    const hosts = {
      web1: {},
      web2: { SwarmRole: 'worker', NodeLabels: 'zone=a,b=c=d', Availability: 'drain' },
      web3: { Availability: 'active' },
      web4: { SwarmRole: 'worker' },
    };
    const nodes = [
      node(1),
      node(2, { hostName: 'web2.example.test', labels: { old: 'x' } }),
      node(3, { labels: { by: 'hand' } }),
    ];
    expect(plan({ docker: MANAGER, hosts }, managers(...nodes))).toEqual([
      '+update web2: demoted to worker, Availability active -> drain, NodeLabels old=x -> b=c=d,zone=a',
      '-web4 of db hosts has not joined the swarm',
      '-an even number of managers (2) bears no more losses than 1: promote or demote one (SwarmRole)',
    ]);
  });

  it('of two that are ready under one name the one that joined last is meant', () => {
    const old = node(2, { id: 'old', role: 'worker', labels: { a: 'b' } });
    const again = node(2, { id: 'again', role: 'worker', version: 9 });
    const hosts = { web2: { NodeLabels: 'a=b' } };
    expect(plan({ docker: MANAGER, hosts }, managers(node(1), old, again))).toEqual([
      '+update web2: NodeLabels (none) -> a=b',
    ]);
  });

  it('a record under another name than that of its engine is told, where it says something of a node', () => {
    const hosts = { web1: {}, www: { NodeAddress: '10.0.0.2', NodeLabels: 'a=b' }, www3: { NodeAddress: '10.0.0.3' } };
    expect(plan({ docker: MANAGER, hosts }, managers(node(1), node(2), node(3)))).toEqual([
      '-hosts www has no effect, since the engine at its NodeAddress 10.0.0.2 calls itself web2: name the host and its record web2',
    ]);
  });

  it('nothing is to be done where they are', () => {
    const hosts = { web1: { SwarmRole: 'manager' }, web2: { NodeLabels: 'b=2,a=1' } };
    expect(
      plan({ docker: MANAGER, hosts }, managers(node(1), node(2, { role: 'worker', labels: { a: '1', b: '2' } }))),
    ).toEqual([]);
  });

  it('this host without a record in hosts is demoted by docker Swarm alone, unless it is the last manager', () => {
    expect(plan({ docker: { Swarm: 'worker' } }, managers(node(1), node(2)))).toEqual([
      '+update web1: demoted to worker',
    ]);
    expect(plan({ docker: { Swarm: 'worker' } }, managers(node(1)))).toContain(
      '!cannot demote "web1": the swarm would have no manager',
    );
  });

  it('managers stay as many as can decide', () => {
    const hosts = { web2: { SwarmRole: 'worker' }, web3: {} };
    expect(plan({ docker: MANAGER, hosts }, managers(node(1), node(2), node(3, DOWN)))).toContain(
      '!cannot demote "web2": of the 2 managers that would be left only 1 answer, and 2 are needed',
    );
    const lost = { web3: { SwarmRole: 'worker' } };
    expect(plan({ docker: MANAGER, hosts: lost }, managers(node(1), node(2), node(3, DOWN)))[0]).toBe(
      '+update web3: demoted to worker',
    );
  });

  it('one that joined again is the one that is up', () => {
    const hosts = { web2: { NodeLabels: 'a=b' } };
    const nodes = [node(1), node(2, { ...DOWN, role: 'worker' }), { ...node(2, { role: 'worker' }), id: 'new' }];
    const { operations, notes } = planMembership(wanted({ docker: MANAGER, hosts }), managers(...nodes));
    expect(operations).toEqual([expect.objectContaining({ node: nodes[2] })]);
    expect(notes).toEqual(['web2 was in the swarm before, as a node that is down: docker node rm id2']);
  });

  it('tokens are stored where db secrets has others or none', () => {
    expect(plan({ docker: MANAGER, tokens: ['worker'] }, managers(node(1)))).toEqual([
      '+store swarm-manager-token: not in db secrets',
    ]);
    const rotated = { membership: IN, nodes: [node(1)], tokens: { ...TOKENS, worker: 'SWMTKN-new' } };
    expect(plan({ docker: MANAGER }, rotated)).toEqual(['+store swarm-worker-token: it was rotated']);
  });

  it('without a leader nothing is planned', () => {
    const lack = new NoQuorum('cannot list', { why: 'the swarm has no leader' });
    expect(plan({ docker: MANAGER }, { membership: IN, lack })).toEqual(['!cannot list: the swarm has no leader']);
  });
});

describe('leaving', () => {
  const leave = { leave: true };
  it('is refused while the record wants the swarm, and nothing where there is none', () => {
    expect(plan({ docker: MANAGER }, managers(node(1)), leave)).toEqual([
      '!cannot leave the swarm: docker Swarm is manager, so that it would join again',
    ]);
    expect(plan({}, { membership: IDLE }, leave)).toEqual([]);
  });

  it('a worker leaves, a manager is demoted first', () => {
    const operationOf = (actual: ActualSwarm): unknown => planMembership(wanted({}), actual, leave).operations[0];
    expect(operationOf({ membership: { ...IN, isManager: false } })).toMatchObject({ kind: 'leave', isLast: false });
    expect(operationOf({ membership: { ...IN, isManager: false } })).not.toHaveProperty('demoted');
    expect(operationOf(managers(node(1), node(2)))).toMatchObject({ demoted: { id: 'id1' }, isLast: false });
  });

  it('the last manager, and one that the others cannot do without, only by force', () => {
    expect(plan({}, managers(node(1)), leave)[0]).toContain('!cannot leave the swarm: this is its last manager');
    expect(plan({}, managers(node(1), node(2), node(3, DOWN)), leave)).toEqual([
      '!cannot leave the swarm: of the 2 managers that would be left only 1 answer',
    ]);
    const { operations } = planMembership(wanted({}), managers(node(1)), { leave: true, force: true });
    expect(operations).toMatchObject([{ kind: 'leave', force: true, isLast: true }]);
  });

  it('without a leader, only by force, and then tokens stay', () => {
    const lack = new NoQuorum('cannot list', { why: 'the swarm has no leader' });
    expect(plan({}, { membership: IN, lack }, leave)).toEqual(['!cannot list: the swarm has no leader']);
    expect(planMembership(wanted({}), { membership: IN, lack }, { ...leave, force: true }).operations).toMatchObject([
      { kind: 'leave', force: true, isLast: false },
    ]);
  });
});
