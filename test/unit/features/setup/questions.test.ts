import { describe, expect, it } from 'vitest';
import { findPaths } from '../../../../src/base/paths.ts';
import type { Snapshot } from '../../../../src/db/snapshot.ts';
import { type Known, type Question, READERS, TOPICS } from '../../../../src/features/setup/questions.ts';
import { readGiven, withValues } from '../../../../src/features/setup/setup.ts';
import type { Found } from '../../../../src/flow/set-up/found-in-engine.ts';
import { readHostSnapshot } from '../../../../src/flow/host-state.ts';
import { makeFolder, writeTree } from '../../../support/folder.ts';

const DETECTED: Known['detected'] = {
  systemName: 'host',
  domainName: 'example.test',
  localIP: '192.168.1.2',
  localNetworks: [{ address: '192.168.1.0', mask: '255.255.255.0' }],
  undecided: [],
  engineSocket: undefined,
};

function snapshotOf(configuration = '', networks = ''): Snapshot {
  const root = makeFolder();
  writeTree(`${root}/var/lib/docksmith/db`, { configuration, networks });
  return readHostSnapshot(findPaths({ DOCKSMITH_ROOT: root }));
}

function know(dbs: readonly string[] = [], others: Partial<Known> = {}): Known {
  return {
    snapshot: snapshotOf(...dbs),
    detected: DETECTED,
    addresses: [{ address: '192.168.1.2', prefix: 24, interface: 'eth0' }],
    hasApache: true,
    hasOwnOptions: false,
    files: { hasCertificate: () => false, hasKey: () => false },
    ...others,
  };
}

function ask(value: string, known: Known): Question | undefined {
  return TOPICS.find(({ values }) => values.includes(value))?.ask(known);
}

const told = (found: readonly Found[] = []): readonly string[] =>
  found.map(({ db, key, prop, value }) => [db, key, prop, value].filter((part) => part !== undefined).join(' '));

describe('the questions of setup', () => {
  it('are four at most, of which each has an answer that is taken', () => {
    for (const known of [know(), know(['DomainName=x.test\n'], { detected: { ...DETECTED, localIP: undefined } })]) {
      const questions = TOPICS.flatMap(({ ask: find }) => find(known) ?? []);
      expect(questions).toHaveLength(4);
      for (const { usual, read } of questions) expect(() => withValues(known, read(usual))).not.toThrow();
    }
    expect(ask('httpd.Certificate', know([], { hasApache: false }))).toBeUndefined();
    expect(ask('httpd.Certificate', know(['httpd=service|status|disabled\n']))).toBeUndefined();
  });

  it.each<[string, () => Known, string, string | undefined, readonly string[]]>([
    [
      'a name with its domain, as it was detected',
      () => know(),
      'SystemName',
      'host.example.test',
      ['configuration SystemName host', 'configuration DomainName example.test'],
    ],
    [
      'a name that is set, before what was detected',
      () => know(['DomainName=set.test\n']),
      'SystemName',
      'host.set.test',
      ['configuration SystemName host', 'configuration DomainName set.test'],
    ],
    [
      'a name alone',
      () => know([], { detected: { ...DETECTED, domainName: undefined } }),
      'SystemName',
      'host',
      ['configuration SystemName host'],
    ],
    ['no name', () => know([], { detected: { ...DETECTED, systemName: undefined } }), 'SystemName', 'none', []],
    [
      'an address with its network, as its interface has it',
      () => know(),
      'LocalIP',
      '192.168.1.2/24',
      ['configuration LocalIP 192.168.1.2', 'networks 192.168.1.0 network', 'networks 192.168.1.0 Mask 255.255.255.0'],
    ],
    [
      'addresses that are set, by db networks',
      () => know(['LocalIP=10.1.2.3,fd00::2\n', '10.0.0.0=network|Mask|255.0.0.0\n']),
      'LocalIP',
      '10.1.2.3/8,fd00::2',
      ['configuration LocalIP 10.1.2.3,fd00::2', 'networks 10.0.0.0 network', 'networks 10.0.0.0 Mask 255.0.0.0'],
    ],
    ['no address', () => know([], { detected: { ...DETECTED, localIP: undefined } }), 'LocalIP', 'none', []],
    [
      "the engine's options, managed",
      () => know(),
      'docker.Daemon',
      'managed',
      ['configuration docker Daemon managed'],
    ],
    [
      "the engine's options, of somebody else",
      () => know([], { hasOwnOptions: true }),
      'docker.Daemon',
      'foreign',
      ['configuration docker Daemon foreign'],
    ],
    [
      "the engine's options, as they are set",
      () => know(['docker=service|Daemon|managed\n'], { hasOwnOptions: true }),
      'docker.Daemon',
      'managed',
      ['configuration docker Daemon managed'],
    ],
    [
      'the certificate that certbot has made, by the name',
      () =>
        know(['DomainName=example.test\nSystemName=www\n'], {
          files: {
            hasCertificate: (file) => file === '/etc/letsencrypt/live/www.example.test/fullchain.pem',
            hasKey: (file) => file.endsWith('/privkey.pem'),
          },
        }),
      'httpd.Certificate',
      '/etc/letsencrypt/live/www.example.test/fullchain.pem',
      [
        'configuration httpd Certificate /etc/letsencrypt/live/www.example.test/fullchain.pem',
        'configuration httpd CertificateKey /etc/letsencrypt/live/www.example.test/privkey.pem',
      ],
    ],
    ['a certificate that is set', () => know(['httpd=service|Certificate|/x\n']), 'httpd.Certificate', '/x', []],
  ])('has %s as the usual answer', (_, make, value, usual, values) => {
    const question = ask(value, make());
    expect(question?.usual).toBe(usual);
    expect(told(question?.read(question.usual))).toEqual(values);
  });

  it('names the interfaces where none was taken', () => {
    const undecided = [
      { address: '192.168.1.2', prefix: 24, interface: 'eth0' },
      { address: '10.0.0.2', prefix: 8, interface: 'eth1' },
    ];
    const question = ask('LocalIP', know([], { detected: { ...DETECTED, localIP: undefined, undecided } }));
    expect(question?.why).toContain('It has 192.168.1.2 on eth0, 10.0.0.2 on eth1.');
    expect(question?.usual).toBe('none');
  });

  it.each([
    ['LocalIP', '10.1.2.3/40', 'cannot take "10.1.2.3/40": "40" is not a number of bits up to 32'],
    ['LocalIP', '10.1.2.3', 'cannot take "10.1.2.3": no interface has it'],
    ['LocalIP', '10.1.2.3/x', '"x" is not a number of bits'],
    ['httpd.Certificate', 'x.pem', 'it is not the absolute path of a file'],
    ['httpd.Certificate', '/no', 'that file cannot be read, or has no certificate'],
    ['httpd.Certificate', '/c.pem', 'its key is neither in it nor in /privkey.pem'],
    ['httpd.Certificate', '/c.pem /no', 'there is no key'],
  ])('refuses %s %s', (value, answer, message) => {
    const known = know([], { files: { hasCertificate: (file) => file === '/c.pem', hasKey: () => false } });
    expect(() => READERS[value]?.(known, answer)).toThrow(message);
  });
});

describe('values that are given to setup', () => {
  it('are those of configuration, by key or by key and prop', () => {
    const given = readGiven(
      know(),
      new Map([
        ['DomainName', 'x.test'],
        ['docksmith.PortRange', '24000-24099'],
      ]),
    );
    expect(told(given)).toEqual(['configuration DomainName x.test', 'configuration docksmith PortRange 24000-24099']);
  });

  it('are refused all at once, with the name that is meant', () => {
    const given = new Map([
      ['DomaiName', 'x'],
      ['docker', 'x'],
      ['docker.Daemn', 'x'],
      ['constructor', 'x'],
    ]);
    expect(() => readGiven(know(), given)).toThrow(/DomaiName[^]*"docker"[^]*docker.Daemn[^]*constructor/);
  });

  it('are refused with all that is wrong with the others: empty ones, and what a schema or the host refuses', () => {
    const given = new Map([
      ['DomaiName', 'x'],
      ['DomainName', ''],
      ['docker.Daemon', 'z'],
      ['docksmith.PortRange', ''],
      ['LocalIP', '10.9.8.7,192.168.1.2/77'],
      ['httpd.Certificate', 'relative'],
    ]);
    expect(() => readGiven(know(), given)).toThrow(
      /DomaiName[^]*"DomainName": the value is empty[^]*PortRange": the value is empty[^]*"10.9.8.7"[^]*192.168.1.2\/77[^]*"relative"[^]*Daemon "z" is none of/,
    );
    expect(() => readGiven(know(), new Map([['httpd.Certificate', '']]))).toThrow('the value is empty');
  });

  it('are checked by the schema, all at once', () => {
    const found: readonly Found[] = [
      { db: 'configuration', key: 'DomainName', value: 'x_y' },
      { db: 'configuration', key: 'docker', prop: 'Daemon', value: 'z' },
    ];
    expect(() => withValues(know(), found)).toThrow(/DomainName[^]*Daemon "z" is none of managed, foreign/);
  });
});
