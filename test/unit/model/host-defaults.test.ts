import { describe, expect, it } from 'vitest';
import { findProp } from '../../../src/db/snapshot.ts';
import type { HostFacts } from '../../../src/host/facts.ts';
import { withHostDefaults } from '../../../src/model/host-defaults.ts';
import { factsWith, serverWith } from '../../support/containers.ts';
import { SAMPLE_FACTS } from '../../support/sample.ts';

/** What a server without settings of its own reads on such a host. */
function read(host: Partial<HostFacts>, configuration = {}): (key: string, prop: string) => string | undefined {
  const { schema, dbs } = serverWith({}, configuration);
  // the sample has host defaults of its own
  const bare = {
    ...schema,
    configuration: Object.fromEntries(
      Object.entries(schema['configuration'] ?? {}).map(([key, props]) => [
        key,
        Object.fromEntries(Object.entries(props).map(([prop, { doc, kind }]) => [prop, { doc, kind }])),
      ]),
    ),
  };
  const snapshot = withHostDefaults({ dbs, schema: bare }, factsWith({ host: { ...SAMPLE_FACTS.host, ...host } }));
  return (key, prop) => findProp(snapshot, 'configuration', key, prop);
}

describe('withHostDefaults', () => {
  it.each([
    ['redhat', '/etc/httpd/conf.d', 'httpd'],
    ['debian', '/etc/apache2/sites-enabled', 'apache2'],
    ['sme', '/etc/httpd/docksmith.d', 'httpd-e-smith'],
  ] as const)("knows where %s keeps Apache's files", (apacheLayout, folder, service) => {
    const get = read({ apacheLayout });
    expect([get('httpd', 'Layout'), get('httpd', 'ConfDir'), get('httpd', 'ServiceName')]).toEqual([
      apacheLayout,
      folder,
      service,
    ]);
  });

  it('follows the Layout that the db says', () => {
    expect(
      read({ apacheLayout: 'redhat' }, { httpd: { status: 'enabled', Layout: 'debian' } })('httpd', 'ConfDir'),
    ).toBe('/etc/apache2/sites-enabled');
  });

  it('checks nothing where there is no Apache', () => {
    expect(read({ hasApache: false })('httpd', 'CheckCommand')).toBe('');
    expect(read({ hasApache: true })('httpd', 'CheckCommand')).toBe('httpd -t');
  });

  it('knows an SME Server by its home, and Debian by its options file', () => {
    expect(read({ hasSmeHome: true })('docker', 'DataRoot')).toBe('/home/e-smith/files/docker');
    expect(read({ hasSmeHome: false })('docker', 'DataRoot')).toBe('/var/lib/docker');
    expect(read({ isDebian: true })('docker', 'OptionsFile')).toBe('/etc/sysconfig/docker,/etc/default/docker');
    expect(read({ isDebian: false })('docker', 'OptionsFile')).toBe('/etc/sysconfig/docker');
  });

  it("takes Apache's ports and certificate from SME Server's own records", () => {
    const props = ['status', 'TCPPort', 'SSLPort', 'Certificate', 'CertificateKey'];
    const get = (configuration = {}): readonly unknown[] =>
      props.map((prop) => read({ apacheLayout: 'sme' }, configuration)('httpd', prop));
    const [crt, key] = ['/home/e-smith/ssl.crt/host.example.test.crt', '/home/e-smith/ssl.key/host.example.test.key'];
    expect(get()).toEqual(['enabled', '80', '443', crt, key]);
    expect(
      get({
        httpd: { status: '' },
        'httpd-e-smith': { status: 'disabled', TCPPort: '8080' },
        modSSL: { TCPPort: '8443', crt: '/c.crt', key: '/c.key' },
      }),
    ).toEqual(['disabled', '8080', '8443', '/c.crt', '/c.key']);
    expect(get({ modSSL: { status: 'disabled' }, httpd: { TCPPort: '81' } })).toEqual([
      'enabled',
      '81',
      '443',
      undefined,
      undefined,
    ]);
    expect(read({ apacheLayout: 'redhat' }, { modSSL: { crt: '/c.crt' } })('httpd', 'Certificate')).toBeUndefined();
  });

  it('never beats a value of the db', () => {
    expect(read({}, { docker: { Socket: '/run/set.sock' } })('docker', 'Socket')).toBe('/run/set.sock');
    expect(read({})('httpd', 'PrimaryHost')).toBe('host.example.test');
  });
});
