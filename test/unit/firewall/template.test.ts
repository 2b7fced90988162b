import { describe, expect, it } from 'vitest';
import { factsWith, serverWith } from '../../support/containers.ts';
import { listContainerBridges } from '../../../src/model/network/bridges.ts';
import { bridgeName } from '../../../src/model/network/networks.ts';
import { render } from '../../support/render.ts';
import type { Snapshot } from '../../../src/db/snapshot.ts';
import { db, record } from '../../support/sample.ts';

type Props = Readonly<Record<string, string>>;

/**
 * The rules of a server with these containers, without banner, chains and comments; undefined where there
 * is no file.
 */
function rules(
  family: 4 | 6,
  containers: Readonly<Record<string, Props>>,
  snapshot: Snapshot = serverWith(containers),
): readonly string[] | undefined {
  const [output] = render(
    { template: `/etc/docksmith/filter/docker-user.v${family}` },
    { snapshot, facts: factsWith({ exposed: { 'app:1': [25, 143] } }) },
  ).outputs;
  return output?.content
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('-A'));
}

const drops = (list: readonly string[] | undefined): readonly string[] =>
  (list ?? []).filter((line) => line.endsWith('-j DROP') && line.includes('port'));
const bridges = (list: readonly string[] | undefined): readonly string[] =>
  (list ?? []).flatMap(
    (line) => /^-A DOCKSMITH -o (\S+) -m conntrack ! --ctstate RELATED,DNAT -j DROP$/.exec(line)?.[1] ?? [],
  );

describe('the packet filter', () => {
  it('lets in the host itself, the local networks and answers, and drops the rest for private ports, by the port that was asked for', () => {
    expect(rules(4, { wiki: { TCPPort: '8080', UDPPort: '53' } })).toEqual([
      '-A DOCKSMITH -m conntrack --ctdir REPLY -j RETURN',
      '-A DOCKSMITH-INPUT -m conntrack --ctdir REPLY -j RETURN',
      '-A DOCKSMITH -i lo -j RETURN',
      '-A DOCKSMITH-INPUT -i lo -j RETURN',
      '-A DOCKSMITH -m conntrack --ctstate DNAT --ctorigdst 127.0.0.0/8 -j DROP',
      '-A DOCKSMITH -s 192.168.1.0/24 -j RETURN',
      '-A DOCKSMITH-INPUT -s 192.168.1.0/24 -j RETURN',
      '-A DOCKSMITH -p tcp -m conntrack --ctstate DNAT --ctorigdst 192.168.1.2 --ctorigdstport 8080 -m comment --comment "wiki" -j DROP',
      '-A DOCKSMITH-INPUT -d 192.168.1.2 -p tcp -m tcp --dport 8080 -m comment --comment "wiki" -j DROP',
      '-A DOCKSMITH -p udp -m conntrack --ctstate DNAT --ctorigdst 192.168.1.2 --ctorigdstport 53 -m comment --comment "wiki" -j DROP',
      '-A DOCKSMITH-INPUT -d 192.168.1.2 -p udp -m udp --dport 53 -m comment --comment "wiki" -j DROP',
      '-A DOCKSMITH -i docker0 -j RETURN',
      '-A DOCKSMITH -o docker0 -m conntrack ! --ctstate RELATED,DNAT -j DROP',
    ]);
  });

  it("has a rule of its own for containers on the host's network, of both families", () => {
    const containers = {
      mail: {
        Image: 'app:1',
        TCPPort: 'exposed',
        UDPPort: '53',
        network: 'host',
        SubDomain: 'enabled',
        WebPort: '8000',
      },
    };
    const expected = ['tcp 25', 'tcp 143', 'udp 53', 'tcp 8000']
      .map((port) => port.split(' '))
      .map(
        ([protocol = '', port = '']) =>
          `-A DOCKSMITH-INPUT -p ${protocol} -m ${protocol} --dport ${port} -m comment --comment "mail" -j DROP`,
      );
    expect(drops(rules(4, containers))).toEqual(expected);
    expect(drops(rules(6, containers))).toEqual(expected);
  });

  it('takes the networks and addresses of its family', () => {
    const base = serverWith({ wiki: { PortMapping: 'custom', PortMappingPorts: '8080:80' } });
    const configuration = new Map(base.dbs.get('configuration')).set('LocalIP', record('LocalIP', 'fd00:1::2'));
    const networks = db(
      record('192.168.1.0', 'network', { Mask: '255.255.255.0' }),
      record('fd00:1::', 'network', { Mask: '64' }),
    );
    const snapshot = { ...base, dbs: new Map([...base.dbs, ['configuration', configuration], ['networks', networks]]) };
    expect(drops(rules(4, {}, snapshot))).toEqual([]);
    const six = rules(6, {}, snapshot);
    expect(six).toContain('-A DOCKSMITH -s fd00:1::/64 -j RETURN');
    expect(six?.join()).not.toContain('192.168');
    expect(drops(six)[0]).toBe(
      '-A DOCKSMITH -p tcp -m conntrack --ctstate DNAT --ctorigdst fd00:1::2 --ctorigdstport 8080 -m comment --comment "wiki" -j DROP',
    );
  });

  it.each<[string, Props]>([
    ['a disabled one', { TCPPort: '8080', status: 'disabled' }],
    ['one without a network', { TCPPort: '8080', network: 'none' }],
    ["a public one on the host's network", { TCPPort: '8080', network: 'host', access: 'public' }],
  ])('has no file where there is nothing to keep: %s', (_, props) => {
    expect(rules(4, { wiki: props })).toBeUndefined();
    expect(rules(6, { wiki: props })).toBeUndefined();
  });

  it.each<[string, Props]>([
    ['a public one, since no more than its published ports is', { TCPPort: '8080', access: 'public' }],
    ['one that is bound to loopback for Apache', { SubDomain: 'enabled', WebPort: '80' }],
    ['one that nothing leads to', {}],
  ])('keeps foreign hosts from the own addresses of containers, over IPv4 and IPv6: %s', (_, props) => {
    for (const family of [4, 6] as const) {
      expect(drops(rules(family, { wiki: props }))).toEqual([]);
      expect(bridges(rules(family, { wiki: props }))).toEqual(['docker0']);
    }
  });

  it('does so for each bridge that enabled containers are behind, also one that the engine named', () => {
    const base = serverWith({
      wiki: { network: 'custom:back' },
      db: {},
      app: { Interlinked: 'db' },
      far: { network: 'custom:overlay' },
      wire: { network: 'custom:wire' },
      off: { network: 'custom:off', status: 'disabled' },
      mail: { network: 'host' },
      side: { network: 'container:db' },
    });
    const networks = db(
      record('back', 'network'),
      record('overlay', 'network', { Driver: 'overlay' }),
      record('wire', 'network', { Driver: 'macvlan' }),
      record('off', 'network'),
    );
    const snapshot = { ...base, dbs: new Map([...base.dbs, ['docker_networks', networks]]) };
    const listed = (facts: ReadonlyMap<string, string>): readonly string[] =>
      [...listContainerBridges(snapshot, factsWith({ bridges: facts }))].sort();
    expect(listed(new Map())).toEqual(['br-back', bridgeName('docksmith-app'), 'docker0', 'docker_gwbridge'].sort());
    expect(
      listed(
        new Map([
          ['back', 'br-0123456789ab'],
          ['bridge', 'mybridge'],
          ['off', 'br-ffffffffffff'],
        ]),
      ),
    ).toEqual(
      ['br-0123456789ab', 'br-back', bridgeName('docksmith-app'), 'docker0', 'docker_gwbridge', 'mybridge'].sort(),
    );
    // no engine tells whose it is
    expect(listed(new Map([['br-ffffffffffff', 'br-ffffffffffff']]))).toContain('br-ffffffffffff');
    expect(bridges(rules(4, {}, snapshot))).toEqual(listContainerBridges(snapshot, factsWith()));
  });

  it('is not written where the record docker says so', () => {
    const snapshot = serverWith({ wiki: { TCPPort: '8080' } }, { docker: { status: 'enabled', Filter: 'disabled' } });
    expect(rules(4, {}, snapshot)).toBeUndefined();
  });
});

describe("the drop-in of the engine's unit", () => {
  const PATH = '/etc/systemd/system/docker.service.d/docksmith-filter.conf';
  const dropIn = (docksmith: Props, docker: Props = {}): readonly string[] => {
    const snapshot = serverWith({}, { docksmith, docker: { status: 'enabled', ...docker } });
    return render({ template: PATH }, { snapshot, facts: factsWith() }).outputs.map(({ path, services, content }) =>
      [
        path,
        ...services,
        ...content
          .toString()
          .split('\n')
          .filter((line) => line.startsWith('Exec')),
      ].join(' '),
    );
  };

  it.each<[string, Props]>([
    ['that docksmith manages', {}],
    ['of others', { Daemon: 'foreign' }],
  ])('sets the filter before an engine %s starts, and nobody is restarted for it', (_, docker) => {
    expect(dropIn({ ServiceManager: 'systemd' }, docker)).toEqual([
      [PATH, ...['Pre', 'Post'].map((when) => `ExecStart${when}=-/bin/sh -c 'exec docksmith firewall --quiet'`)].join(
        ' ',
      ),
    ]);
  });

  it.each<[string, Props, Props]>([
    ['without systemd', { ServiceManager: 'sv' }, {}],
    ['without the filter', { ServiceManager: 'systemd' }, { Filter: 'disabled' }],
    ['where docker is disabled', { ServiceManager: 'systemd' }, { status: 'disabled' }],
  ])('is not there %s', (_, docksmith, docker) => {
    expect(dropIn(docksmith, docker)).toEqual([]);
  });
});
