import type { Db, DbRecord } from '../../src/db/record.ts';
import { readSchema } from '../../src/db/read-schema.ts';
import type { Schema } from '../../src/db/schema.ts';
import type { Snapshot } from '../../src/db/snapshot.ts';
import { type Facts, NO_FACTS, type UnitTexts } from '../../src/host/facts.ts';
import { withHostDefaults } from '../../src/model/host-defaults.ts';
import { findPaths } from '../../src/base/paths.ts';

/** `record('wiki', 'service', { status: 'enabled' })` */
export function record(key: string, type: string, props: Readonly<Record<string, string>> = {}): DbRecord {
  return { key, type, props: new Map(Object.entries(props)) };
}

export function db(...records: readonly DbRecord[]): Db {
  return new Map(records.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map((one) => [one.key, one]));
}

/** The engine's unit with this command and nothing else. */
export function unitTexts(path: string, execStart: string): UnitTexts {
  return { path, texts: [{ path, text: `[Service]\nExecStart=${execStart}\n` }] };
}

export const SAMPLE_FACTS: Facts = {
  ...NO_FACTS,
  host: { apacheLayout: 'redhat', hasApache: true, isDebian: false, hasSmeHome: false, serviceManager: 'systemd' },
  dockerUnit: unitTexts(
    '/usr/lib/systemd/system/docker.service',
    '/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $OPTIONS',
  ),
};

/** The server of the examples: a private wiki with a host name, and a git server with a path and a port. */
export const SAMPLE_DBS: ReadonlyMap<string, Db> = new Map([
  [
    'configuration',
    db(
      record('DomainName', 'example.test'),
      record('SystemName', 'host'),
      record('LocalIP', '192.168.1.2'),
      record('docker', 'service', { status: 'enabled' }),
      record('httpd', 'service', { status: 'enabled' }),
      record('docksmith', 'service', { status: 'enabled' }),
    ),
  ],
  ['networks', db(record('192.168.1.0', 'network', { Mask: '255.255.255.0' }))],
  ['docker_images', db(record('wiki', 'service', { Repository: 'mediawiki', Tag: '1.43' }))],
  [
    'docker_containers',
    db(
      record('wiki', 'service', {
        status: 'enabled',
        Image: 'wiki',
        SubDomain: 'enabled',
        WebPort: '80',
        WebHostPort: '47000',
        TCPPort: '8080',
        access: 'private',
        MountPath: '/srv/wiki:/images',
      }),
      record('git', 'service', {
        status: 'enabled',
        Image: 'gitea:1',
        PortMapping: 'custom',
        PortMappingPorts: '2222:22',
        access: 'public',
        WebAlias: 'git',
        WebPort: '3000',
        DataMountPath: '/data',
        WebHostPort: '47001',
        Env: 'MODE=prod',
        'Env.GREETING': 'hello, world',
        Labels: 'team=web',
        'Labels.rule': 'Host(`a.test`,`b.test`)',
      }),
    ),
  ],
]);

let shipped: Schema | undefined;

/** A snapshot of these dbs with the shipped schema. */
export function snapshotOf(dbs: ReadonlyMap<string, Db> = SAMPLE_DBS, facts: Facts = SAMPLE_FACTS): Snapshot {
  shipped ??= readSchema(findPaths({ DOCKSMITH_ROOT: '/nowhere' }));
  return withHostDefaults({ dbs, schema: shipped }, facts);
}
