import type { Read } from '../db/record.ts';
import type { RecordSchema } from '../db/schema.ts';
import { findProp, type Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../host/facts.ts';
import { APACHE_USERS, certificateOfSme, isLayout, LAYOUTS } from '../web-server/layouts.ts';
import { HttpdRecord } from './httpd-record.ts';
import { primaryHost } from './web.ts';

/**
 * The snapshot with the defaults that depend on the host and so can't stand in the schema:
 * where Apache, the engine and its options are. A value in the db beats them as any default.
 */
export function withHostDefaults(snapshot: Snapshot, facts: Facts): Snapshot {
  const { apacheLayout, hasApache, isDebian, hasSmeHome, serviceManager } = facts.host;
  const withLayout = withDefaults(snapshot, 'httpd', {
    Layout: apacheLayout ?? (hasSmeHome ? 'sme' : isDebian ? 'debian' : 'redhat'),
  });
  const { layout } = new HttpdRecord(withLayout);
  const host = primaryHost(snapshot);
  const ofLayout = isLayout(layout)
    ? { ...LAYOUTS[layout], CheckCommand: hasApache ? LAYOUTS[layout].CheckCommand : '', Group: APACHE_USERS[layout] }
    : {};
  const withApache = withDefaults(withLayout, 'httpd', ofLayout, [
    { db: 'configuration', key: 'httpd', prop: 'Layout' },
  ]);
  const withHost = withDefaults(
    withApache,
    'httpd',
    { PrimaryHost: host },
    ['SystemName', 'DomainName'].map((key) => ({ db: 'configuration', key })),
  );
  const withSme = layout === 'sme' ? withSmeRecords(withHost, host) : withHost;
  return withDefaults(
    withDefaults(withSme, 'docker', {
      // where the engine listens: DOCKER_HOST is where a client looks for one
      Socket: '/var/run/docker.sock',
      DataRoot: hasSmeHome ? '/home/e-smith/files/docker' : '/var/lib/docker',
      OptionsFile: isDebian ? '/etc/sysconfig/docker,/etc/default/docker' : '/etc/sysconfig/docker',
    }),
    'docksmith',
    serviceManager === undefined ? {} : { ServiceManager: serviceManager },
  );
}

/** What SME Server's own records say of Apache, instead of a second record that says the same. */
function withSmeRecords(snapshot: Snapshot, host: string | undefined): Snapshot {
  const get = (key: string, prop: string): string => findProp(snapshot, 'configuration', key, prop) ?? '';
  const file = host === undefined ? undefined : certificateOfSme(host);
  const isTls = get('modSSL', 'status') !== 'disabled';
  const reads = (key: string, ...props: readonly string[]): readonly Read[] =>
    props.map((prop) => ({ db: 'configuration', key, prop }));
  const plain = {
    status: get('httpd-e-smith', 'status') || 'enabled',
    TCPPort: get('httpd-e-smith', 'TCPPort') || '80',
  };
  const tls = {
    SSLPort: get('modSSL', 'TCPPort') || '443',
    Certificate: isTls ? get('modSSL', 'crt') || file?.crt : undefined,
    CertificateKey: isTls ? get('modSSL', 'key') || file?.key : undefined,
  };
  return withDefaults(
    withDefaults(snapshot, 'httpd', plain, reads('httpd-e-smith', 'status', 'TCPPort')),
    'httpd',
    tls,
    [
      ...reads('modSSL', 'status', 'TCPPort', 'crt', 'key'),
      ...['SystemName', 'DomainName'].map((key) => ({ db: 'configuration', key })),
    ],
  );
}

/** @param reads what the defaults were made of */
function withDefaults(
  snapshot: Snapshot,
  key: string,
  defaults: Readonly<Record<string, string | undefined>>,
  reads: readonly Read[] = [],
): Snapshot {
  const configuration = snapshot.schema['configuration'] ?? {};
  const kind: RecordSchema = configuration[key] ?? {};
  const filled = Object.fromEntries(
    Object.entries(defaults).map(([prop, value]) => {
      const others = Object.entries(kind[prop] ?? { doc: '', kind: 'text' }).filter(([member]) => member !== 'default');
      return [
        prop,
        {
          doc: '',
          kind: 'text',
          ...Object.fromEntries(others),
          ...(value === undefined ? {} : { default: value }),
          ...(reads.length === 0 ? {} : { defaultReads: reads }),
        },
      ];
    }),
  );
  return {
    ...snapshot,
    schema: { ...snapshot.schema, configuration: { ...configuration, [key]: { ...kind, ...filled } } },
  };
}
