import { existsSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';

const CACHE = '/var/cache/docksmith';
const FILES = ['reads', 'templates', 'run-specs.json'] as const;

/** Where an event can lose its caches half way: each gets a script there. */
const PLACES = {
  'before the templates are expanded': '/etc/docksmith/events/docker-update/S01lose',
  'when its files are checked, before they are committed': '/usr/local/sbin/lose',
  'after the commit, before containers are planned': '/etc/docksmith/events/docker-update/S49lose',
} as const;
const LOSSES: Readonly<Record<string, string>> = {
  'the folder is deleted': `rm -rf "$CACHE"`,
  ...Object.fromEntries(
    FILES.map((name) => [
      `${name} is cut off in the middle`,
      `truncate -s $(($(stat -c %s "$CACHE/${name}") / 2)) "$CACHE/${name}"`,
    ]),
  ),
};

describe('an event that loses its caches half way comes out as one that has them', () => {
  let host: Host;

  beforeEach(async () => {
    host = makeHost();
    const lose = host.file(PLACES['when its files are checked, before they are committed']);
    host.write('/etc/docksmith/templates.metadata/etc/checked', `CHECK = test ! -x ${lose} || ${lose} %s\n`);
    host.writeFragment(
      '/etc/checked',
      '10all',
      '{{#each (records "docker_containers")}}\n{{@key}} {{this.MaxMemory}}\n{{/each}}\n',
    );
    host.write('/etc/docksmith/events/docker-update/templates2expand/etc/checked', '');
    await host.db(
      'configuration set docker service status enabled',
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'docker_containers set wiki service status enabled Image wiki:1 MaxMemory 64',
      'docker_containers set git service status enabled Image git:1 MaxMemory 64',
    );
  });
  afterEach(() => host.stop());

  const env = (): Readonly<Record<string, string>> => ({ DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` });
  const update = (...more: readonly string[]): Promise<string> =>
    host.runOrFail('signal-event', [...more, 'docker-update'], { env: env() });

  it.each(
    Object.entries(PLACES).flatMap(([place, script]) =>
      Object.entries(LOSSES).map(([loss, command]) => ({ place, script, loss, command })),
    ),
  )('$loss, $place', async ({ script, command }) => {
    await update();
    await update();
    expect(readdirSync(host.file(CACHE)).sort()).toEqual([...FILES].sort());
    await host.db('docker_containers setprop wiki MaxMemory 128');
    host.write(script, `#!/bin/sh\nCACHE="${host.file(CACHE)}"\n${command}\ntouch "${host.file('/lost')}"\n`);
    const said = await update();
    expect([existsSync(host.file('/lost')), said]).toEqual([
      true,
      expect.stringMatching(/update wiki: .*128m/) as string,
    ]);
    host.remove(script);
    expect(host.read('/etc/checked')).toContain('wiki 128');
    expect(host.read('/etc/checked')).toContain('git 64');
    expect(host.read('/etc/docksmith/containers/wiki.yaml')).toContain('128');
    // what everything rendered anew, and planned anew, would still do
    expect(
      JSON.parse(
        await host.runOrFail('signal-event', ['--dry-run', '--force', '--json', 'docker-update'], { env: env() }),
      ),
    ).toMatchObject({ installed: [], removed: [], plan: { operations: [] } });
    await host.db('docker_containers setprop git MaxMemory 256');
    expect(await update()).toMatch(/update git: .*256m/);
  });
});
