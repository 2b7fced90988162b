import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { listOperations } from '../../src/event/operations-log.ts';
import { runsFolder } from '../../src/event/runs.ts';
import { previewEvent } from '../../src/features/dry-run/dry-run.ts';
import type { Reporter } from '../../src/flow/reporter.ts';
import { signalEvent } from '../../src/flow/signal.ts';
import type { Paths } from '../../src/base/paths.ts';
import { STEPS_AS_PROCESSES } from '../support/step-commands.ts';
import { makeRoot, writeTree } from '../support/folder.ts';

const QUIET: Reporter = {
  waiting: () => undefined,
  progress: () => undefined,
  installed: () => undefined,
  line: () => undefined,
  warning: () => undefined,
};
const DBS = '/var/lib/docksmith/db';
const WEB =
  'app=service|Image|app:1|SubDomain|enabled|WebPort|80|access|private|status|enabled\nsite=service|Image|site:1|WebAlias|site|WebPort|8080|access|public|status|enabled\n';

interface Layout {
  readonly dbs: Readonly<Record<string, string>>;
  /** below /etc/docksmith */
  readonly files?: Readonly<Record<string, string>>;
  readonly folders?: readonly string[];
}

/** Hosts on which nobody has set anything, where some is set, and where packages bring values of their own. */
const HOSTS: Readonly<Record<string, Layout>> = {
  "fresh, with Debian's Apache": { dbs: { docker_containers: WEB }, folders: ['/etc/apache2/sites-enabled'] },
  "fresh, with Red Hat's Apache": { dbs: { docker_containers: WEB }, folders: ['/etc/httpd/conf.d'] },
  'fresh and empty': { dbs: {} },
  'half set': {
    dbs: {
      configuration:
        'DomainName=example.org\ndocker=service|Network|10.9.0.0|status|enabled\nhttpd=service|Layout|redhat|status|enabled\n',
      networks: '10.0.0.0=network|Mask|255.255.255.0\n',
      docker_containers: WEB,
    },
  },
  'with values that packages ship and force': {
    dbs: { docker_containers: WEB, configuration: 'docksmith=service|PortRange|23000-23999\n' },
    folders: ['/etc/httpd/conf.d'],
    files: {
      'db/configuration/force/docksmith/PortRange': '48000-48009\n',
      'db/configuration/defaults/backupd/type': 'service\n',
      'db/configuration/defaults/backupd/Hour': '3\n',
      'templates/etc/backupd.conf/10all': '{{backupd.Hour}} {{SystemName}} {{LocalIP}}\n',
      'events/post-install/templates2expand/etc/backupd.conf': '',
    },
  },
};

function makeHost({ dbs, files = {}, folders = [] }: Layout): Paths {
  const paths = makeRoot(files);
  vi.stubEnv('DOCKSMITH_ENGINE', `memory://${paths.file('/engine.json')}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  writeTree(paths.root, { 'etc/hostname': 'host.example.test\n' });
  for (const folder of folders) mkdirSync(paths.file(folder), { recursive: true });
  writeTree(paths.file(DBS), dbs);
  return paths;
}

/** Each value of each db, as a dry run names them. */
function listValues(paths: Paths): readonly string[] {
  return ['configuration', 'docker_containers', 'networks'].flatMap((db) => {
    const file = paths.file(`${DBS}/${db}`);
    const lines = existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'))
      : [];
    return lines.flatMap((line) => {
      const [key, rest] = [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)];
      const [type = '', ...props] = rest.split('|');
      return [
        `${db} ${key} ${type}`,
        ...props.flatMap((prop, n) => (n % 2 === 0 ? [`${db} ${key} ${prop} ${props[n + 1] ?? ''}`] : [])),
      ];
    });
  });
}

it.each(
  Object.entries(HOSTS).flatMap(([host, layout]) =>
    [
      ['post-install', 'post-upgrade', 'docker-update'],
      ['post-upgrade', 'docker-update', 'docker-container-update app'],
    ].map((events) => [host, events, layout] as const),
  ),
)('on a host that is %s, what %j would do is what it does', async (_, events, layout) => {
  const paths = makeHost(layout);
  for (const words of events) {
    const [event = '', ...args] = words.split(' ');
    if (args.some((name) => layout.dbs['docker_containers']?.includes(`${name}=`) !== true)) continue;
    const before = listValues(paths);
    const preview = await previewEvent(paths, { event, args, commands: STEPS_AS_PROCESSES });
    expect(listValues(paths)).toEqual(before);
    const result = await signalEvent(paths, { event, args, commands: STEPS_AS_PROCESSES }, QUIET);
    expect(result.failures).toEqual([]);
    expect(
      listValues(paths)
        .filter((value) => !before.includes(value))
        .toSorted(),
    ).toEqual(preview.allocated.toSorted());
    const contents = (install: typeof preview.changes.install): unknown =>
      install.map(({ output, reasons }) => [output.path, output.mode, reasons, output.content.toString()]);
    expect(contents(result.changes.install)).toEqual(contents(preview.changes.install));
    for (const { output } of preview.changes.install)
      expect(readFileSync(paths.file(output.path), 'utf8')).toBe(output.content.toString());
    expect(result.changes.remove.map(({ owned }) => owned.path)).toEqual(
      preview.changes.remove.map(({ owned }) => owned.path),
    );
    const show = (
      operations: readonly { readonly verb: string; readonly name: string; readonly cause: string }[] = [],
    ): readonly string[] => operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`).toSorted();
    // images are fetched before the files are touched, and not written down among what was done to containers
    expect(
      show(listOperations(runsFolder(paths), result.run.id)).filter((line) => !/^(pull|build) /.test(line)),
    ).toEqual(show(preview.plan?.operations).filter((line) => !/^(pull|build) /.test(line)));
    expect(preview.executables).toEqual([]);
  }
});

it('shows what setting up finds, and what follows from it, on a host that was not set up', async () => {
  const paths = makeHost({ dbs: { docker_containers: WEB }, folders: ['/etc/apache2/sites-enabled'] });
  const { allocated, changes, plan } = await previewEvent(paths, {
    event: 'post-install',
    args: [],
    commands: STEPS_AS_PROCESSES,
  });
  expect(allocated).toEqual(
    expect.arrayContaining([
      'configuration DomainName example.test',
      'configuration SystemName host',
      'configuration docker status enabled',
      'configuration httpd Layout debian',
      'docker_containers app WebHostPort 23000',
      'docker_containers site WebHostPort 23001',
    ]),
  );
  const vhost = changes.install
    .find(({ output }) => output.path.startsWith('/etc/apache2/') && output.path.includes('app'))
    ?.output.content.toString();
  expect(vhost).toMatch(/ServerName app\.example\.test[^]*127\.0\.0\.1:23000/);
  expect(plan?.operations.filter(({ verb }) => verb === 'create').map(({ name }) => name)).toEqual(['app', 'site']);
});

it('names migrations, whose doings are not known, and runs none', async () => {
  const paths = makeHost({
    dbs: { docker_containers: WEB },
    files: { 'db/docker_containers/migrate/10old': `#!/bin/sh\ntouch /nowhere\n` },
  });
  const { warnings, executables } = await previewEvent(paths, {
    event: 'post-upgrade',
    args: [],
    commands: STEPS_AS_PROCESSES,
  });
  expect(warnings).toContain(
    'what the migration docker_containers: 10old does to the db is not known before it is run',
  );
  expect(executables).toEqual([]);
});
