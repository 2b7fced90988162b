import { describe, expect, it } from 'vitest';
import type { ContainerSummary, NetworkSummary } from '../../../../src/engine/engine.ts';
import type { ContainerInspect } from '../../../../src/engine/engine-api.ts';
import type { Facts } from '../../../../src/host/facts.ts';
import { parseRules, type Rules } from '../../../../src/firewall/rules.ts';
import { listExposedAddresses } from '../../../../src/features/exposure/addresses.ts';
import { listExposedUrls, type SiteFile } from '../../../../src/features/exposure/apache.ts';
import { listRequires } from '../../../../src/web-server/requires.ts';
import { type ExposedPort, listExposedPorts } from '../../../../src/features/exposure/ports.ts';
import { Container } from '../../../../src/model/container.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';
import { render } from '../../../support/render.ts';
import { db, record } from '../../../support/sample.ts';

type Props = Readonly<Record<string, string>>;
const WAYS = '*filter\n-A INPUT -j DOCKSMITH-INPUT\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j DOCKSMITH\n';
const BOTH = { LocalIP: { type: '192.168.1.2,fd00::2' } };

interface Case {
  readonly props?: Props;
  readonly configuration?: Readonly<Record<string, Props>>;
  /** as the engine has them; absent: as the record wants them */
  readonly ports?: ContainerSummary['ports'];
  readonly facts?: Partial<Facts>;
  readonly status?: string;
  /** of the kernel, in place of what the templates make of the records */
  readonly rules?: (rules: string) => string;
}

const tcp = (hostPort: number, ...addresses: readonly string[]): ContainerSummary['ports'] =>
  addresses.map((address) => ({ address, hostPort, protocol: 'tcp' }));

function judge({
  props = {},
  configuration = {},
  ports = [],
  facts = {},
  status = 'running',
  rules = (text) => text,
}: Case): readonly ExposedPort[] {
  const snapshot = serverWith({ wiki: { Image: 'app:1', ...props } }, configuration);
  const kernel = (family: 4 | 6): Rules =>
    parseRules(
      rules(
        `${WAYS}${render(
          { template: `/etc/docksmith/filter/docker-user.v${family}` },
          { snapshot, facts: factsWith(facts) },
        )
          .outputs.map(({ content }) => content.toString())
          .join('')}`,
      ),
    );
  return listExposedPorts(
    {
      snapshot,
      facts: factsWith(facts),
      rules: new Map([
        ['IPv4', kernel(4)],
        ['IPv6', kernel(6)],
      ]),
    },
    'wiki',
    { id: '1', name: 'wiki', labels: {}, status, ports },
  );
}

describe('a port', () => {
  it('is as declared where it is bound and kept as its record says', () => {
    expect(
      judge({
        props: { TCPPort: '8080' },
        configuration: BOTH,
        ports: tcp(8080, '192.168.1.2', 'fd00::2', '127.0.0.1', '::1'),
      }),
    ).toEqual([
      {
        port: 8080,
        protocol: 'tcp',
        kind: 'published',
        declared: 'local networks',
        addresses: ['192.168.1.2', 'fd00::2', '127.0.0.1', '::1'],
        filter: [
          { family: 'IPv4', isKnown: true, networks: ['192.168.1.0/24'], why: undefined },
          { family: 'IPv6', isKnown: true, networks: [], why: undefined },
        ],
        reached: 'local networks',
        mismatches: [],
      },
    ]);
  });

  it.each<[string, Case, string, readonly string[]]>([
    ['public', { props: { TCPPort: '80', access: 'public' }, ports: tcp(80, '0.0.0.0', '::') }, 'everybody', []],
    [
      'private and flushed',
      {
        props: { TCPPort: '80' },
        ports: tcp(80, '192.168.1.2', '127.0.0.1'),
        rules: () => '*filter\n:INPUT ACCEPT [0:0]\n',
      },
      'everybody',
      ['the IPv4 filter does not block it: FORWARD does not lead to DOCKER-USER'],
    ],
    [
      'private, and the filter is disabled',
      {
        props: { TCPPort: '80' },
        configuration: { docker: { Filter: 'disabled' } },
        ports: tcp(80, '192.168.1.2', '127.0.0.1'),
      },
      'everybody',
      [],
    ],
    [
      'private, and its record was public when it was made',
      { props: { TCPPort: '80' }, ports: tcp(80, '0.0.0.0', '::') },
      'everybody',
      [
        'bound to every address',
        'the IPv4 filter does not block it: DOCKSMITH has no rule for it',
        'the IPv6 filter does not block it: DOCKSMITH has no rule for it',
      ],
    ],
    [
      'public, and its record was private when it was made',
      { props: { TCPPort: '80', access: 'public' }, ports: tcp(80, '192.168.1.2', '127.0.0.1') },
      'everybody',
      ['bound to 192.168.1.2, 127.0.0.1 alone, and the record says public'],
    ],
    [
      'private, and LocalIP was another',
      { props: { TCPPort: '80' }, ports: tcp(80, '192.168.1.9', '127.0.0.1') },
      'everybody',
      [
        'bound to 192.168.1.9, too',
        'not bound to 192.168.1.2',
        'the IPv4 filter does not block it: DOCKSMITH has no rule for it',
      ],
    ],
    [
      'public, and the filter keeps it still',
      {
        props: { TCPPort: '80', access: 'public' },
        ports: tcp(80, '192.168.1.2', '0.0.0.0'),
        rules: () =>
          `${WAYS}-A DOCKSMITH -p tcp --ctorigdstport 80 -j DROP\n-A DOCKSMITH-INPUT -p tcp --dport 80 -j DROP\n`,
      },
      'local networks',
      ['the IPv4 filter blocks it outside the local networks, and the record says public'],
    ],
    [
      'private, and the filter lets others in',
      {
        props: { TCPPort: '80' },
        ports: tcp(80, '192.168.1.2', '127.0.0.1'),
        rules: (text) => text.replaceAll('-s 192.168.1.0/24', '-s 10.0.0.0/8'),
      },
      'local networks',
      [
        'the IPv4 filter lets 10.0.0.0/8 in, which is none of db networks',
        'the IPv4 filter keeps 192.168.1.0/24 of db networks out',
      ],
    ],
    [
      'declared, and the container does not run',
      { props: { TCPPort: '80' }, status: 'exited', ports: [] },
      'nobody',
      ['not published now'],
    ],
    ['of no record', { ports: tcp(99, '192.168.1.2') }, 'everybody', ['published, and no record says so']],
    [
      'behind Apache alone',
      { props: { WebAlias: 'w', WebPort: '80', WebHostPort: '47000' }, ports: tcp(47_000, '127.0.0.1') },
      'this host',
      [],
    ],
    [
      'behind Apache alone, and who is on a wire is not kept from loopback',
      {
        props: { WebAlias: 'w', WebPort: '80', WebHostPort: '47000' },
        ports: tcp(47_000, '127.0.0.1'),
        rules: (text) => text.replace(/.*127\.0\.0\.0.*\n/, ''),
      },
      'this host',
      ['the IPv4 filter does not keep hosts on the same network from 127.0.0.1: DOCKSMITH has no rule for it'],
    ],
    [
      'behind Apache, and open',
      { props: { WebAlias: 'w', WebPort: '80', WebHostPort: '47000' }, ports: tcp(47_000, '0.0.0.0') },
      'everybody',
      ['bound to every address'],
    ],
    [
      "on the host's network",
      {
        props: { TCPPort: '25', network: 'host' },
        facts: { listeners: [{ protocol: 'tcp', address: '::', port: 25 }] },
      },
      'local networks',
      [],
    ],
    [
      "on the host's network, and nobody listens",
      { props: { TCPPort: '25', network: 'host' } },
      'nobody',
      ['nothing listens there'],
    ],
  ])('is judged: %s', (_, what, reached, mismatches) => {
    const ports = judge(what);
    expect(ports.map((port) => port.reached)).toEqual([reached]);
    expect(ports.flatMap((port) => port.mismatches)).toEqual(mismatches);
  });

  it('says of a filter out of reach that it is not known', () => {
    const rules = new Map([['IPv4', { why: 'since iptables-save is not installed', isWanted: true }]] as const);
    const [port] = listExposedPorts(
      { snapshot: serverWith({ wiki: { TCPPort: '80' } }), facts: factsWith(), rules },
      'wiki',
      { id: '1', name: 'wiki', labels: {}, status: 'running', ports: tcp(80, '192.168.1.2', '127.0.0.1') },
    );
    expect(port?.filter).toEqual([
      { family: 'IPv4', isKnown: false, networks: undefined, why: 'not known, since iptables-save is not installed' },
    ]);
    expect(port?.mismatches).toEqual([
      'networks that the IPv4 filter lets in: not known, since iptables-save is not installed',
    ]);
  });
});

describe("an address of a container's own", () => {
  const network = (
    name: string,
    driver = 'bridge',
    options: Readonly<Record<string, string>> = {},
  ): NetworkSummary => ({
    id: '0123456789abcdef',
    name,
    driver,
    internal: false,
    labels: {},
    ipv6: false,
    attachable: false,
    addresses: [],
    options,
  });
  const NETWORKS = [
    network('bridge', 'bridge', { 'com.docker.network.bridge.name': 'docker0' }),
    network('back'),
    network('wire', 'macvlan'),
    network('host', 'host'),
    network('far', 'overlay'),
  ];

  /** The audience and the mismatches of each address. */
  function judge(
    props: Props,
    on: Readonly<Record<string, Readonly<Record<string, string>>>>,
    { bridges = new Map<string, string>(), filter = 'enabled', flush = /^never$/ } = {},
  ): unknown {
    const base = serverWith({ wiki: { Image: 'app:1', ...props } }, { docker: { status: 'enabled', Filter: filter } });
    const snapshot = {
      ...base,
      dbs: new Map([
        ...base.dbs,
        ['docker_networks', db(record('back', 'network'), record('wire', 'network', { Driver: 'macvlan' }))],
      ]),
    };
    const facts = factsWith({ bridges });
    const kernel = (family: 4 | 6): Rules =>
      parseRules(
        `${WAYS}${render({ template: `/etc/docksmith/filter/docker-user.v${family}` }, { snapshot, facts })
          .outputs.map(({ content }) => content.toString())
          .join('')}`
          .split('\n')
          .filter((line) => !flush.test(line))
          .join('\n'),
      );
    const inspect = { NetworkSettings: { Networks: on } } as unknown as ContainerInspect;
    return listExposedAddresses(
      {
        snapshot,
        facts,
        rules: new Map([
          ['IPv4', kernel(4)],
          ['IPv6', kernel(6)],
        ]),
      },
      'wiki',
      inspect,
      new Map(NETWORKS.map((one) => [one.name, one])),
    ).map(({ address, reached, mismatches }) => [address, reached, ...mismatches]);
  }
  const BRIDGE = { bridge: { IPAddress: '172.17.0.2', GlobalIPv6Address: 'fd00:99::2' } };

  it.each<[string, () => unknown, readonly unknown[]]>([
    [
      'kept',
      () => judge({}, BRIDGE),
      [
        ['172.17.0.2', 'local networks'],
        ['fd00:99::2', 'local networks'],
      ],
    ],
    [
      'kept of a public one, too',
      () => judge({ access: 'public' }, BRIDGE),
      [
        ['172.17.0.2', 'local networks'],
        ['fd00:99::2', 'local networks'],
      ],
    ],
    ['none while it does not run', () => judge({}, { bridge: { IPAddress: '', GlobalIPv6Address: '' } }), []],
    [
      'open where the rules of one family are gone',
      () => judge({}, BRIDGE, { flush: /-o docker0/ }),
      [
        ['172.17.0.2', 'everybody', 'the IPv4 filter does not block it: DOCKSMITH has no rule for it'],
        ['fd00:99::2', 'everybody', 'the IPv6 filter does not block it: DOCKSMITH has no rule for it'],
      ],
    ],
    [
      'open as declared where the filter is disabled',
      () => judge({}, BRIDGE, { filter: 'disabled' }),
      [
        ['172.17.0.2', 'everybody'],
        ['fd00:99::2', 'everybody'],
      ],
    ],
    [
      'open on a network whose bridge the engine named and nobody told of',
      () => judge({ network: 'custom:back' }, { back: { IPAddress: '10.5.0.2' } }),
      [['10.5.0.2', 'everybody', 'the IPv4 filter does not block it: DOCKSMITH has no rule for it']],
    ],
    [
      'kept on a network whose bridge the engine named',
      () =>
        judge(
          { network: 'custom:back' },
          { back: { IPAddress: '10.5.0.2' } },
          { bridges: new Map([['back', 'br-0123456789ab']]) },
        ),
      [['10.5.0.2', 'local networks']],
    ],
    [
      'open on the wire itself',
      () => judge({ network: 'custom:wire' }, { wire: { IPAddress: '192.168.1.50' } }),
      [['192.168.1.50', 'everybody', 'no packet filter of this host is in front of a network of macvlan']],
    ],
    [
      'open on the wire itself, as a public one may be',
      () => judge({ network: 'custom:wire', access: 'public' }, { wire: { IPAddress: '192.168.1.50' } }),
      [['192.168.1.50', 'everybody']],
    ],
    [
      "none on the host's network or one of several hosts",
      () =>
        judge(
          { network: 'host' },
          { host: { IPAddress: '' }, far: { IPAddress: '10.0.1.2' }, gone: { IPAddress: '10.0.2.2' } },
        ),
      [],
    ],
  ])('is %s', (_, found, expected) => {
    expect(found()).toEqual(expected);
  });
});

describe('a URL', () => {
  const web = (props: Props, change: (site: SiteFile) => SiteFile | undefined = (site) => site): unknown => {
    const snapshot = serverWith(
      { wiki: { Image: 'app:1', WebPort: '80', WebHostPort: '47000', ...props } },
      { httpd: { status: 'enabled', Certificate: '', DocumentRoot: '/var/www/html' } },
    );
    return listExposedUrls(new Container(snapshot, 'wiki'), (of) => {
      const text = render({ template: `/etc/httpd/docksmith/${of}` }, { snapshot })
        .outputs.map(({ content }) => content.toString())
        .join('');
      return change({ path: '/x.conf', text, isEdited: false, isPending: false });
    }).map(({ url, reached, hasPassword, mismatches }) => [
      url,
      `${reached}${hasPassword ? ', password' : ''}`,
      ...mismatches,
    ]);
  };
  const VHOST = { SubDomain: 'enabled' };

  it.each<[string, Props, ((site: SiteFile) => SiteFile | undefined) | undefined, readonly string[]]>([
    ['private', VHOST, undefined, ['http://wiki.example.test/', 'local networks']],
    ['public', { ...VHOST, access: 'public' }, undefined, ['http://wiki.example.test/', 'everybody']],
    ['a path', { WebAlias: 'w' }, undefined, ['http://host.example.test/w/', 'local networks']],
    [
      'public with a password',
      { ...VHOST, access: 'public', BasicAuth: '/etc/passwords' },
      undefined,
      ['http://wiki.example.test/', 'everybody, password'],
    ],
    [
      'private with a password',
      { ...VHOST, BasicAuth: '/etc/passwords' },
      undefined,
      ['http://wiki.example.test/', 'local networks, password'],
    ],
    [
      'not installed',
      VHOST,
      () => undefined,
      ['http://wiki.example.test/', 'nobody', 'no installed vhost leads to it'],
    ],
    [
      'installed when it was public',
      VHOST,
      (site) => ({
        ...site,
        text: site.text?.replace(/( +)Require ip 127[^]*?Require ip [^\n]*/, '$1Require all granted'),
      }),
      ['http://wiki.example.test/', 'everybody', '/x.conf lets everybody in'],
    ],
    [
      'installed when it was private',
      { ...VHOST, access: 'public' },
      (site) => ({
        ...site,
        text: site.text?.replace(/(<Location "\/">[^]*?)Require all granted/, '$1Require ip 192.168.1.0/24'),
      }),
      [
        'http://wiki.example.test/',
        'local networks',
        '/x.conf admits only the local networks, and the record says public',
      ],
    ],
    [
      'changed by hand',
      VHOST,
      (site) => ({ ...site, text: site.text?.replaceAll('192.168.1.0/24', '10.0.0.0/8'), isEdited: true }),
      [
        'http://wiki.example.test/',
        'local networks',
        '/x.conf lets 10.0.0.0/8 in, which is none of db networks',
        '/x.conf keeps 192.168.1.0/24 of db networks out',
        '/x.conf was changed by hand',
      ],
    ],
    [
      'not read yet',
      VHOST,
      (site) => ({ ...site, isPending: true }),
      ['http://wiki.example.test/', 'local networks', 'Apache did not read /x.conf yet: the next event reloads it'],
    ],
  ])('is judged: %s', (_, props, change, expected) => {
    expect(web(props, change)).toEqual([expected]);
  });

  it('reads the Require lines of one path', () => {
    expect(
      listRequires(
        '<Location "/">\n  Require ip  10.0.0.0/8\n</Location>\n<Location "/x/">\nRequire all granted\n</Location>\n<location "/">\nrequire valid-user\n</location>\nRequire all denied\n',
        '/',
      ),
    ).toEqual(['ip 10.0.0.0/8', 'valid-user']);
  });
});
