import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Facts, NO_FACTS } from '../../src/host/facts.ts';
import type { Snapshot } from '../../src/db/snapshot.ts';
import { Failure } from '../../src/base/errors.ts';
import { makeRoot } from '../support/folder.ts';
import { render } from '../support/render.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS, snapshotOf, unitTexts } from '../support/sample.ts';

const TEMPLATES = [
  '/etc/docker/daemon.json',
  '/etc/sysconfig/docker',
  '/etc/default/docker',
  '/etc/systemd/system/docker.service.d/docksmith.conf',
  '/etc/docksmith/containers',
  '/etc/httpd/docksmith/default',
  '/etc/httpd/docksmith/primary',
  '/etc/httpd/docksmith/vhost',
];

type Props = Readonly<Record<string, string>>;
/** Props of records of the sample, changed: `{ wiki: { access: 'public' } }`. */
interface Changed {
  readonly facts?: Facts;
  readonly records?: Readonly<Record<string, Props>>;
  readonly networks?: Readonly<Record<string, string>>;
}

function hostWith({ facts = SAMPLE_FACTS, records = {}, networks = {} }: Changed): {
  snapshot: Snapshot;
  facts: Facts;
} {
  const dbs = new Map(
    [...SAMPLE_DBS].map(([name, content]) => [
      name,
      db(
        ...[...content.values()].map((one) =>
          records[one.key] === undefined || name === 'docker_images'
            ? one
            : record(one.key, one.type, { ...Object.fromEntries(one.props), ...records[one.key] }),
        ),
      ),
    ]),
  );
  for (const [key, mask] of Object.entries(networks))
    dbs.set('networks', db(...(dbs.get('networks') ?? new Map()).values(), record(key, 'network', { Mask: mask })));
  return { facts, snapshot: snapshotOf(dbs, facts) };
}

/** Everything that the shipped templates give, as one text; the banner is not ours to judge here. */
function everything(changed: Changed, templates = TEMPLATES): string {
  const paths = makeRoot({ 'templates-default/template-begin': '# banner\n' });
  return templates
    .flatMap((template) => render({ template }, { paths, ...hostWith(changed) }).outputs)
    .map(({ path: name, content, mode, services, check }) =>
      [
        `=== ${name} ${mode.toString(8)}${services.length > 0 ? ` for ${services.join()}` : ''}${check === undefined ? '' : `, checked by ${check}`}`,
        content.toString(),
      ].join('\n'),
    )
    .join('');
}

const DEBIAN: Facts = {
  ...SAMPLE_FACTS,
  host: { ...SAMPLE_FACTS.host, apacheLayout: 'debian', isDebian: true },
  dockerUnit: unitTexts(
    '/lib/systemd/system/docker.service',
    '/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS',
  ),
};
const WITHOUT_UNIT: Facts = { ...NO_FACTS, host: SAMPLE_FACTS.host };
const SME: Facts = {
  ...WITHOUT_UNIT,
  host: { ...SAMPLE_FACTS.host, apacheLayout: 'sme', hasSmeHome: true, serviceManager: 'sv' },
};
const CERTIFICATE = { Certificate: '/etc/ssl/certs/host.crt', CertificateKey: '/etc/ssl/private/host.key' };
const TLS = { TLSCACert: '/etc/docker/ca.pem', TLSCert: '/etc/docker/cert.pem', TLSKey: '/etc/docker/key.pem' };

describe('the shipped templates give, reviewed,', () => {
  it.each<[string, Changed]>([
    ['redhat', {}],
    ['debian', { facts: DEBIAN }],
    ['sme', { facts: SME }],
    ['tls', { records: { wiki: CERTIFICATE, httpd: { ...CERTIFICATE, SSLPort: '8443' } } }],
    [
      'unusual',
      {
        records: {
          wiki: {
            network: 'host',
            SubDomainName: 'Docs.Example.ORG',
            MaxMemory: '512',
            Command: 'sh -c "echo $HOME"',
            LogDriver: 'journald',
            Labels: 'a=b,c=$d',
          },
          git: {
            WebAliasStrip: 'no',
            access: 'private',
            UDPPort: '53',
            PortMappingPorts: '2222:22,53:5353/udp',
            LogMaxSize: '1m',
            Restart: 'no',
            MountPath: '/srv/git:/data:ro,/srv/cache',
          },
          docker: {
            TCPPort: '2376',
            ...TLS,
            StorageDriver: 'overlay2',
            LiveRestore: 'disabled',
            Socket: 'unix:///run/own.sock',
          },
        },
        networks: { 'fd00:1::': '64' },
      },
    ],
  ])('the host "%s"', async (name, changed) => {
    await expect(everything(changed)).toMatchFileSnapshot(path.join(import.meta.dirname, 'golden', `${name}.txt`));
  });
});

const DAEMON = TEMPLATES.slice(0, 4);
const WEB = TEMPLATES.slice(5);

describe("the engine's options", () => {
  it('stand in one place each', () => {
    for (const changed of [
      {},
      { facts: DEBIAN },
      { records: { docker: { TCPPort: '2376', ...TLS, StorageDriver: 'overlay2' } } },
    ]) {
      const text = everything(changed, DAEMON);
      const json = JSON.parse(/=== \/etc\/docker\/daemon\.json[^\n]*\n(\{.*?\n\})\n/s.exec(text)?.[1] ?? '') as object;
      const flags = [...text.matchAll(/ --?([a-z][a-z-]*)/gi)].map(([, flag]) => flag);
      expect(flags.filter((flag) => flag !== undefined && flag in json)).toEqual([]);
      expect(json).not.toHaveProperty('hosts');
    }
  });

  it('leave a unit its own options, but for those that daemon.json gives', () => {
    const unit = unitTexts(
      '/u',
      '/usr/bin/dockerd --host=fd:// -g /old --bip=10.0.0.1/24 --storage-driver overlay2 --live-restore --tlsverify=true --log-opt max-size=1m --userland-proxy=false -s vfs ${OPTIONS} $OTHER',
    );
    expect(everything({ facts: { ...SAMPLE_FACTS, dockerUnit: unit } }, DAEMON)).toContain(
      '\nExecStart=/usr/bin/dockerd --storage-driver overlay2 --tlsverify=true --userland-proxy=false -s vfs $OTHER $OPTIONS\n',
    );
  });

  it.each<[string, Props, string]>([
    ['no TCP port', {}, '"-H fd://"'],
    ['a TCP port on loopback', { TCPPort: '2375' }, '"-H fd:// -H tcp://127.0.0.1:2375"'],
    ['a TCP port for those with a certificate', { TCPPort: '2376', ...TLS }, '"-H fd:// -H tcp://0.0.0.0:2376"'],
    [
      'a TCP port with TLS on loopback',
      { TCPPort: '2376', ...TLS, access: 'private' },
      '"-H fd:// -H tcp://127.0.0.1:2376"',
    ],
    ['the socket under its other name', { Socket: '/run/docker.sock' }, '"-H fd://"'],
    ['a socket of its own', { Socket: '/run/own.sock' }, '"-H unix:///run/own.sock"'],
  ])('open %s', (__, docker, options) => {
    expect(everything({ records: { docker } }, ['/etc/sysconfig/docker'])).toBe(
      `=== /etc/sysconfig/docker 644 for docker\n# banner\nother_args=${options}\nOPTIONS=${options}\n`,
    );
  });

  it.each<[string, Changed, RegExp, string[]?]>([
    [
      'half of the TLS files',
      { records: { docker: { TCPPort: '2376', TLSCert: '/c', TLSCACert: '/a' } } },
      /docker-options\/20tcp:1:\d+: .*needs TLSKey of docker too/,
      ['/etc/sysconfig/docker'],
    ],
    [
      'a TCP port with TLS whose key is not said',
      { records: { docker: { TCPPort: '2376', TLSCert: '/c', TLSCACert: '/a' } } },
      /daemon\.json\/60tls:6:\d+: .*no prop "TLSKey"/,
    ],
    [
      'a public TCP port without TLS',
      { records: { docker: { TCPPort: '2375', access: 'public' } } },
      /open to everybody/,
    ],
    [
      'a network that overlaps a local one',
      { records: { docker: { Network: '192.168.0.0' } } },
      /daemon\.json\/20network:\d+:\d+: .*overlaps the local network 192\.168\.1\.0 of db networks/,
    ],
    [
      'a network inside a local one',
      { networks: { '172.0.0.0': '255.0.0.0' } },
      /overlaps the local network 172\.0\.0\.0/,
    ],
    ['a network of IPv6', { records: { docker: { Network: 'fd00::', Mask: '64' } } }, /is an IPv4 one/],
    [
      'a socket whose path has a space',
      { records: { docker: { Socket: '/run/my docker.sock' } } },
      /options file can't hold/,
    ],
  ])('refuse %s', (__, changed, message, template = DAEMON) => {
    expect(() => everything(changed, template)).toThrow(message);
  });

  it('are not written for an engine that is foreign', () => {
    expect(everything({ records: { docker: { Daemon: 'foreign' } } }, DAEMON)).toBe('');
  });

  it('go into no drop-in where there is no unit, or no systemd', () => {
    expect(everything({ facts: WITHOUT_UNIT }, DAEMON)).not.toContain('docker.service.d');
    expect(everything({ records: { docksmith: { ServiceManager: 'sv' } } }, DAEMON)).not.toContain('docker.service.d');
  });
});

describe('the sites', () => {
  it('are none where Apache is disabled, or nothing is to be reached', () => {
    expect(everything({ records: { httpd: { status: 'disabled' } } }, WEB)).toBe('');
    expect(everything({ records: { wiki: { status: 'disabled' }, git: { WebAlias: '' } } }, WEB)).toBe('');
  });

  it('need the key of a certificate', () => {
    expect(() => everything({ records: { wiki: { Certificate: '/c' } } }, WEB)).toThrow(/no prop "CertificateKey"/);
  });

  it('hold no directive that a value brought in', () => {
    const directives = (changed: Changed): readonly string[] =>
      everything(changed, WEB)
        .split('\n')
        .map((line) => /^\s*(<?\/?[\w]+)/.exec(line)?.[1] ?? '')
        .filter(Boolean);
    const places: readonly [string, string][] = [
      ['wiki', 'SubDomainName'],
      ['wiki', 'WebHostPort'],
      ['wiki', 'Certificate'],
      ['wiki', 'CertificateKey'],
      ['git', 'WebAlias'],
      ['httpd', 'PrimaryHost'],
      ['httpd', 'DocumentRoot'],
      ['httpd', 'SSLPort'],
      ['httpd', 'TCPPort'],
    ];
    const nasty = fc
      .array(
        fc.constantFrom(
          '\n',
          '\r',
          '"',
          "'",
          '\\',
          ' ',
          '<',
          '>',
          '#',
          '$',
          '${x}',
          '%{x}',
          '/',
          '/x',
          'Include',
          '</VirtualHost>',
          '\t',
          'a.b',
          '1',
          '\u0000',
        ),
        { minLength: 1, maxLength: 8 },
      )
      .map((parts) => parts.join(''));
    const before = { records: { wiki: { ...CERTIFICATE, Redirect: 'none' }, httpd: CERTIFICATE } };
    const expected = directives(before);
    fc.assert(
      fc.property(fc.constantFrom(...places), nasty, ([key, prop], value) => {
        const records: Record<string, Props> = before.records;
        let found: readonly string[];
        try {
          found = directives({ records: { ...records, [key]: { ...records[key], [prop]: value } } });
        } catch (error) {
          // refused, by the template or by what the prop means
          if (error instanceof Failure || error instanceof Error) return;
          throw error;
        }
        // several paths, or none, are more or fewer of the same
        if (prop === 'WebAlias') expect([...new Set(found)].filter((name) => !expected.includes(name))).toEqual([]);
        else expect(found).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  }, 60_000);
});
