import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listSpellings } from '../../src/template/language/escape.ts';
import { type Bin, type Host, makeHost } from '../support/host.ts';

/** One for each place where a secret can stand. */
const SECRETS = {
  file: 'Mk1-"$file\' x',
  variable: 'Mk2-variable$s',
  registry: 'Mk3-registry',
  named: 'Mk4-named"it',
  listed: 'Mk5-listed',
  inFile: 'Mk6-in-file',
  declared: 'Mk7-declared',
  label: 'Mk8-label',
  url: 'Mk9-url',
  command: 'Mk0-command',
} as const;
const FORMS = Object.entries(SECRETS).flatMap(([where, value]) =>
  listSpellings(value)
    .filter((form) => form.length >= 6)
    .map((form) => [where, form] as const),
);
const STATE = '/var/lib/docksmith/state';

describe('secrets of every kind, after all commands', { timeout: 900_000 }, () => {
  let host: Host;
  let said: string;
  beforeEach(() => {
    said = '';
    host = makeHost();
  });
  afterEach(() => host.stop());

  async function say(bin: Bin, args: readonly string[], stdin = ''): Promise<number> {
    const { exitCode, stdout, stderr } = await host.run(bin, args, {
      stdin,
      env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` },
    });
    said += `$ ${bin} ${bin === 'docksmith' ? (args[0] ?? '') : ''}\n${stdout}${stderr}`;
    return exitCode;
  }
  const quote = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
  const batch = (db: string, ...lines: readonly string[]): Promise<number> =>
    say('db', [db, 'batch'], lines.map((line) => `${line}\n`).join(''));
  const found = (text: string): readonly string[] =>
    FORMS.flatMap(([where, form]) => (text.includes(form) ? [`${where}: ${form}`] : []));
  const filesWith = (): readonly string[] =>
    host.files('/').filter((name) => found(readFileSync(host.file(name), 'utf8')).length > 0);
  interface Engine {
    containers: {
      inspect: {
        Id: string;
        Name: string;
        Config: { Labels: Record<string, string>; Env: string[] };
        HostConfig: { Mounts?: { Source: string }[] };
      };
    }[];
  }
  const engine = (): Engine => JSON.parse(host.read('/engine.json')) as Engine;

  it('are in clear where they are used, and nowhere else', async () => {
    host.write(
      '/etc/docksmith/db/docker_containers/schema.json',
      JSON.stringify({ service: { 'App.Hidden': { doc: 'ours', kind: 'text', secret: true } } }),
    );
    host.write('/etc/app.env', `MODE=x\nAPP_TOKEN=${SECRETS.inFile}\n`, 0o600);
    host.writeFragment(
      '/etc/docksmith/containers',
      '77ours',
      'services:\n  "{{record.key}}":\n    environment:\n      HIDDEN: "{{prop "docker_containers" record.key "App.Hidden"}}"\n    command: ["serve", "--with={{prop "secrets" "third" "Value"}}"]\n',
    );
    await batch(
      'secrets',
      `set first secret Value ${quote(SECRETS.file)}`,
      `set second secret Value ${quote(SECRETS.variable)}`,
      `set third secret Value ${quote(SECRETS.command)}`,
    );
    await batch(
      'docker_images',
      `set wiki service Repository wiki Tag 1 Registry r.example.test RegistryUser u RegistryPassword ${SECRETS.registry}`,
    );
    await batch(
      'docker_containers',
      `set wiki service status enabled Image wiki Secrets first EnvSecrets second:PLAIN Env.X_PASSWORD ${quote(SECRETS.named)} Env MODE=a,LIST_TOKEN=${SECRETS.listed} EnvFile /etc/app.env App.Hidden ${SECRETS.declared} Labels app.api-key=${SECRETS.label} Env.DB postgres://u:${SECRETS.url}@db/x`,
    );
    expect(await say('signal-event', ['--dry-run', '--diff', 'docker-update']), said).toBe(0);
    expect(await say('signal-event', ['--diff', 'docker-update']), said).toBe(0);
    const [made] = engine().containers;
    expect(made?.inspect.Config.Env).toEqual(
      expect.arrayContaining([
        `PLAIN=${SECRETS.variable}`,
        `X_PASSWORD=${SECRETS.named}`,
        `HIDDEN=${SECRETS.declared}`,
        `APP_TOKEN=${SECRETS.inFile}`,
      ]),
    );
    expect(
      found(
        Object.entries(made?.inspect.Config.Labels ?? {})
          .flatMap(([name, text]) => (name.startsWith('docksmith.') ? [text] : []))
          .join('\n'),
      ),
    ).toEqual([]);

    // nothing of it is a change
    said = '';
    expect(await say('docksmith', ['plan', 'wiki'])).toBe(0);
    expect(said).toContain('nothing to do');
    expect(await say('signal-event', ['docker-update'])).toBe(0);
    expect(engine().containers.map(({ inspect }) => inspect.Id)).toEqual([made?.inspect.Id]);

    // which variable changed is told
    await batch('docker_containers', 'setprop wiki Env.X_PASSWORD Mk4-other');
    await say('docksmith', ['plan', 'wiki']);
    expect(said).toContain('environment X_PASSWORD changed');
    for (const args of [
      ['--dry-run', '--diff', 'docker-update'],
      ['--dry-run', '--diff', '--json', 'docker-update'],
      ['docker-update'],
    ])
      await say('signal-event', args);
    await say('docksmith', ['stop', SECRETS.registry]);
    await say('docksmith', ['restart', 'wiki']);
    for (const args of [
      ['runs'],
      ['runs', '--json'],
      ['history', '--diff'],
      ['history', '--json'],
      ['history', '1'],
      ['why', 'wiki'],
      ['why', '/etc/docksmith/containers/wiki.yaml'],
      ['why', '--json', '/etc/docksmith/containers/wiki.yaml'],
      ['impact', 'docker_containers', 'wiki', `Env.X_PASSWORD=${SECRETS.named}`],
      ['impact', '--json', 'docker_containers', 'wiki', `Env.NEW_TOKEN=${SECRETS.named}`],
      ['impact', 'docker_containers', 'wiki', 'Env.X_PASSWORD'],
      ['impact', 'secrets', 'second', 'Value'],
      ['impact', 'docker_containers', 'wiki', 'Env'],
      ['plan', '--json'],
      ['status'],
      ['status', 'wiki'],
      ['status', '--json'],
      ['doctor'],
      ['exposure'],
      ['lint'],
      ['graph'],
      ['graph', '--format', 'dot'],
      ['verify', '--diff'],
      ['rollback', '--dry-run', '1'],
      ['rollback', '--yes', '1'],
      ['runs'],
    ])
      await say('docksmith', args);
    host.write(
      '/etc/docksmith/events/app/S60tell',
      '#!/bin/sh\ncat "$DOCKSMITH_ROOT/etc/docksmith/containers/wiki.yaml"; exit 1\n',
    );
    await say('signal-event', ['app', `API_TOKEN=${SECRETS.command} x`]);
    await batch('docker_containers', `setprop wiki Comment ${quote(`with ${SECRETS.command}`)}`);

    expect(found(said)).toEqual([]);
    const generations = filesWith().filter((name) => name.startsWith(`${STATE}/generations/`));
    expect(generations.map((name) => (statSync(host.file(name)).mode & 0o777).toString(8))).toEqual(
      generations.map(() => '600'),
    );
    expect(filesWith().filter((name) => !generations.includes(name) && !name.startsWith(`${STATE}/secrets/`))).toEqual([
      '/engine.json',
      '/etc/app.env',
      '/etc/docksmith/containers/wiki.yaml',
      '/var/lib/docksmith/db/docker_containers',
      '/var/lib/docksmith/db/docker_images',
      '/var/lib/docksmith/db/secrets',
    ]);
  });

  it('of a container that is adopted are not shown, and go to db secrets where that is asked for', async () => {
    await say('signal-event', ['post-install']);
    await batch(
      'docker_containers',
      `set old service status enabled Image old:1 Env.API_TOKEN ${quote(SECRETS.named)} Env.MODE x`,
    );
    expect(await say('signal-event', ['docker-update']), said).toBe(0);
    // a container of somebody else's
    const all = engine();
    for (const { inspect } of all.containers)
      for (const name of Object.keys(inspect.Config.Labels)) Reflect.deleteProperty(inspect.Config.Labels, name);
    host.write('/engine.json', JSON.stringify(all).replaceAll('"docksmith.managed":"true"', '"other":"true"'));
    await say('db', ['docker_containers', 'delete', 'old']);
    await say('db', ['docker_images', 'delete', 'old']);
    await say('signal-event', ['docker-update']);
    said = '';
    for (const options of [['--dry-run'], ['--dry-run', '--json'], ['--dry-run', '--secrets'], ['--secrets']])
      expect(await say('docksmith', ['adopt', ...options, 'old']), said).toBe(0);
    expect(said.replace(/\s+(# )?/g, ' ')).toContain('docksmith adopt --secrets');
    expect(await host.runOrFail('db', ['docker_containers', 'getprop', 'old', 'EnvSecrets'])).toBe(
      'old.API_TOKEN:API_TOKEN\n',
    );
    expect(await host.runOrFail('db', ['secrets', 'getprop', 'old.API_TOKEN', 'Value'])).toBe(`${SECRETS.named}\n`);
    await say('signal-event', ['docker-update']);
    expect(said).toContain('S50docker-reconcile: nothing to do');
    await say('docksmith', ['runs']);
    expect(said).toContain('docksmith adopt');
    expect(found(said)).toEqual([]);
    expect(filesWith().filter((name) => !name.startsWith(`${STATE}/generations/`))).toEqual([
      '/engine.json',
      '/etc/docksmith/containers/old.yaml',
      '/var/lib/docksmith/db/secrets',
    ]);
  });

  it('have files named by this host alone, and neither an older name nor a lost salt recreates a container', async () => {
    await batch('secrets', 'set pw secret Value hunter2');
    await batch('docker_containers', 'set wiki service status enabled Image wiki:1 Secrets pw');
    expect(await say('signal-event', ['docker-update']), said).toBe(0);
    const [first] = engine().containers;
    const nameOf = (): string => /pw\.[0-9a-f]+/.exec(host.read('/etc/docksmith/containers/wiki.yaml'))?.[0] ?? '';
    const before = nameOf();
    expect(statSync(host.file(`${STATE}/secret-salt.json`)).mode & 0o777).toBe(0o600);
    host.remove(`${STATE}/secret-salt.json`);
    const tree = host.snapshot();
    await say('signal-event', ['--dry-run', 'docker-update']);
    expect(host.snapshot()).toEqual(tree);
    expect(await say('signal-event', ['docker-update']), said).toBe(0);
    expect(nameOf()).not.toBe(before);
    expect(engine().containers.map(({ inspect }) => inspect.Id)).toEqual([first?.inspect.Id]);
    expect(host.files(`${STATE}/secrets`)).toEqual([`${STATE}/secrets/wiki/${before}`]);
    await batch('docker_containers', 'setprop wiki Env.MODE x');
    await say('signal-event', ['docker-update']);
    expect(host.files(`${STATE}/secrets`)).toEqual([`${STATE}/secrets/wiki/${nameOf()}`]);
    await batch('secrets', 'setprop pw Value hunter3');
    await say('docksmith', ['plan']);
    expect(said).toMatch(/recreate wiki: volumes/);
  });

  it('in the label of a container that an older release made are named, and it is not recreated', async () => {
    await batch(
      'docker_containers',
      `set wiki service status enabled Image wiki:1 Env.API_TOKEN ${quote(SECRETS.named)}`,
    );
    expect(await say('signal-event', ['docker-update']), said).toBe(0);
    const all = engine();
    const labels = all.containers[0]?.inspect.Config.Labels ?? {};
    const id = all.containers[0]?.inspect.Id;
    labels['docksmith.spec'] = (labels['docksmith.spec'] ?? '').replace(
      '********',
      JSON.stringify(SECRETS.named).slice(1, -1),
    );
    labels['docksmith.spec-hash'] = `1:${'0'.repeat(64)}`;
    host.write('/engine.json', JSON.stringify(all));
    said = '';
    await say('docksmith', ['status']);
    await say('docksmith', ['doctor']);
    expect(said.match(/its label docksmith\.spec, written by an older/g)).toHaveLength(2);
    expect(await say('signal-event', ['docker-update'])).toBe(0);
    expect(engine().containers[0]?.inspect.Id).toBe(id);
    await batch('docker_containers', 'setprop wiki Env.MODE y');
    await say('signal-event', ['docker-update']);
    expect(found(engine().containers[0]?.inspect.Config.Labels['docksmith.spec'] ?? '')).toEqual([]);
    expect(found(said)).toEqual([]);
  });
});
