import { beforeEach, expect, it } from 'vitest';
import { listTouched, type MainHost, makeMainHost, useMainMachine, withoutRuns } from '../support/main-host.ts';
import { needs } from '../support/needs.ts';

interface Inspect {
  readonly Id: string;
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
  readonly HostConfig: {
    readonly Memory: number;
    readonly PortBindings: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[]>>;
    readonly RestartPolicy: { readonly Name: string };
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
  };
}

const SPECS = '/etc/docksmith/containers';

/** what is wrong, the fragment, and what is said of it */
const BROKEN: readonly (readonly [string, string, string])[] = [
  [
    'a syntax error',
    'services:\n  "{{record.key}}":\n    mem_limit: "{{#if}}"\n',
    '60memory:3:17: cannot read the fragment: ',
  ],
  [
    'an unknown helper',
    'services:\n  "{{record.key}}":\n    mem_limit: "{{memoryOf record}}"\n',
    '60memory:3:17: cannot call "memoryOf": there is no helper of that name',
  ],
  [
    'an unknown prop',
    'services:\n  "{{record.key}}":\n    mem_limit: "{{record.Memory}}"\n',
    '60memory:3:19: cannot read record.Memory: record "git" of db docker_containers has no prop "Memory"',
  ],
  [
    'an unknown record',
    'services:\n  "{{record.key}}":\n    mem_limit: "{{memory.Max}}"\n',
    '60memory:3:19: cannot read memory.Max',
  ],
  [
    'an unknown Compose key',
    'services:\n  "{{record.key}}":\n    mem_limits: 32m\n',
    '60memory:3: cannot use "services.git.mem_limits": docksmith does not support this key',
  ],
];

needs('dockerd')('the main job', () => {
  const machine = useMainMachine({ clears: true });
  let main: MainHost;
  beforeEach(async () => (main = await makeMainHost(machine)));

  /** Runs it and fails with what it said; @returns standard output */
  async function update(): Promise<string> {
    const { exitCode, stdout, stderr } = await main.signal('docker-update');
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    return stdout;
  }
  const inspect = async (name: string): Promise<Inspect> => (await main.engine.inspect(name)) as Inspect;
  const setProp = (name: string, prop: string, value: string): Promise<void> =>
    main.host.db(`docker_containers setprop ${name} ${prop} ${value}`);
  /** the lines of the step that reconciles, without its name */
  const ofReconcile = (stdout: string): readonly string[] =>
    [...stdout.matchAll(/^S50docker-reconcile: (.*)$/gm)].map(([, line = '']) => line);

  it('makes what the db says: ports, memory, mounts, labels, restart policy, log limits', async () => {
    const stdout = await update();
    expect(ofReconcile(stdout)).toEqual([
      'create git: not there',
      'create wiki: not there',
      'create wikidb: not there',
    ]);
    expect(stdout).toMatch(/^docker-update: done, files: 8 installed, 0 unchanged$/m);

    const wiki = await inspect('wiki');
    expect(wiki.HostConfig).toMatchObject({
      Memory: 64 * 1024 ** 2,
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } },
      PortBindings: {
        '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '23001' }],
        '8080/tcp': [
          { HostIp: '127.0.0.1', HostPort: '8080' },
          { HostIp: '192.168.1.2', HostPort: '8080' },
        ],
      },
    });
    expect(wiki.Mounts).toEqual([
      expect.objectContaining({ Type: 'bind', Source: main.wiki, Destination: '/images', RW: true }),
    ]);
    expect(wiki.Config.Labels).toMatchObject({
      'docksmith.managed': 'true',
      'docksmith.name': 'wiki',
      'docksmith.spec-hash': expect.stringMatching(/^\d+:[0-9a-f]+$/) as string,
    });
    expect((await inspect('git')).HostConfig.PortBindings).toEqual({
      '22/tcp': [{ HostIp: '', HostPort: '2222' }],
      '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '23000' }],
    });
    expect(await main.host.runOrFail('db', ['docker_containers', 'getprop', 'wiki', 'WebHostPort'])).toBe('23001\n');
    expect(main.takeApacheCommands()).toEqual(['reload']);
  });

  it('does nothing the second time: no mutating call, no file touched, no reload', async () => {
    await update();
    main.takeApacheCommands();
    const [tree, containers] = [withoutRuns(main.host.snapshot()), await main.listContainers()];
    machine.proxy.reset();
    const stdout = await update();
    expect(stdout).toBe('S50docker-reconcile: nothing to do\ndocker-update: done, files: 8 unchanged\n');
    // a world that is read once, and containers that are planned twice over one answer
    const asked = machine.proxy.calls.filter((call) => /\/_ping$|\/info$|\/containers\/[0-9a-f]+\/json$/.test(call));
    expect(asked).toEqual([...new Set(asked)]);
    expect(asked).toHaveLength(5);
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(listTouched(tree, withoutRuns(main.host.snapshot()))).toEqual([]);
    expect(await main.listContainers()).toEqual(containers);
    expect(main.takeApacheCommands()).toEqual([]);
  });

  it('changes a memory limit on the living container, and no other', async () => {
    await update();
    const [tree, containers] = [withoutRuns(main.host.snapshot()), await main.listContainers()];
    machine.proxy.reset();
    await setProp('wiki', 'MaxMemory', '96');
    const stdout = await update();
    expect(ofReconcile(stdout)).toEqual(['update wiki: memory 64m -> 96m', 'not restarted: git, wikidb']);
    expect(stdout).toContain('not adjusted: httpd (no file changed)\n');
    expect((await inspect('wiki')).HostConfig.Memory).toBe(96 * 1024 ** 2);
    expect(await main.listContainers()).toEqual(containers);
    expect(machine.proxy.listMutating()).toEqual([expect.stringMatching(/^POST .*\/containers\/[0-9a-f]+\/update$/)]);
    const touched = listTouched(tree, withoutRuns(main.host.snapshot())).filter((file) => !file.startsWith('/var/l'));
    expect(touched).toEqual([SPECS, `${SPECS}/wiki.yaml`]);
  });

  it('recreates the one whose mounts change, and no other', async () => {
    await update();
    const before = await main.listContainers();
    await setProp('wiki', 'MountPath', `${main.wiki2}:/images`);
    expect(ofReconcile(await update())).toEqual([
      `recreate wiki: volumes ${main.wiki}:/images -> ${main.wiki2}:/images`,
      'not restarted: git, wikidb',
    ]);
    const after = await main.listContainers();
    expect(listTouched(before, after)).toEqual(['wiki']);
    expect((await inspect('wiki')).Mounts).toEqual([
      expect.objectContaining({ Source: main.wiki2, Destination: '/images' }),
    ]);
  });

  it('stops a disabled one and removes its vhost and run spec, and starts it again', async () => {
    await update();
    const before = await main.listContainers();
    main.takeApacheCommands();
    await setProp('wiki', 'status', 'disabled');
    expect(ofReconcile(await update())).toEqual(['stop wiki: disabled', 'not restarted: git, wikidb']);
    expect((await main.listContainers())['wiki']).toContain(' exited ');
    expect(main.host.files('/etc').filter((file) => file.includes('wiki.'))).toEqual([]);
    expect(main.takeApacheCommands()).toEqual(['reload']);
    await setProp('wiki', 'status', 'enabled');
    expect(ofReconcile(await update())).toEqual(['start wiki: stopped', 'not restarted: git, wikidb']);
    expect((await inspect('wiki')).Id).toBe(before['wiki']?.split(' ')[0]);
    expect(main.host.files(SPECS)).toContain(`${SPECS}/wiki.yaml`);
  });

  it('reports the container of a deleted record as an orphan, and removes it only when asked; volumes stay', async () => {
    await update();
    await main.engine.docker('volume', 'create', 'wikidb-data');
    await main.host.runOrFail('db', ['docker_containers', 'delete', 'wikidb']);
    expect(ofReconcile(await update())).toEqual([
      'nothing to do',
      'orphan wikidb: no record wants it; docksmith reconcile --remove-orphans removes it',
    ]);
    expect((await main.listContainers())['wikidb']).toContain(' running ');
    expect(await main.host.runOrFail('docksmith', ['reconcile', '--dry-run', '--remove-orphans'])).toBe(
      'remove wikidb: orphan\n',
    );
    expect(await main.host.runOrFail('docksmith', ['reconcile', '--remove-orphans'])).toBe(
      'remove wikidb: orphan\nnot restarted: git, wiki\n',
    );
    expect(Object.keys(await main.listContainers())).toEqual(['git', 'wiki']);
    expect(await main.engine.docker('volume', 'ls', '--quiet')).toBe('wikidb-data');
    await main.engine.docker('volume', 'rm', 'wikidb-data');
  });

  it('starts a container that was stopped by hand, and says so', async () => {
    await update();
    await main.engine.docker('stop', 'git');
    expect(ofReconcile(await update())).toEqual(['start git: stopped', 'not restarted: wiki, wikidb']);
  });

  it('starts, stops and restarts single containers when asked', async () => {
    await update();
    const before = await main.listContainers();
    expect((await main.signal('docker-container-stop', ['git'])).stdout).toContain(
      'S50docker-stop: stop git: asked for\n',
    );
    expect((await main.listContainers())['git']).toContain(' exited ');
    expect((await main.signal('docker-container-start', ['git'])).stdout).toContain(
      'S50docker-start: start git: stopped\n',
    );
    expect((await main.signal('docker-container-restart', ['git', 'wikidb'])).stdout).toContain(
      'S50docker-restart: restart wikidb: asked for\n',
    );
    const after = await main.listContainers();
    expect(listTouched(before, after)).toEqual(['git', 'wikidb']);
    expect(Object.values(after).every((state) => state.includes(' running '))).toBe(true);
    const unknown = await main.signal('docker-container-restart', ['nobody']);
    expect(unknown).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot find container "nobody"') as string,
    });
  });

  it('lets a custom fragment replace the shipped one', async () => {
    main.host.writeFragment(
      SPECS,
      '60memory',
      'services:\n  "{{record.key}}":\n    mem_limit: 32m\n    labels:\n      site.owner: "{{SystemName}}"\n',
    );
    await update();
    for (const name of ['git', 'wiki', 'wikidb']) {
      const { HostConfig, Config } = await inspect(name);
      expect([HostConfig.Memory, Config.Labels['site.owner']]).toEqual([32 * 1024 ** 2, 'host']);
    }
  });

  it('refuses a broken fragment with its place, installs nothing and restarts nothing', async () => {
    await update();
    await setProp('git', 'MaxMemory', '64');
    for (const [what, fragment, message] of BROKEN) {
      main.host.writeFragment(SPECS, '60memory', fragment);
      const [tree, containers] = [withoutRuns(main.host.snapshot()), await main.listContainers()];
      machine.proxy.reset();
      const { exitCode, stdout, stderr } = await main.signal('docker-update');
      expect(stderr, what).toContain(`docksmith: /etc/docksmith/templates-custom${SPECS}/${message}`);
      expect([exitCode, stdout], what).toEqual([1, 'docker-update: failed, no file was changed\n']);
      expect(listTouched(tree, withoutRuns(main.host.snapshot())), what).toEqual([]);
      expect(machine.proxy.listMutating(), what).toEqual([]);
      expect(await main.listContainers(), what).toEqual(containers);
    }
  });
});
