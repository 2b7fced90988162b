import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { type Registry, startRegistry } from '../support/registry.ts';

interface Operation {
  readonly verb: string;
  readonly name: string;
  readonly cause: string;
}

/**
 * What each verb of a plan asks of the engine, in order: the calls that change something.
 * `(old)` is the container that was there before. Signals in place of the engine's own stop
 * (StopSignal of a run spec that differs from the container's) are the engine tests' business.
 */
const CALLS: Readonly<Record<string, (name: string, cause: string) => readonly string[]>> = {
  pull: (name) => [`POST images/create ${name}`],
  build: (name) => [`POST build ${name}`],
  network: () => ['POST networks/create'],
  volume: () => ['POST volumes/create'],
  connect: (_, cause) => [`POST networks/${cause.split(' ')[0] ?? ''}/connect`],
  disconnect: (_, cause) => [`POST networks/${cause}/disconnect`],
  create: (name) => [`POST containers/create ${name}`, `POST containers/${name}/start`],
  recreate: (name) => [
    `POST containers/${name}(old)/rename ${name}.docksmith-old`,
    `POST containers/create ${name}`,
    `POST containers/${name}(old)/stop`,
    `POST containers/${name}/start`,
    `DELETE containers/${name}(old)`,
  ],
  update: (name, cause) => [
    cause.includes('send HUP') ? `POST containers/${name}(old)/kill` : `POST containers/${name}(old)/update`,
  ],
  start: (name, cause) => [`POST containers/${name}(old)/${cause === 'paused' ? 'unpause' : 'start'}`],
  restart: (name) => [`POST containers/${name}(old)/restart`],
  stop: (name) => [`POST containers/${name}(old)/stop`],
  remove: (name) =>
    name.startsWith('network ')
      ? [`DELETE networks/${name.replace('network ', '')}`]
      : [`POST containers/${name}(old)/stop`, `DELETE containers/${name}(old)`],
};

needs('dockerd', 'registry')('a plan with every verb', () => {
  const machine = useMachine();
  let registry: Registry;
  let folder: string;
  let host: Host;
  beforeAll(async () => {
    registry = await startRegistry(machine.engine);
    await makeSleepImage(machine.engine, 'app:1');
    await registry.push('app:1', 'pulled:1');
    folder = path.join(machine.engine.dir, 'build');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'Dockerfile'), 'FROM app:1\nENV BUILT=yes\n');
    host = machine.makeHost();
    host.write('/etc/docksmith/templates/etc/app/app.conf/10all', 'Greeting {{config.greeting}}\n');
    host.write('/etc/docksmith/templates/etc/app/app.conf/template-begin', '');
    host.write('/etc/docksmith/events/docker-update/templates2expand/etc/app/app.conf', '');
    const mounted = `MountPath ${host.file('/etc/app')}:/conf`;
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set greeting hello',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled ServiceManager command',
      'configuration set httpd service status disabled',
      `docker_images set pulled service Tag 1 Registry ${registry.address} RegistryUser ${registry.user} RegistryPassword "${registry.password}"`,
      `docker_images set built service Source build BuildPath ${folder}`,
      ...['orphaned', 'halted', 'paused', 'off', 'target', 'other'].map(
        (name) => `docker_containers set ${name} service status enabled Image app:1`,
      ),
      'docker_containers set limited service status enabled Image app:1 MaxMemory 64',
      'docker_containers set changed service status enabled Image app:1 Env A=1',
      `docker_containers set told service status enabled Image app:1 ReloadSignal HUP ${mounted}`,
      `docker_containers set reader service status enabled Image app:1 ${mounted}`,
      'docker_containers set shares service status enabled Image app:1 network container:changed',
      'docker_containers set linked service status enabled Image app:1 Interlinked target',
      'docker_containers set single service status enabled Image app:1 Interlinked target',
    );
    await host.runOrFail('signal-event', ['docker-update']);
  });
  afterAll(() => registry.stop());

  /** id -> name */
  async function listNames(): Promise<ReadonlyMap<string, string>> {
    const lines = await machine.engine.docker('ps', '--all', '--no-trunc', '--format', '{{.ID}} {{.Names}}');
    return new Map(
      lines
        .split('\n')
        .map((line) => line.split(' '))
        .map(([id = '', name = '']) => [id, name]),
    );
  }

  it('makes the calls that its lines stand for, in their order, and no other', async () => {
    await host.db(
      'configuration set greeting goodbye',
      'docker_networks set lan network',
      'docker_containers delete orphaned',
      'docker_containers setprop off status disabled',
      'docker_containers setprop limited MaxMemory 128',
      'docker_containers setprop changed Env A=2',
      'docker_containers setprop linked Interlinked other:db',
      'docker_containers delprop single Interlinked',
      'docker_containers set fresh service status enabled Image pulled Volumes cache:/cache network custom:lan',
      'docker_containers set made service status enabled Image built',
    );
    // the files are written, and reconciling is left to the command below
    host.write('/etc/docksmith/events/docker-update/S50docker-reconcile', '#!/bin/sh\n');
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('stop', 'halted');
    await machine.engine.docker('pause', 'paused');
    // what the event has fetched for its own reconciling
    for (const image of [`${registry.address}/pulled:1`, 'built:latest']) await machine.engine.tryDocker('rmi', image);

    const old = await listNames();
    machine.proxy.reset();
    const { plan } = JSON.parse(
      await host.runOrFail('docksmith', ['reconcile', '--remove-orphans', '--dry-run', '--json']),
    ) as { plan: { operations: Operation[] } };
    expect(machine.proxy.listMutating()).toEqual([]);
    expect([...new Set(plan.operations.map(({ verb }) => verb))].sort()).toEqual(Object.keys(CALLS).sort());
    const text = plan.operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`);
    expect(text).toEqual([
      `pull ${registry.address}/pulled:1: not there`,
      `build built:latest: not there, from ${folder}`,
      'network lan: wanted by fresh',
      'volume cache: wanted by fresh',
      'remove orphaned: orphan',
      'stop off: disabled',
      'connect other: docksmith-linked as db',
      'update limited: memory 64m -> 128m',
      'update told: /etc/app/app.conf changed, send HUP',
      'recreate linked: environment TARGET_NAME removed, DB_NAME added',
      'recreate changed: environment A changed',
      'create fresh: not there',
      'start halted: stopped',
      'create made: not there',
      'start paused: paused',
      'restart reader: /etc/app/app.conf changed',
      'recreate shares: changed is recreated',
      'recreate single: environment TARGET_NAME removed, network docksmith-single -> bridge',
      'disconnect target: docksmith-linked',
      'disconnect target: docksmith-single',
      'remove network docksmith-single: no container uses it',
    ]);

    const said = await host.runOrFail('docksmith', ['reconcile', '--remove-orphans']);
    expect(said.split('\n').filter((line) => line !== '' && !line.startsWith('not restarted'))).toEqual(text);
    const names = new Map([...(await listNames()), ...[...old].map(([id, name]) => [id, `${name}(old)`] as const)]);
    const calls = machine.proxy.listMutating().map((call) => {
      const [, method = '', what = '', query = ''] = /^(\w+) \/v[\d.]+\/([^?]*)\??(.*)$/.exec(call) ?? [];
      const asked = new URLSearchParams(query);
      // `t` is the tag of a build; of a stop and a restart it is the time
      const subject =
        what === 'build'
          ? asked.get('t')
          : what === 'images/create'
            ? `${asked.get('fromImage') ?? ''}:${asked.get('tag') ?? ''}`
            : asked.get('name');
      return [
        method,
        what.replace(/[0-9a-f]{64}/, (id) => names.get(id) ?? id),
        ...(subject === null ? [] : [subject]),
      ].join(' ');
    });
    // what is started is started several at a time
    const groups: { readonly isTogether: boolean; readonly calls: string[] }[] = [];
    for (const { verb, name, cause } of plan.operations) {
      const isTogether = ['create', 'start', 'restart'].includes(verb);
      if (groups.at(-1)?.isTogether !== isTogether) groups.push({ isTogether, calls: [] });
      groups.at(-1)?.calls.push(...(CALLS[verb]?.(name, cause) ?? ['?']));
    }
    let at = 0;
    const grouped = groups.map((group) => calls.slice(at, (at += group.calls.length)));
    const sorted = (parts: readonly (readonly string[])[]): unknown =>
      parts.map((part, n) => (groups[n]?.isTogether === true ? part.toSorted() : part));
    expect([sorted(grouped), calls.length]).toEqual([sorted(groups.map((group) => group.calls)), at]);

    machine.proxy.reset();
    expect(await host.runOrFail('docksmith', ['reconcile', '--remove-orphans'])).toBe('nothing to do\n');
    expect(machine.proxy.listMutating()).toEqual([]);
  });
});
