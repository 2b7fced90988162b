import { describe, expect, it } from 'vitest';
import { Container, listContainers } from '../../../../src/model/container.ts';
import { checkRecords } from '../../../../src/model/check-records.ts';
import { linkVariables, listAwaiting, listConditions, listJoinedNetworks } from '../../../../src/model/links/links.ts';
import { bridgeName } from '../../../../src/model/network/networks.ts';
import { findCycle, inStartOrder, withNeeded } from '../../../../src/model/links/start-order.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS, snapshotOf } from '../../../support/sample.ts';

type Props = Readonly<Record<string, string>>;

function containers(records: Readonly<Record<string, Props>>): ReturnType<typeof db> {
  return db(...Object.entries(records).map(([key, props]) => record(key, 'service', { status: 'enabled', ...props })));
}

function snapshot(records: Readonly<Record<string, Props>>): ReturnType<typeof snapshotOf> {
  return snapshotOf(new Map([...SAMPLE_DBS, ['docker_containers', containers(records)]]));
}

describe('the order in which containers are started', () => {
  it.each<readonly [string, Readonly<Record<string, Props>>, readonly string[]]>([
    [
      'needs come first, then priority, then who is linked, then the key',
      { git: {}, wiki: { Interlinked: 'wikidb:db' }, wikidb: { InterLinkPriority: '10' } },
      ['wikidb', 'wiki', 'git'],
    ],
    [
      'a need beats a priority',
      { aa: { InterLinkPriority: '1', Interlinked: 'bb' }, bb: { InterLinkPriority: '99' } },
      ['bb', 'aa'],
    ],
    [
      'networks and volumes of others are needs',
      { aa: { network: 'container:cc' }, bb: { VolumesFrom: 'aa:ro' }, cc: {} },
      ['cc', 'aa', 'bb'],
    ],
    [
      'a priority counts also for those that nobody is linked with',
      { aa: { Interlinked: 'bb' }, bb: {}, zz: { InterLinkPriority: '1' } },
      ['zz', 'bb', 'aa'],
    ],
    ['what needs something that is not there comes in its turn', { aa: { Interlinked: 'gone' }, bb: {} }, ['aa', 'bb']],
    ['a circle loses nobody', { aa: { Interlinked: 'bb' }, bb: { Interlinked: 'aa' }, cc: {} }, ['cc', 'aa', 'bb']],
  ])('%s', (_, records, order) => {
    expect(inStartOrder(listContainers(snapshot(records))).map(({ key }) => key)).toEqual(order);
  });

  it('finds a circle, and all that is needed', () => {
    const needs: Readonly<Record<string, readonly string[]>> = { aa: ['bb'], bb: ['cc', 'dd'], dd: ['bb'] };
    expect(findCycle(['aa'], (name) => needs[name] ?? [])).toEqual(['bb', 'dd', 'bb']);
    expect(findCycle(['cc'], (name) => needs[name] ?? [])).toBeUndefined();
    expect(withNeeded(['aa'], (name) => needs[name] ?? [])).toEqual(['aa', 'bb', 'cc', 'dd']);
  });
});

describe('links', () => {
  it('give variables by name, from the ports of the record or else of the image', () => {
    const hostState = snapshot({
      web: { Interlinked: 'cache:my-redis,dns' },
      cache: { Image: 'redis:7' },
      dns: { UDPPort: '53', TCPPort: '53', PortMapping: 'native' },
    });
    const facts = {
      ...SAMPLE_FACTS,
      images: new Map([['redis:7', { exposedPorts: [{ port: 6379, protocol: 'tcp' as const }] }]]),
    };
    expect(Object.fromEntries(linkVariables(new Container(hostState, 'web'), facts))).toEqual({
      MY_REDIS_NAME: '/web/my-redis',
      MY_REDIS_PORT: 'tcp://my-redis:6379',
      MY_REDIS_PORT_6379_TCP: 'tcp://my-redis:6379',
      MY_REDIS_PORT_6379_TCP_ADDR: 'my-redis',
      MY_REDIS_PORT_6379_TCP_PORT: '6379',
      MY_REDIS_PORT_6379_TCP_PROTO: 'tcp',
      DNS_NAME: '/web/dns',
      DNS_PORT: 'tcp://dns:53',
      DNS_PORT_53_TCP: 'tcp://dns:53',
      DNS_PORT_53_TCP_ADDR: 'dns',
      DNS_PORT_53_TCP_PORT: '53',
      DNS_PORT_53_TCP_PROTO: 'tcp',
      DNS_PORT_53_UDP: 'udp://dns:53',
      DNS_PORT_53_UDP_ADDR: 'dns',
      DNS_PORT_53_UDP_PORT: '53',
      DNS_PORT_53_UDP_PROTO: 'udp',
    });
    expect(Object.fromEntries(linkVariables(new Container(hostState, 'web'), SAMPLE_FACTS))).toMatchObject({
      MY_REDIS_NAME: '/web/my-redis',
    });
    expect(linkVariables(new Container(hostState, 'web'), SAMPLE_FACTS).has('MY_REDIS_PORT')).toBe(false);
  });

  it('put both sides on the network of the group, and targets on the bridge too', () => {
    const hostState = snapshot({
      web: { Interlinked: 'cache:redis,own,cache' },
      cache: {},
      own: { network: 'custom:lan' },
      off: { status: 'disabled', Interlinked: 'cache' },
      alone: {},
      far: { network: 'host' },
    });
    expect(listJoinedNetworks(new Container(hostState, 'web'))).toEqual([{ name: 'docksmith-web', aliases: [] }]);
    expect(listJoinedNetworks(new Container(hostState, 'cache'))).toEqual([
      { name: 'bridge', aliases: [] },
      { name: 'docksmith-web', aliases: ['redis'] },
    ]);
    expect(listJoinedNetworks(new Container(hostState, 'own'))).toEqual([
      { name: 'lan', aliases: [] },
      { name: 'docksmith-web', aliases: [] },
    ]);
    expect([
      listJoinedNetworks(new Container(hostState, 'alone')),
      listJoinedNetworks(new Container(hostState, 'far')),
    ]).toEqual([[], []]);
  });

  it.each<readonly [Readonly<Record<string, Props>>, string]>([
    [{ aa: { Interlinked: 'bb' }, bb: { Interlinked: 'aa' } }, 'it needs itself in the end: aa -> bb -> aa'],
    [{ aa: { VolumesFrom: 'gone' } }, 'it needs container "gone", and db docker_containers has no such record'],
    [
      { aa: { network: 'container:bb' }, bb: { status: 'disabled' } },
      'it is enabled and needs container "bb", which is disabled',
    ],
    [
      { aa: { Interlinked: 'bb' }, bb: { network: 'host' } },
      'container "bb" has network host, and so no network to share',
    ],
    [
      { aa: { DependsOn: 'gone:healthy' } },
      'it needs container "gone" by DependsOn, and db docker_containers has no such record',
    ],
    [
      { aa: { DependsOn: 'bb' }, bb: { status: 'disabled' } },
      'it is enabled and needs container "bb" by DependsOn, which is disabled',
    ],
    [
      { aa: { DependsOn: 'bb:completed' }, bb: {} },
      'its DependsOn asks that "bb" is completed, and that never ends: its Restart is unless-stopped',
    ],
    [
      { aa: { DependsOn: 'bb' }, bb: { Role: 'data' } },
      'its DependsOn asks that "bb" is started, and the Role of that is data: it never runs',
    ],
    [{ aa: { Interlinked: 'bb:x,cc:x' }, bb: {}, cc: {} }, 'two of its links have the alias "x"'],
    [{ aa: { network: 'custom:lan' } }, 'db docker_networks has no such record'],
  ])('are checked: %j', (records, why) => {
    expect(checkRecords(snapshot(records), SAMPLE_FACTS).mistakes.map((mistake) => mistake.why)).toContain(why);
  });

  it('may be missing or disabled where DependsOn says so', () => {
    const records = {
      aa: { DependsOn: 'gone:healthy?,off?,bb:completed' },
      off: { status: 'disabled' },
      bb: { Restart: 'no' },
    };
    expect(checkRecords(snapshot(records), SAMPLE_FACTS).mistakes).toEqual([]);
    expect(listConditions(new Container(snapshot(records), 'aa')).map(({ name }) => name)).toEqual(['bb']);
    expect(listAwaiting(new Container(snapshot(records), 'bb'))).toEqual(['aa']);
  });

  it('have bridges with names that the kernel takes', () => {
    expect([bridgeName('lan'), bridgeName('docksmith-wiki'), bridgeName('a b')]).toEqual([
      'br-lan',
      expect.stringMatching(/^br-[0-9a-f]{12}$/),
      expect.stringMatching(/^br-[0-9a-f]{12}$/),
    ]);
  });
});
