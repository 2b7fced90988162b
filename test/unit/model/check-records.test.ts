import { describe, expect, it } from 'vitest';
import { observeSnapshot } from '../../../src/db/snapshot.ts';
import { checkRecords } from '../../../src/model/check-records.ts';
import { factsWith, serverWith } from '../../support/containers.ts';

type Props = Readonly<Record<string, string>>;

function mistakes(
  containers: Readonly<Record<string, Props>>,
  { facts = factsWith(), configuration = {}, only = undefined as readonly string[] | undefined } = {},
): readonly string[] {
  return checkRecords(serverWith(containers, configuration), facts, only).mistakes.map(({ message }) => message);
}

describe('checkRecords', () => {
  it('finds nothing wrong with the examples', () => {
    expect(
      mistakes({
        wiki: { SubDomain: 'enabled', WebPort: '80', WebHostPort: '47000', TCPPort: '8080' },
        git: {
          PortMapping: 'custom',
          PortMappingPorts: '2222:22',
          WebAlias: 'git',
          WebPort: '3000',
          WebHostPort: '47001',
        },
      }),
    ).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, Props>>, readonly string[]]>([
    [
      'a value that its prop does not allow',
      { web: { MaxMemory: '2x' } },
      [
        'cannot accept docker_containers web: MaxMemory "2x" is not a number of megabytes, or a number with k, m or g, as 512 or 2g',
      ],
    ],
    [
      'a port that is none, once',
      { web: { TCPPort: '80,http' } },
      [
        'cannot accept docker_containers web: TCPPort "80,http" has the item "http", which is not a port from 1 to 65535',
      ],
    ],
    [
      'a mapping that is none, once',
      { web: { PortMapping: 'custom', PortMappingPorts: ':80' } },
      [
        'cannot accept docker_containers web: PortMappingPorts ":80" is not [ADDRESS:][HOSTPORT:]CONTAINERPORT[/udp] with ports from 1 to 65535, as 8080:80,127.0.0.1:53:53/udp',
      ],
    ],
    [
      'a port of another record, for both',
      { a1: { TCPPort: '8080' }, b1: { PortMapping: 'custom', PortMappingPorts: '8080:8080' } },
      [
        'cannot publish tcp port 8080 for container "a1": it is taken by container "b1"',
        'cannot publish tcp port 8080 for container "b1": it is taken by container "a1"',
      ],
    ],
    [
      'a port twice in one record',
      { web: { PortMapping: 'custom', PortMappingPorts: '8080:1,8080:2' } },
      ['cannot publish tcp port 8080 for container "web": it is taken by another port of the same record'],
    ],
    [
      'a web port of another',
      { a1: { TCPPort: '47000' }, b1: { WebAlias: 'b', WebPort: '80', WebHostPort: '47000' } },
      [
        'cannot publish tcp port 47000 for container "a1": it is taken by container "b1" (WebHostPort)',
        'cannot publish tcp port 47000 for container "b1": it is taken by container "a1"',
      ],
    ],
    [
      'a name that is none',
      { 'a b': {} },
      [
        'cannot accept "a b" as a key of db docker_containers: a container\'s name has two or more letters, digits and . _ -, and begins with a letter or digit',
      ],
    ],
    [
      'a name that would leave its folder',
      { '../x': { status: 'disabled' } },
      [
        'cannot accept "../x" as a key of db docker_containers: a container\'s name has two or more letters, digits and . _ -, and begins with a letter or digit',
      ],
    ],
    [
      'a host name twice, once',
      {
        a1: { SubDomain: 'enabled', SubDomainName: 'x', WebPort: '80' },
        b1: { SubDomain: 'enabled', SubDomainName: 'X.example.test', WebPort: '80' },
      },
      ['cannot give container "b1" the name x.example.test: container "a1" has it'],
    ],
    [
      'the name of the primary host',
      { host: { SubDomain: 'enabled', WebPort: '80' } },
      ['cannot give container "host" the name host.example.test: the primary host has it'],
    ],
    [
      'a path twice, once',
      { a1: { WebAlias: 'x,y', WebPort: '80' }, b1: { WebAlias: 'y', WebPort: '80' } },
      ['cannot give container "b1" the path /y/: container "a1" has it'],
    ],
    [
      'a path that is none, once',
      { web: { WebAlias: '..', WebPort: '80' } },
      ['cannot accept docker_containers web: WebAlias ".." is not one part of a path: letters, digits and . _ ~ -'],
    ],
    [
      'no web port to find',
      { web: { WebAlias: 'x', Image: 'new:1' } },
      [
        'cannot accept docker_containers web WebPort "": neither the record names a port nor is the image "new:1" on the engine: set WebPort',
      ],
    ],
    [
      "Apache's own port on the host's network",
      { web: { WebAlias: 'x', WebPort: '80', network: 'host' } },
      [
        'cannot give container "web" a web address: on the host\'s network its web port 80 is Apache\'s own (TCPPort of httpd)',
      ],
    ],
    [
      'exposed ports of an image that is not there',
      { web: { TCPPort: 'exposed', Image: 'new:1' } },
      [
        'cannot accept docker_containers web TCPPort "exposed": the engine does not have the image "new:1" yet, so its ports are not known: pull it, or name the ports',
      ],
    ],
  ])('refuses %s', (_, containers, expected) => {
    expect(mistakes(containers)).toEqual(expected);
  });

  it('tells all mistakes at once, each once', () => {
    const found = mistakes(
      {
        a1: { MaxMemory: '1', TCPPort: '80', access: 'secret' },
        b1: { TCPPort: '80,443', SubDomain: 'enabled', SubDomainName: 'host', WebAlias: 'x', Image: 'new:1' },
        c1: { WebAlias: 'x', WebPort: '99999' },
      },
      { configuration: { httpd: { status: 'enabled', TCPPort: '443', SSLPort: 'x' } } },
    );
    expect(found).toEqual([
      'cannot accept configuration httpd: SSLPort "x" is not a port from 1 to 65535',
      'cannot accept docker_containers a1: MaxMemory "1" is less than 6m, the least that the engine takes',
      'cannot accept docker_containers a1: access "secret" is none of private, public',
      'cannot accept docker_containers c1: WebPort "99999" is not a port from 1 to 65535',
      'cannot publish tcp port 80 for container "a1": it is taken by container "b1"',
      'cannot publish tcp port 80 for container "b1": it is taken by container "a1"',
      'cannot publish tcp port 443 for container "b1": it is taken by service "httpd" (TCPPort) of db configuration',
      'cannot give container "b1" the name host.example.test: the primary host has it',
      'cannot give container "c1" the path /x/: container "b1" has it',
    ]);
  });

  it('names the other one that has the name also where only the first of them is looked at', () => {
    const both = {
      a1: { SubDomain: 'enabled', SubDomainName: 'x', WebPort: '80' },
      b1: { SubDomain: 'enabled', SubDomainName: 'x', WebPort: '80' },
    };
    expect(mistakes(both, { only: ['a1'] })).toEqual([
      'cannot give container "a1" the name x.example.test: container "b1" has it',
    ]);
  });

  it('refuses what a process or a container of others has', () => {
    const facts = factsWith({
      listeners: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'nginx (pid 812)' }],
      publishedPorts: [{ protocol: 'udp', address: '::', port: 53, container: 'dns', ours: false }],
    });
    expect(mistakes({ web: { TCPPort: '8080', UDPPort: '53' } }, { facts })).toEqual([
      'cannot publish tcp port 8080 for container "web": it is taken by nginx (pid 812) that listens on 0.0.0.0 port 8080',
      'cannot publish udp port 53 for container "web": it is taken by container "dns", which is not docksmith\'s',
    ]);
  });

  it('looks at each of many records a few times, however many there are', () => {
    const countReads = (count: number): number => {
      const server = serverWith(
        Object.fromEntries(
          Array.from({ length: count }, (_, n) => [
            `app${n}`,
            {
              SubDomain: 'enabled',
              WebAlias: `a${n}`,
              WebPort: '80',
              WebHostPort: String(20_000 + n),
              TCPPort: String(30_000 + n),
              ...(n > 0 ? { Interlinked: `app${n - 1}` } : {}),
            },
          ]),
        ),
      );
      let reads = 0;
      const { mistakes: found } = checkRecords(
        observeSnapshot(server, () => {
          reads++;
        }),
        factsWith(),
      );
      expect(found).toEqual([]);
      return reads;
    };
    const few = countReads(100);
    expect(few).toBeGreaterThan(100);
    expect(countReads(2000)).toBeLessThan(few * 20 * 1.1);
  });

  it('finds the other one that has a name however it is spelled', () => {
    const containers = {
      a1: { SubDomain: 'enabled', SubDomainName: 'XX.Example.Test', WebPort: '80' },
      b1: { SubDomain: 'enabled', SubDomainName: 'xx', WebPort: '80' },
      xx: { SubDomain: 'enabled', WebPort: '80' },
    };
    expect(mistakes(containers)).toEqual(
      ['b1', 'xx'].map((key) => `cannot give container "${key}" the name xx.example.test: container "a1" has it`),
    );
  });

  it('asks nothing of what disabled records mean together, but their values have to be right', () => {
    expect(mistakes({ a1: { TCPPort: '8080' }, b1: { TCPPort: '8080', status: 'disabled' } })).toEqual([]);
    expect(mistakes({ b1: { TCPPort: 'x', status: 'disabled' } })).toHaveLength(1);
  });

  it('looks at the named records alone, and says what is in conflict with them', () => {
    const containers = { a1: { TCPPort: '8080' }, b1: { TCPPort: '8080' }, bad: { MaxMemory: 'x' } };
    expect(mistakes(containers, { only: ['a1'] })).toEqual([
      'cannot publish tcp port 8080 for container "a1": it is taken by container "b1"',
    ]);
    expect(mistakes(containers, { only: ['nope'] })).toEqual([
      'cannot find "nope" in db docker_containers: there is no such record',
    ]);
    expect(checkRecords(serverWith(containers), factsWith(), ['a2', 'nope']).mistakes.map(({ hint }) => hint)).toEqual([
      'did you mean "a1"?',
      'db docker_containers keys',
    ]);
  });

  it('warns of an unknown prop, with the nearest name', () => {
    expect(checkRecords(serverWith({ web: { MaxMemroy: '512', Own: 'x' } }), factsWith()).warnings).toEqual([
      'docker_containers web: prop "MaxMemroy" is not known; is it MaxMemory that is meant?',
      'docker_containers web: prop "Own" is not known',
    ]);
  });
});
