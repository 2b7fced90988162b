import { describe, expect, it } from 'vitest';
import { checkRecords } from '../../../../src/model/check-records.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS, snapshotOf } from '../../../support/sample.ts';

type Props = Readonly<Record<string, string>>;
type Records = Readonly<Record<string, Props>>;

const NETWORKS: Records = {
  front: { Subnet: '10.81.0.0/24', Gateway: '10.81.0.9' },
  back: { Subnet: '10.82.0.0/24' },
};

function refusedOf(...given: Parameters<typeof check>): readonly string[] {
  return check(...given).mistakes.map(({ message }) => message);
}

function check(
  containers: Records,
  networks: Records = NETWORKS,
  only?: readonly string[],
): ReturnType<typeof checkRecords> {
  const snapshot = snapshotOf(
    new Map([
      ...SAMPLE_DBS,
      ['docker_networks', db(...Object.entries(networks).map(([key, props]) => record(key, 'network', props)))],
      [
        'docker_containers',
        db(
          ...Object.entries(containers).map(([key, props]) =>
            record(key, 'service', { status: 'enabled', Image: 'i:1', ...props }),
          ),
        ),
      ],
    ]),
  );
  const facts = { ...SAMPLE_FACTS, interfaces: new Set(['lo', 'eth0']) };
  return checkRecords(snapshot, facts, only);
}

describe('networks of containers', () => {
  it('are in order', () => {
    expect(
      refusedOf({
        web: {
          network: 'custom:front',
          NetworkAddress: '10.81.0.7',
          NetworkAlias: 'www',
          Networks: 'back',
          'NetworkAddress.back': '10.82.0.7',
          'NetworkAlias.back': 'www',
        },
        plain: { Networks: 'front,back', 'NetworkAddress.front': '10.81.0.8' },
        // not on a network with it
        www: {},
      }),
    ).toEqual([]);
  });

  it.each<readonly [string, Props, string]>([
    [
      'a further one without a record',
      { Networks: 'bakc' },
      'cannot put container "web" on network "bakc": its Networks name it, and db docker_networks has no such record',
    ],
    [
      'further ones where there can be none',
      { network: 'host', Networks: 'back' },
      'cannot accept docker_containers web Networks "back": with network host it can be on no other one',
    ],
    [
      'the same as network',
      { network: 'custom:front', Networks: 'front' },
      'cannot accept docker_containers web Networks "front": "front" is its network already',
    ],
    ['one twice', { Networks: 'back,back' }, 'docker_containers web Networks "back,back": "back" is in it twice'],
    [
      'an alias on another one',
      { Networks: 'back', 'NetworkAlias.front': 'x' },
      'cannot accept docker_containers web NetworkAlias.front: "front" is not among its Networks',
    ],
    [
      'an address outside',
      { Networks: 'back', 'NetworkAddress.back': '10.81.0.7' },
      'docker_containers web NetworkAddress.back "10.81.0.7": it is outside of Subnet 10.82.0.0/24 of docker_networks back',
    ],
    [
      'the address of the gateway',
      { network: 'custom:front', NetworkAddress: '10.81.0.9' },
      'docker_containers web NetworkAddress "10.81.0.9": it is the Gateway of docker_networks front',
    ],
    [
      'the first address, which the engine takes for the gateway',
      { network: 'custom:back', NetworkAddress: '10.82.0.1' },
      'docker_containers web NetworkAddress "10.82.0.1": it is the Gateway of docker_networks back',
    ],
    [
      'an address that another one has',
      { Networks: 'back', 'NetworkAddress.back': '10.82.0.5' },
      'docker_containers web NetworkAddress.back "10.82.0.5": container "taken" has it on network "back"',
    ],
    [
      'the name of another one',
      { Networks: 'back', 'NetworkAlias.back': 'taken' },
      'docker_containers web NetworkAlias.back "taken": container "taken" is called so on network "back"',
    ],
  ])('refuse %s', (_, props, message) => {
    const taken = { network: 'custom:back', NetworkAddress: '10.82.0.5', NetworkAlias: 'db' };
    expect(refusedOf({ taken, web: props })).toEqual([expect.stringContaining(message)]);
    // an event checks what changed alone
    expect(refusedOf({ taken, web: props }, NETWORKS, ['web'])).toEqual([expect.stringContaining(message)]);
  });

  it('let two have one alias, with a word', () => {
    const containers = {
      one: { network: 'custom:back', NetworkAlias: 'db' },
      two: { Networks: 'back', 'NetworkAlias.back': 'db' },
    };
    expect(refusedOf(containers)).toEqual([]);
    expect(check(containers).warnings).toContain(
      'docker_containers one: "db" on network "back" is also two: each is found in turn',
    );
  });

  it('refuse a container that gets the name of an alias, whichever of the two changed', () => {
    const containers = { one: { network: 'custom:back', NetworkAlias: 'two' }, two: { Networks: 'back' } };
    const told = 'cannot put container "two" on network "back": container "one" is called so there: its NetworkAlias';
    expect(refusedOf(containers)).toEqual([told]);
    expect(refusedOf(containers, NETWORKS, ['two'])).toEqual([told]);
    expect(refusedOf(containers, NETWORKS, ['one'])).toEqual([
      'cannot accept docker_containers one NetworkAlias "two": container "two" is called so on network "back"',
    ]);
  });

  it.each<readonly [string, Records, string]>([
    [
      'macvlan without Parent',
      { wire: { Driver: 'macvlan' } },
      'cannot accept docker_networks wire Driver "macvlan": it needs Parent, the interface of this host that leads to the network',
    ],
    [
      'a Parent that this host does not have',
      { wire: { Driver: 'ipvlan', Parent: 'eth7' } },
      'cannot accept docker_networks wire Parent "eth7": this host has no interface of that name',
    ],
    [
      'a Parent of a bridge',
      { wire: { Parent: 'eth0' } },
      'cannot accept docker_networks wire Parent "eth0": Driver bridge has none',
    ],
    [
      'one Parent for two',
      { wire: { Driver: 'macvlan', Parent: 'eth0' }, wire2: { Driver: 'macvlan', Parent: 'eth0' } },
      'cannot accept docker_networks wire2 Parent "eth0": network "wire" has it, and an interface can be Parent of one network',
    ],
    [
      'a Gateway elsewhere',
      { lan: { Subnet: '10.5.0.0/24,fd00:5::/64', Gateway: 'fd00:5::9,10.6.0.1' } },
      'cannot accept docker_networks lan Gateway "10.6.0.1": it is in no Subnet of 10.5.0.0/24, fd00:5::/64',
    ],
    [
      'a range without a Subnet',
      { lan: { IPRange: '10.5.0.0/25' } },
      'cannot accept docker_networks lan IPRange "10.5.0.0/25": it has no Subnet',
    ],
    [
      'an address that is reserved elsewhere',
      { lan: { Subnet: '10.5.0.0/24', 'AuxAddress.a': '10.5.0.2', 'AuxAddress.b': '10.6.0.2' } },
      'cannot accept docker_networks lan AuxAddress.b "10.6.0.2": it is in no Subnet of 10.5.0.0/24',
    ],
    [
      'two ranges of one Subnet',
      { lan: { Subnet: '10.5.0.0/24', IPRange: '10.5.0.0/26,10.5.0.64/26' } },
      'cannot accept docker_networks lan IPRange "10.5.0.64/26": Subnet 10.5.0.0/24 has one already',
    ],
    [
      'a bridge with two subnets of a kind',
      { lan: { Subnet: '10.5.0.0/24,fd00::/64,10.6.0.0/24' } },
      'cannot accept docker_networks lan Subnet "10.6.0.0/24": a bridge has one for IPv4',
    ],
  ])('refuse %s', (_, networks, message) => {
    expect(refusedOf({}, networks)).toEqual([message]);
  });

  it('of others are left to them', () => {
    const lan = { External: 'yes', Subnet: '10.5.0.0/24', Gateway: '10.6.0.1', Parent: 'eth7' };
    expect(refusedOf({ web: { network: 'custom:lan', NetworkAddress: '10.5.0.7' } }, { lan })).toEqual([]);
    expect(refusedOf({ web: { network: 'custom:lan', NetworkAddress: '10.6.0.7' } }, { lan })).toEqual([
      'cannot accept docker_containers web NetworkAddress "10.6.0.7": it is outside of Subnet 10.5.0.0/24 of docker_networks lan',
    ]);
  });

  it('have fixed addresses of both kinds, each once', () => {
    const lan = { Subnet: '10.5.0.0/24,fd00:5::/64' };
    expect(
      refusedOf(
        {
          one: { network: 'custom:lan', NetworkAddress: '10.5.0.7,fd00:5::7' },
          two: { network: 'custom:lan', NetworkAddress: 'FD00:5:0::7' },
        },
        { lan },
      ),
    ).toEqual([
      'cannot accept docker_containers two NetworkAddress "FD00:5:0::7": container "one" has it on network "lan"',
    ]);
  });

  it('on the wire have the addresses of the local network, and VLANs that the engine makes', () => {
    expect(
      refusedOf(
        { web: { network: 'custom:wire', NetworkAddress: '192.168.1.80', Networks: 'vlan' } },
        {
          wire: { Driver: 'macvlan', Parent: 'eth0', Subnet: '192.168.1.0/24', Gateway: '192.168.1.1' },
          vlan: { Driver: 'macvlan', Parent: 'eth0.50' },
          inner: { Driver: 'macvlan', Internal: 'yes' },
        },
      ),
    ).toEqual([]);
    expect(refusedOf({ web: { network: 'custom:same' } }, { same: { Subnet: '192.168.1.0/24' } })).toEqual([
      expect.stringContaining('its subnet 192.168.1.0/24 overlaps'),
    ]);
  });
});
