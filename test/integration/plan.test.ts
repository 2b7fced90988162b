import { beforeEach, expect, it } from 'vitest';
import { connectEngine } from '../../src/engine/docker/docker-engine.ts';
import type { ContainerInspect } from '../../src/engine/engine-api.ts';
import { HASH_LABEL, SPEC_LABEL } from '../../src/container/spec/names.ts';
import { type MainHost, makeMainHost, useMainMachine, withoutRuns } from '../support/main-host.ts';
import { needs } from '../support/needs.ts';

needs('dockerd')('the plan of the next event, on a real engine', () => {
  const machine = useMainMachine({ clears: true });
  let main: MainHost;
  beforeEach(async () => {
    main = await makeMainHost(machine);
  });

  const plan = async (...names: readonly string[]): Promise<string> =>
    main.host.runOrFail('docksmith', ['plan', ...names]);
  /** what reconciling said that it did, in order */
  const done = (said: string): readonly string[] =>
    said.split('\n').flatMap((line) => /^S50docker-reconcile: (.*)$/.exec(line)?.[1] ?? []);

  it('is what the event then does, operation by operation, and touches nothing by itself', async () => {
    const { host } = main;
    const before = withoutRuns(host.snapshot());
    machine.proxy.reset();
    const first = JSON.parse(await host.runOrFail('docksmith', ['plan', '--json'])) as {
      operations: { verb: string; name: string; cause: string }[];
      leftAlone: string[];
      event: string;
    };
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(withoutRuns(host.snapshot())).toEqual(before);
    expect(first).toMatchObject({ event: 'docker-update', leftAlone: [], interruptions: [] });
    expect(first.operations.map(({ verb, name }) => `${verb} ${name}`).sort()).toEqual([
      'create git',
      'create wiki',
      'create wikidb',
    ]);
    const { stdout } = await main.signal('docker-update');
    expect(done(stdout)).toEqual(first.operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`));
    expect(await plan()).toBe('nothing to do\n');
  });

  it('says what cannot be reached meanwhile, and what is left alone', async () => {
    const { host, wiki2 } = main;
    await main.signal('docker-update');
    await host.db(
      'docker_containers setprop wikidb MaxMemory 128',
      `docker_containers setprop wiki MountPath ${wiki2}:/images`,
      'docker_containers setprop git status disabled',
    );
    const text = await plan();
    expect(text.split('\n')).toEqual([
      'stop git: disabled',
      'update wikidb: memory 64m -> 128m',
      `recreate wiki: volumes ${main.wiki}:/images -> ${wiki2}:/images`,
      'not reachable from then on: git (http://host.example.test/git/, port 2222)',
      'not reachable until it is replaced: wiki (http://wiki.example.test/, port 8080)',
      expect.stringMatching(
        /^signal-event docker-update does it, and changes \d files first \(--dry-run --diff shows them\)$/,
      ),
      '',
    ]);
    expect(await plan('wikidb')).toMatch(
      /^update wikidb: memory 64m -> 128m\nleft alone: wiki\nsignal-event docker-container-update wikidb does it, and changes 2 files first/,
    );
    expect(JSON.parse(await host.runOrFail('docksmith', ['plan', '--json', 'wiki', 'wikidb']))).toMatchObject({
      event: 'docker-container-update',
      args: ['wiki', 'wikidb'],
      interruptions: [
        { name: 'wiki', until: 'replaced', ports: ['8080'], urls: ['http://wiki.example.test/'], needed: [] },
      ],
    });
    const { stdout } = await main.signal('docker-update');
    expect(done(stdout).filter((line) => !line.startsWith('not restarted'))).toEqual(text.split('\n').slice(0, 3));
    expect(await plan()).toBe('nothing to do\n');
  });

  it('fails as the event would', async () => {
    await main.host.db(
      'docker_containers setprop wiki MountPath relative',
      'docker_containers setprop git PortMappingPorts 80',
    );
    const [planned, signalled] = [await main.host.run('docksmith', ['plan']), await main.signal('docker-update')];
    expect(planned).toMatchObject({ exitCode: 1, stdout: '' });
    expect(planned.stderr.split('\n').filter((line) => line.startsWith('docksmith: cannot'))).toEqual(
      signalled.stderr.split('\n').filter((line) => line.startsWith('docksmith: cannot')),
    );
    expect(await main.host.run('docksmith', ['plan', 'nobody'])).toMatchObject({ exitCode: 1 });
    await main.host.db('configuration setprop docker Socket /nowhere.sock');
    expect(await main.host.run('docksmith', ['plan'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot reach the Docker engine at "/nowhere.sock"') as string,
    });
  });

  it('recreates nothing because its own way to describe a container has changed', async () => {
    const { host } = main;
    await main.signal('docker-update');
    const engine = await connectEngine(main.engine.socket);
    const { Config, HostConfig, Id } = (await engine.findContainer('wiki')) as ContainerInspect;
    await engine.stopContainer(Id, {});
    await engine.removeContainer(Id);
    // as another release would have made it: another version, hash and canonical form
    await engine.startContainer(
      await engine.createContainer('wiki', {
        ...Config,
        HostConfig,
        Labels: { ...Config.Labels, [HASH_LABEL]: '0:0000', [SPEC_LABEL]: '{"picture":"wiki:1"}' },
      }),
    );
    const before = await main.listContainers();
    machine.proxy.reset();
    expect(await plan()).toBe('nothing to do\n');
    expect((await main.signal('docker-update')).exitCode).toBe(0);
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(await main.listContainers()).toEqual(before);
    // and still it is known what a change means
    await host.db('docker_containers setprop wiki MaxMemory 96');
    expect(await plan()).toMatch(/^update wiki: memory 64m -> 96m\n/);
    await host.db('docker_containers setprop wiki Hostname other');
    expect(await plan()).toMatch(/^recreate wiki: hostname \S+ -> other, memory 64m -> 96m\n/);
  });
});
