import type { Read } from '../db/record.ts';
import type { RecordSchema } from '../db/schema.ts';
import type { Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../host/facts.ts';
import { APACHE_USERS, isLayout, LAYOUTS } from '../web-server/layouts.ts';
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
  return withDefaults(
    withDefaults(withHost, 'docker', {
      // where the engine listens: DOCKER_HOST is where a client looks for one
      Socket: '/var/run/docker.sock',
      DataRoot: hasSmeHome ? '/home/e-smith/files/docker' : '/var/lib/docker',
      OptionsFile: isDebian ? '/etc/sysconfig/docker,/etc/default/docker' : '/etc/sysconfig/docker',
    }),
    'docksmith',
    serviceManager === undefined ? {} : { ServiceManager: serviceManager },
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
