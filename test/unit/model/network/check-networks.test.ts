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
  ])('refuse %s', (_, networks, message) => {
    expect(refusedOf({}, networks)).toEqual([message]);
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
