import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../../src/db/snapshot.ts';
import { checkRecords } from '../../../../src/model/check-records.ts';
import { Container } from '../../../../src/model/container.ts';
import { listContainerNames, listNameServers } from '../../../../src/model/names/container-names.ts';
import { DnsmasqRecord } from '../../../../src/model/names/dnsmasq-record.ts';
import { withRecords } from '../../../../src/db/overlay.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';
import { record } from '../../../support/sample.ts';

type Props = Readonly<Record<string, string>>;
type Records = Readonly<Record<string, Props>>;
const facts = factsWith({ exposed: { 'two:1': [80, 443] } });

function hostWith(
  containers: Records,
  dnsmasq: Props = {},
  configuration: Readonly<Record<string, string>> = {},
): Snapshot {
  return withRecords(serverWith(containers), [
    { db: 'configuration', key: 'dnsmasq', record: record('dnsmasq', 'service', { status: 'enabled', ...dnsmasq }) },
    ...Object.entries(configuration).map(([key, value]) => ({ db: 'configuration', key, record: record(key, value) })),
  ]);
}

const names = (containers: Records, configuration: Readonly<Record<string, string>> = {}): readonly string[] =>
  listContainerNames(hostWith(containers, {}, configuration), facts).map(
    ({ name, addresses, services }) =>
      `${name} ${addresses.join()}${services.map((one) => ` ${one.name}:${one.port}/${one.protocol}`).join('')}`,
  );

describe('the names of containers', () => {
  it.each<[string, Props, readonly string[]]>([
    [
      "lead to the host's address and port",
      { PortMapping: 'custom', PortMappingPorts: '10000:6379' },
      ['redis 192.168.1.2 redis:10000/tcp'],
    ],
    [
      'have the inner port where there are several',
      { PortMapping: 'custom', PortMappingPorts: '8000:80,4443:443,5353:53/udp' },
      ['redis 192.168.1.2 redis-80:8000/tcp redis-443:4443/tcp redis-53:5353/udp'],
    ],
    [
      'are those of the image that leaves its ports open',
      { Image: 'two:1', TCPPort: 'exposed' },
      ['redis 192.168.1.2 redis-80:80/tcp redis-443:443/tcp'],
    ],
    ["lead there on the host's network, too", { network: 'host', UDPPort: '53' }, ['redis 192.168.1.2 redis:53/udp']],
    [
      'are there for an address that the record fixes',
      { network: 'custom:lan', NetworkAddress: '10.5.0.7' },
      ['redis 10.5.0.7'],
    ],
    [
      'prefer the published ports, which others can reach',
      { network: 'custom:lan', NetworkAddress: '10.5.0.7', TCPPort: '80' },
      ['redis 192.168.1.2 redis:80/tcp'],
    ],
    ['are not there for what nobody can reach by one', { SubDomain: 'enabled', WebPort: '80' }, []],
    ['are not there for a disabled one', { status: 'disabled', TCPPort: '80' }, []],
    ['are not there for ports that are none', { TCPPort: '80,x' }, []],
    [
      'are those of the service that it says it is',
      { ServiceName: 'Cache', TCPPort: '6379' },
      ['redis 192.168.1.2 cache:6379/tcp'],
    ],
  ])('%s', (_, props, expected) => {
    expect(names({ redis: { status: 'enabled', ...props } })).toEqual(expected);
  });

  it('are in lower case, without underscores, and lead to all addresses of LocalIP but loopback', () => {
    expect(names({ My_App: { TCPPort: '80' } }, { LocalIP: '127.0.0.1,192.168.1.2,FD00:0::2' })).toEqual([
      'my-app 192.168.1.2,fd00::2 my-app:80/tcp',
    ]);
  });
});

describe('the servers that a container asks', () => {
  const ask = (props: Props, dnsmasq: Props = {}): readonly string[] =>
    listNameServers(new Container(hostWith({ web: props }, dnsmasq), 'web'));
  it.each<[string, Props, Props, readonly string[]]>([
    ["are the engine's bridge", {}, {}, ['172.30.0.1']],
    ['are what dnsmasq says', {}, { Address: '10.0.0.1' }, ['10.0.0.1']],
    ['are its own, whatever else there is', { Dns: '9.9.9.9,1.1.1.1' }, {}, ['9.9.9.9', '1.1.1.1']],
    ["are the host's on its network", { network: 'host' }, {}, []],
    ['are those of the container whose network it has', { network: 'container:db' }, {}, []],
    ["are the host's without dnsmasq", {}, { status: 'disabled' }, []],
  ])('%s', (_, props, dnsmasq, expected) => {
    expect(ask(props, dnsmasq)).toEqual(expected);
  });
});

describe('dnsmasq', () => {
  it('answers on loopback, the bridge, and in local networks alone', () => {
    const listen = (localIp: string, dnsmasq: Props = {}): readonly string[] =>
      new DnsmasqRecord(hostWith({}, dnsmasq, { LocalIP: localIp })).listenAddresses;
    expect(listen('192.168.1.2')).toEqual(['127.0.0.1', '172.30.0.1', '192.168.1.2']);
    expect(listen('192.168.1.2,203.0.113.7')).toEqual(['127.0.0.1', '172.30.0.1', '192.168.1.2']);
    expect(listen('192.168.1.2', { Listen: '10.1.1.1' })).toEqual(['127.0.0.1', '172.30.0.1', '10.1.1.1']);
  });
});

describe('what is wrong with names', () => {
  const mistakes = (
    containers: Records,
    dnsmasq: Props = {},
    configuration: Readonly<Record<string, string>> = {},
    only?: readonly string[],
  ): readonly string[] =>
    checkRecords(hostWith(containers, dnsmasq, configuration), facts, only).mistakes.map(
      ({ message, hint }) => message + (hint === undefined ? '' : ` (${hint})`),
    );

  it('is nothing in the examples', () => {
    expect(mistakes({ web: { TCPPort: '8080' }, my_app: { TCPPort: '8081' } })).toEqual([]);
  });

  it('is a domain that is none, or that has other names', () => {
    expect(mistakes({}, { Domain: 'no domain' })).toEqual([
      'cannot accept configuration dnsmasq: Domain "no domain" is not a host name: labels of letters, digits and inner hyphens, with dots between',
    ]);
    const inOwn = `this host's own domain example.test is there, whose other names nobody else would be asked for (config setprop dnsmasq Domain docker.example.test)`;
    expect(mistakes({}, { Domain: 'Example.test' })).toEqual([
      `cannot give containers names below "example.test": ${inOwn}`,
    ]);
    expect(mistakes({}, { Domain: 'test' })).toEqual([`cannot give containers names below "test": ${inOwn}`]);
  });

  it('is a host without an address, and a bridge that is not known', () => {
    expect(mistakes({}, {}, { LocalIP: '127.0.0.1' })).toEqual([
      'cannot give containers names: LocalIP, the address that they lead to, is not set (config set LocalIP ADDRESS)',
    ]);
    const foreign = { db: 'configuration', key: 'docker', record: record('docker', 'service', { Daemon: 'foreign' }) };
    const said = (dnsmasq: Props): readonly string[] =>
      checkRecords(withRecords(hostWith({}, dnsmasq), [foreign]), facts).mistakes.map(({ message }) => message);
    expect(said({})).toEqual([
      "cannot tell containers where they ask for names: the engine's options are its admin's own (Daemon foreign), so the address of its bridge is not known",
    ]);
    expect(said({ Address: '172.17.0.1' })).toEqual([]);
  });

  it.each<[string, Records, readonly string[]]>([
    [
      'another one by another spelling',
      { 'my-app': { TCPPort: '8080' }, my_app: { TCPPort: '8081' } },
      ['cannot give container "my_app" the name my-app.containers.internal: container "my-app" has it'],
    ],
    [
      'the service of another one',
      { aa: { TCPPort: '8080' }, bb: { TCPPort: '8081', ServiceName: 'aa' } },
      [
        'cannot give container "bb" the name aa.containers.internal: container "aa" has it (db docker_containers setprop bb ServiceName NAME)',
      ],
    ],
    [
      'a port of another one',
      { web: { TCPPort: '8080,8443' }, 'web-8443': { TCPPort: '8081' } },
      [
        'cannot give container "web-8443" the name web-8443.containers.internal: container "web" has it (db docker_containers setprop web ServiceName NAME)',
      ],
    ],
    [
      'what is no name',
      { 'a..b': { TCPPort: '8080' } },
      [
        'cannot give container "a..b" the name a..b.containers.internal: it is not a host name: labels of letters, digits and inner hyphens, with dots between',
      ],
    ],
    [
      'nothing where they agree',
      { r1: { TCPPort: '8080', ServiceName: 'r' }, r2: { TCPPort: '8081', ServiceName: 'r' } },
      [],
    ],
    ['nothing where one of them has no name', { 'my-app': { TCPPort: '8080' }, my_app: {} }, []],
  ])('is %s', (_, containers, expected) => {
    expect(mistakes(containers)).toEqual(expected);
  });

  it('is told of the one that is looked at, and never without dnsmasq', () => {
    const both = { 'my-app': { TCPPort: '8080' }, my_app: { TCPPort: '8081' } };
    expect(mistakes(both, {}, {}, ['my-app'])).toEqual([
      'cannot give container "my-app" the name my-app.containers.internal: container "my_app" has it',
    ]);
    expect(mistakes(both, { status: 'disabled' })).toEqual([]);
  });
});
