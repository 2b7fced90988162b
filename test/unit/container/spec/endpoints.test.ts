import { describe, expect, it } from 'vitest';
import {
  formatJoined,
  makeEndpoint,
  parseJoined,
  readJoined,
  readNetworks,
  showJoined,
} from '../../../../src/container/spec/endpoints.ts';
import { parseInput } from '../../../../src/container/spec/input.ts';
import { describeNetwork, listSubnets } from '../../../../src/model/network/networks.ts';
import { db, record, SAMPLE_DBS, snapshotOf } from '../../../support/sample.ts';

const ALL = `n:
  aliases: [www, a]
  ipv4_address: 10.5.0.7
  ipv6_address: 2001:DB8:0::10
  mac_address: 02:42:AC:11:65:43
  gw_priority: 1
  link_local_ips: [169.254.1.2, 169.254.1.1]
  interface_name: eth7
  driver_opts: {a: "b, c"}
  priority: 10
m: {gw_priority: 0, link_local_ips: [], driver_opts: }
`;

describe('what a container is on a network', () => {
  it('is read, sent and read back whole', () => {
    const { n = '', m } = readNetworks(parseInput('a.yaml', ALL));
    expect(m).toBe('');
    expect(parseJoined(n)).toEqual({
      aliases: ['a', 'www'],
      addresses: ['10.5.0.7', '2001:db8::10'],
      options: {
        driver_opts: { a: 'b, c', 'com.docker.network.endpoint.ifname': 'eth7' },
        gw_priority: 1,
        link_local_ips: ['169.254.1.1', '169.254.1.2'],
        mac_address: '02:42:ac:11:65:43',
      },
    });
    expect(formatJoined(parseJoined(n))).toBe(n);
    expect(showJoined('n', n)).toBe(
      'n as a, www at 10.5.0.7, 2001:db8::10 with driver_opts {"a":"b, c","com.docker.network.endpoint.ifname":"eth7"}, gw_priority 1, link_local_ips ["169.254.1.1","169.254.1.2"], mac_address 02:42:ac:11:65:43',
    );
    const endpoint = makeEndpoint(n);
    expect(endpoint).toEqual({
      Aliases: ['a', 'www'],
      IPAMConfig: {
        IPv4Address: '10.5.0.7',
        IPv6Address: '2001:db8::10',
        LinkLocalIPs: ['169.254.1.1', '169.254.1.2'],
      },
      MacAddress: '02:42:ac:11:65:43',
      DriverOpts: { a: 'b, c', 'com.docker.network.endpoint.ifname': 'eth7' },
      GwPriority: 1,
    });
    // the engine says of each one an address on the wire: which was asked for is not to be seen
    const inspect = { Id: 'f'.repeat(64), Name: '/web', NetworkSettings: { Networks: { n: endpoint } } };
    const options = Object.fromEntries(
      Object.entries(parseJoined(n).options).filter(([option]) => option !== 'mac_address'),
    );
    expect(readJoined(inspect as unknown as Parameters<typeof readJoined>[0])).toEqual({
      n: formatJoined({ ...parseJoined(n), options }),
    });
  });

  it.each([
    ['ipv4_address: fd00::1', '"fd00::1" is no IPv4 address'],
    ['ipv6_address: 10.5.0.7', '"10.5.0.7" is no IPv6 address'],
    ['mac_address: 02:42', '"02:42" is no address on the wire'],
    ['link_local_ips: [x]', '"x" is no address'],
    ['gw_priority: high', '"high" is no whole number'],
    ['color: red', 'docksmith does not support this key'],
  ])('is refused where it says %s', (said, why) => {
    expect(() => readNetworks(parseInput('a.yaml', `n: {${said}}`))).toThrow(why);
  });
});

describe('the subnets of a record', () => {
  it('have each what lies in them, in whatever order it is written', () => {
    const props = {
      Subnet: '10.5.0.0/24,fd00:5::/64,10.6.0.0/24',
      Gateway: 'fd00:5::9,10.6.0.9',
      IPRange: '10.5.0.128/25',
      'AuxAddress.a': '10.6.0.2',
      'AuxAddress.b': '10.5.0.2',
      Driver: 'macvlan',
      Parent: 'eth0',
      'DriverOpt.macvlan_mode': 'bridge',
    };
    const snapshot = snapshotOf(new Map([...SAMPLE_DBS, ['docker_networks', db(record('n', 'network', props))]]));
    const network = describeNetwork(snapshot, 'n');
    expect(network).toMatchObject({ ipv6: true, options: { parent: 'eth0', macvlan_mode: 'bridge' } });
    expect(listSubnets(network)).toEqual([
      { subnet: '10.5.0.0/24', gateway: '', range: '10.5.0.128/25', reserved: { b: '10.5.0.2' } },
      { subnet: 'fd00:5::/64', gateway: 'fd00:5::9', range: '', reserved: {} },
      { subnet: '10.6.0.0/24', gateway: '10.6.0.9', range: '', reserved: { a: '10.6.0.2' } },
    ]);
  });
});
