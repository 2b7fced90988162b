import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeState } from '../../src/files/state-file.ts';
import { type Host, makeHost } from '../support/host.ts';

/** A db change, then a command; what some of them say is wrong on purpose. */
const EVENTS: readonly (readonly [db: string, ...command: string[]])[] = [
  ['networks set 192.168.1.0 network Mask 255.255.255.0', 'post-install'],
  [
    'docker_containers set wiki service status enabled Image wiki:1 SubDomain enabled WebPort 80 MaxMemory 256',
    'docker-update',
  ],
  ['', 'docker-update'],
  [
    'docker_containers set git service status enabled Image git:1 PortMapping custom PortMappingPorts 22022:22 access public',
    '--dry-run',
    'docker-update',
  ],
  ['', 'docker-update'],
  ['docker_containers setprop wiki MaxMemory 512', 'docker-update'],
  ['docker_containers setprop wiki MountPath /nowhere/at/all', 'docker-update'],
  ['docker_containers delprop wiki MountPath', 'docker-update'],
  ['docker_containers setprop wiki Env.GREETING hello', 'docker-container-update', 'wiki'],
  ['', 'docker-container-stop', 'wiki'],
  ['', 'docker-container-start', 'wiki'],
  ['', 'docker-container-restart', 'wiki', 'git'],
  ['', 'docker-container-restart'],
  ['', 'docker-container-stop', 'nobody'],
  ['docker_containers setprop git status disabled', 'docker-container-update', 'git'],
  ['docker_containers setprop git status enabled', '--json', 'docker-update'],
  ['', '--force', 'docker-update'],
  ['', 'docker-boot'],
  ['', 'docker-image-update', 'wiki'],
  ['docker_containers set cache service status enabled Image cache:1', 'docker-update'],
  ['docker_containers delete cache', 'docker-update'],
  ['configuration setprop docker LogMaxSize 5m', 'docker-update'],
  ['secrets set token secret Value hunter22topsecret', 'docker-container-stop', 'hunter22topsecret'],
  ['docker_containers setprop wiki Secrets token', 'docker-update'],
  ['docker_containers setprop wiki Image wiki:2', '--retry', 'docker-update'],
  ['docker_containers setprop wiki TCPPort nonsense', 'docker-update'],
  ['docker_containers delprop wiki TCPPort', 'post-upgrade'],
  ['', 'with-a-script', 'a b', '$HOME'],
  ['docker_containers setprop wiki LogMaxSize 1m', 'nested'],
  ['', 'unknown-command'],
  ['docker_containers delete git', '--dry-run', 'tidy'],
  ['', 'tidy'],
];

/**
 * What is of the moment and not of the event: times, runs' ids, process ids, how long something took; hashes
 * are of texts that name the root.
 */
function withoutMoments(text: string): string {
  return text
    .replace(/\d{8}-\d{6}-[\w-]+|\d{8}T\d{6}[.\d]*Z?-[\w-]+/g, 'RUN')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\(pid \d+\)/g, '(pid)')
    .replace(/"\d:[0-9a-f]{64}"/g, '"HASH"')
    .replace(/"(seconds|pid)": ?[\d.]+/g, '"$1":N');
}

function addEvents(host: Host): void {
  const events = '/etc/docksmith/events';
  host.write(
    `${events}/with-a-script/S10say`,
    '#!/bin/sh\necho "$# $1 $2 $3 $EVENT"; echo "to the other stream" >&2; exit 3\n',
  );
  host.write(`${events}/with-a-script/S20plan`, '#!/bin/sh\nexec docksmith plan\n');
  host.write(`${events}/nested/S10other`, '#!/bin/sh\nexec docksmith signal-event docker-update\n');
  host.write(`${events}/nested/S20script`, '#!/bin/sh\ndocksmith signal-event docker-update\n');
  host.write(`${events}/nested/S30get`, '#!/bin/sh\nexec docksmith db docker_containers getprop wiki LogMaxSize\n');
  host.write(`${events}/unknown-command/S10what`, '#!/bin/sh\nexec docksmith recondile\n');
  host.write(`${events}/unknown-command/S20option`, '#!/bin/sh\nexec docksmith reconcile --nonsense\n');
  host.write(`${events}/tidy/templates2expand/etc/docksmith/containers`, '');
  host.write(`${events}/tidy/S50all`, '#!/bin/sh\nexec docksmith reconcile --remove-orphans\n');
  host.write(`${events}/unknown-command/S30help`, '#!/bin/sh\nexec docksmith stop --help\n');
}

let hosts: readonly (readonly [way: string, host: Host])[];
beforeAll(async () => {
  hosts = ['here', 'processes'].map((way) => [way, makeHost({ env: { DOCKSMITH_STEPS: way } })]);
  for (const [, host] of hosts) {
    addEvents(host);
    // names of secret files are salted by host
    writeState(host.file('/var/lib/docksmith/state/secret-salt.json'), 'the salt of secrets', {
      salt: 'the same on both',
    });
    host.write('/etc/httpd/conf.d/README', '');
    await host.db(
      'configuration set SystemName host',
      'configuration set DomainName example.test',
      'configuration set LocalIP 192.168.1.2',
    );
  }
});
afterAll(() => hosts.forEach(([, host]) => host.stop()));

it.each(
  EVENTS.map(([db, ...args]) => ({
    db,
    args,
    title: `${db === '' ? '' : `db ${db}; `}signal-event ${args.join(' ')}`,
  })),
)('$title: the same with steps in its own process and with a process for each', async ({ db, args }) => {
  const told: string[] = [];
  for (const [, host] of hosts) {
    const env = { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` };
    if (db !== '') await host.db(db);
    const { exitCode, stdout, stderr } = await host.run('signal-event', args, { env });
    const records = host
      .files('/var/lib/docksmith/state/runs')
      .map((file) => host.read(file))
      .join('');
    const files = [
      '/etc/docksmith/containers',
      '/etc/docksmith/filter',
      '/etc/httpd',
      '/etc/docker',
      '/var/lib/docksmith/db',
    ]
      .flatMap((folder) => list(host, folder))
      .map((file) => `${file}\n${host.read(file)}`);
    const engine = host.files().includes('/engine.json') ? host.read('/engine.json') : '';
    told.push(
      withoutMoments(
        [`exit code ${exitCode}`, stdout, stderr, engine, records, ...files].join('\n').replaceAll(host.root, 'ROOT'),
      ),
    );
  }
  expect(told[0]).toBe(told[1]);
  // the options of a step count before the commit, too
  if (args.includes('tidy')) expect(told[0]).toContain('remove git: orphan');
});

function list(host: Host, folder: string): readonly string[] {
  return host.files('/').filter((file) => file.startsWith(folder));
}
