import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EngineDescription } from '../../../../src/engine/admin-engine.ts';
import type { ContainerSummary } from '../../../../src/engine/engine.ts';
import { findListCommand, listModules } from '../../../../src/web-server/modules.ts';
import { describeRoom, describeShares } from '../../../../src/features/doctor/disk.ts';
import { checkEngine } from '../../../../src/features/doctor/engine.ts';
import type { Finding } from '../../../../src/features/doctor/finding.ts';
import { checkFragments } from '../../../../src/features/doctor/fragments.ts';
import { checkPrograms } from '../../../../src/features/doctor/host.ts';
import { checkNames } from '../../../../src/features/doctor/names.ts';
import { checkAddresses, checkPorts } from '../../../../src/features/doctor/ports.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

const show = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ check, level, words }) => `${level} ${check}: ${words}`);
const GIGABYTE = 1024 ** 3;

describe('the engine', () => {
  const ENGINE: EngineDescription = {
    version: '20.10.24',
    api: '1.41',
    dataRoot: '/var/lib/docker',
    storageDriver: 'overlay2',
    storage: { 'Backing Filesystem': 'extfs', 'Supports d_type': 'true' },
    liveRestore: true,
    runningContainers: 1,
    warnings: [],
  };
  const look = (change: Partial<EngineDescription>, docker: Readonly<Record<string, string>> = {}): readonly string[] =>
    show(
      checkEngine(serverWith({}, { docker: { status: 'enabled', ...docker } }), '/run/docker.sock', {
        ...ENGINE,
        ...change,
      }),
    ).filter((line) => !line.startsWith('ok'));

  it('is well', () => {
    expect(show(checkEngine(serverWith({}), '/run/docker.sock', ENGINE))).toEqual([
      'ok engine: Docker 20.10.24, API 1.41, at /run/docker.sock; 1 container runs',
      'ok storage: driver overlay2 on extfs',
      'ok data root: /var/lib/docker',
      'ok live-restore: containers go on running while the engine restarts',
    ]);
  });

  it.each<readonly [Partial<EngineDescription>, Readonly<Record<string, string>>, string]>([
    [{ storageDriver: 'vfs', storage: {} }, {}, 'warn storage: driver vfs, which copies every layer whole'],
    [
      {},
      { StorageDriver: 'vfs' },
      'warn storage: StorageDriver of docker is vfs, and the engine uses overlay2: with vfs all that it has would seem gone',
    ],
    [
      { storage: { 'Supports d_type': 'false' } },
      {},
      'bad storage: driver overlay2, which has no d_type: files that containers remove come back',
    ],
    [{ warnings: ['WARNING: No swap limit support'] }, {}, 'warn engine: it warns: No swap limit support'],
    [
      {},
      { DataRoot: '/srv/docker' },
      'warn data root: the engine keeps its data in /var/lib/docker, and DataRoot of docker is /srv/docker',
    ],
    [
      { liveRestore: false },
      {},
      'warn live-restore: containers stop when the engine restarts, though LiveRestore of docker is enabled',
    ],
  ])('is not as it should be: %o %o', (change, docker, line) => {
    expect(look(change, docker)).toEqual([line]);
  });

  it('may be without live-restore where its record says so', () => {
    expect(look({ liveRestore: false }, { LiveRestore: 'disabled' })).toEqual([]);
  });
});

describe('the disk', () => {
  const room = (freeBytes: number, freeFiles = 1000): string => {
    const { level, words } = describeRoom('/data', { bytes: 100 * GIGABYTE, freeBytes, files: 1000, freeFiles });
    return `${level} ${words}`;
  };

  it('is looked at in bytes and in inodes', () => {
    expect(room(50 * GIGABYTE)).toBe('ok 50.0g of 100.0g are free under /data');
    expect(room(9 * GIGABYTE)).toBe('warn 9.0g of 100.0g are free under /data');
    expect(room(GIGABYTE / 2)).toBe('bad 512m of 100.0g are free under /data');
    expect(room(50 * GIGABYTE, 20)).toBe('bad 50.0g of 100.0g are free under /data, and only 20 of 1000 inodes');
    expect(describeRoom('/data', { bytes: 10, freeBytes: 10, files: 0, freeFiles: 0 }).level).toBe('ok');
  });

  it('tells what takes it', () => {
    expect(
      show(
        describeShares([
          { what: 'images', count: 3, bytes: 2 * GIGABYTE, unused: GIGABYTE },
          { what: 'volumes', count: 1, bytes: 5, unused: 0 },
          { what: 'build cache', count: 0, bytes: 0, unused: 0 },
        ]),
      ),
    ).toEqual(['ok disk: images 3 with 2.0g (1.0g unused), volumes 1 with 1m']);
    expect(describeShares([])).toEqual([]);
  });
});

describe('ports', () => {
  const snapshot = serverWith({ git: { PortMapping: 'custom', PortMappingPorts: '2222:22', access: 'public' } });
  const running: ContainerSummary = { id: '1', name: 'git', status: 'running', labels: {}, ports: [] };
  const published = { protocol: 'tcp', address: '0.0.0.0', port: 2222, container: 'git', ours: true } as const;

  it('are there, missing, used by others, or left over', () => {
    const look = (more: Parameters<typeof factsWith>[0], containers = [running]): readonly string[] =>
      show(checkPorts({ snapshot, facts: factsWith(more) }, containers));
    expect(look({ publishedPorts: [published] })).toEqual(['ok ports: 1 declared, none of them missing or taken']);
    expect(look({})).toEqual(['bad ports: port 2222 of git is declared, and the container runs without it']);
    expect(look({}, [{ ...running, status: 'exited' }])).toEqual([
      'ok ports: 1 declared, none of them missing or taken',
    ]);
    expect(look({ listeners: [{ protocol: 'tcp', address: '0.0.0.0', port: 2222, process: 'sshd (pid 7)' }] })).toEqual(
      ['bad ports: port 2222 of git is taken by sshd (pid 7) that listens on 0.0.0.0 port 2222'],
    );
    expect(look({ publishedPorts: [published, { ...published, port: 80 }] })).toEqual([
      'warn ports: published, and declared by no record: 80 (git)',
    ]);
  });

  it('are warned of where the kernel may give them to an outgoing connection', () => {
    const look = (port: string, reserved: readonly (readonly number[])[] = []): readonly string[] =>
      show(
        checkPorts(
          {
            snapshot: serverWith({ wiki: { SubDomain: 'enabled', WebPort: '80', WebHostPort: port } }),
            facts: factsWith({ localPorts: { first: 32_768, last: 60_999, reserved } }),
          },
          [],
        ),
      ).filter((line) => line.startsWith('warn ports'));
    expect(look('47000')).toEqual([
      'warn ports: the kernel may give 47000 (wiki) to an outgoing connection while the container is stopped',
    ]);
    expect(look('47000', [[47_000, 47_010]])).toEqual([]);
    expect(look('23000')).toEqual([]);
  });

  it('of Apache are missed where containers are behind it', () => {
    const behind = serverWith({ wiki: { SubDomain: 'enabled', WebPort: '80' } });
    const look = (ports: readonly number[]): readonly string[] =>
      show(
        checkPorts(
          {
            snapshot: behind,
            facts: factsWith({ listeners: ports.map((port) => ({ protocol: 'tcp', address: '0.0.0.0', port })) }),
          },
          [],
        ),
      ).filter((line) => line.includes('apache'));
    expect(look([])).toEqual(['bad apache: no process listens on port 80, through which a container is reached']);
    expect(look([80])).toEqual([]);
  });
});

describe('names', () => {
  const snapshot = serverWith({
    wiki: { SubDomain: 'enabled', WebPort: '80' },
    git: { WebAlias: 'git', WebPort: '3000' },
    off: { SubDomain: 'enabled', status: 'disabled' },
  });
  const look = (addresses: Readonly<Record<string, readonly string[]>>): Promise<readonly Finding[]> =>
    checkNames({ snapshot, facts: factsWith() }, (name) => Promise.resolve(addresses[name] ?? []));

  it('lead here, elsewhere, or nowhere', async () => {
    expect(show(await look({ 'wiki.example.test': ['192.168.1.2'], 'host.example.test': ['127.0.1.1'] }))).toEqual([
      'ok names: wiki.example.test, host.example.test lead to this host',
    ]);
    expect(await look({ 'wiki.example.test': ['203.0.113.9'] })).toEqual([
      {
        check: 'names',
        level: 'warn',
        words: 'host.example.test does not resolve',
        advice: 'enter it in your DNS, with the address 192.168.1.2',
      },
      {
        check: 'names',
        level: 'warn',
        words: 'wiki.example.test leads to 203.0.113.9, which is no address of this host',
        advice: 'correct if a router forwards it to this host; otherwise fix it in your DNS',
      },
    ]);
    expect(
      await checkNames({ snapshot: serverWith({ db: {} }), facts: factsWith() }, () => Promise.resolve([])),
    ).toEqual([]);
  });
});

describe("Apache's modules", () => {
  it('are known by the directives of a file', () => {
    expect(
      listModules(
        '<VirtualHost *:80>\n  ServerName x\n  # SSLEngine on\n  RewriteEngine On\n  RequestHeader unset X\n  Require ip 10.0.0.0/8\n  ProxyPass / http://127.0.0.1:1/\n',
      ).toSorted(),
    ).toEqual(['authz_host', 'headers', 'proxy', 'proxy_http', 'rewrite']);
    expect(
      listModules(
        'RewriteRule ^ ws://127.0.0.1:1 [P]\n<IfModule mod_ssl.c>\n SSLEngine on\n</IfModule>\nSSLProtocol all\nRedirect / https://x/\n',
      ).toSorted(),
    ).toEqual(['alias', 'proxy_wstunnel', 'rewrite', 'ssl']);
    expect(listModules('Require all granted\n')).toEqual([]);
  });

  it.each([
    ['httpd -t', 'httpd -M'],
    ['apache2ctl -t', 'apache2ctl -M'],
    ['apache2ctl configtest', 'apache2ctl -M'],
    ['apache2 -f /x/-t.conf -t', 'apache2 -f /x/-t.conf -M'],
    ['', undefined],
    ['true', undefined],
  ])('are listed for %j by %j', (check, list) => {
    expect(findListCommand(check)).toBe(list);
  });
});

it('misses programs that are not there', () => {
  const lines = show(checkPrograms({ PATH: '/nowhere' }));
  expect(lines.some((line) => line.startsWith('bad programs: flock is not installed'))).toBe(true);
});

describe('fragments', () => {
  const CUSTOM = '/etc/docksmith/templates-custom/etc/x';

  it('that no other user can write are ok, and a host without its own has no finding', () => {
    const host = makeTempHost();
    expect(checkFragments(host.paths)).toEqual([]);
    host.write(`${CUSTOM}/10a`, 'a');
    expect(show(checkFragments(host.paths))).toEqual([
      'ok fragments: 1 fragments of this host, which no other user can write',
    ]);
  });

  it('that others can write are named, and with them who can', () => {
    const host = makeTempHost();
    const file = host.write(`${CUSTOM}/10a`, 'a', 0o666);
    host.write(`${CUSTOM}/20b`, 'b');
    host.write('/etc/docksmith/db/docker_containers/defaults/wiki/status', 'enabled');
    chmodSync(host.file('/etc/docksmith/db'), 0o777);
    expect(show(checkFragments(host.paths))).toEqual([
      `warn fragments: everybody can write "${file}", and so can change ${CUSTOM}/10a`,
      `warn fragments: everybody can write "${host.file('/etc/docksmith/db')}", and so can change /etc/docksmith/db/docker_containers/defaults/wiki/status`,
    ]);
  });
});

it('names addresses of LocalIP that no interface has', () => {
  const snapshot = snapshotOf(new Map([['configuration', db(record('LocalIP', '192.168.1.2,192.168.1.9,127.0.0.1'))]]));
  const facts = factsWith({ addresses: [{ address: '192.168.1.2', prefix: 24, interface: 'eth0' }] });
  expect(checkAddresses({ snapshot, facts }).map(({ level, words }) => `${level} ${words}`)).toEqual([
    'warn no interface that is up has 192.168.1.9, which is in LocalIP: private ports cannot be published there',
  ]);
});
