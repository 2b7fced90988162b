import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage, SLEEP } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { makeRepository } from '../support/git-server.ts';
import { needs } from '../support/needs.ts';

/**
 * What not every kernel and engine has: carried out, or refused by the engine in its own words, and then the container
 * before it serves on.
 */
needs('dockerd', 'git')('what an engine may not have', () => {
  const machine = useMachine({ clears: true });
  let host: Host;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1');
    host = await machine.makeServer([
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled',
    ]);
  });

  const inspect = async (name: string): Promise<Record<string, never> & { readonly Id: string }> =>
    JSON.parse(await machine.engine.docker('inspect', '--format', '{{json .}}', name)) as never;
  const hostConfig = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
    (await inspect(name))['HostConfig'] as never;
  async function expectNothingToDo(): Promise<void> {
    machine.proxy.reset();
    await host.runOrFail('signal-event', ['docker-update']);
    expect(machine.proxy.listMutating()).toEqual([]);
  }
  const adopt = async (name: string, text: string): Promise<void> => {
    host.write(`/opt/${name}/compose.yaml`, text);
    const said = await host.runOrFail('docksmith', ['adopt', '--json', '-f', host.file(`/opt/${name}`)], {
      env: { TOKEN: 'sesame' },
    });
    expect((JSON.parse(said) as { readonly leftOut: readonly unknown[] }).leftOut).toEqual([]);
  };
  const remove = async (...names: readonly string[]): Promise<void> => {
    await host.db(...names.map((name) => `docker_containers delete ${name}`));
    await machine.removeContainers();
  };

  it.each([
    [
      'DeviceRequests',
      '[{"count":"all","capabilities":["gpu"]}]',
      /could not select device driver|failed to discover GPU|nvidia/,
      { DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] },
    ],
    ['CPURealtimeRuntime', '950000', /real-?time|cpu\.rt_runtime_us/i, { CpuRealtimeRuntime: 950_000 }],
    ['CPURealtimePeriod', '1000000', /real-?time|cpu\.rt_period_us/i, { CpuRealtimePeriod: 1_000_000 }],
  ] as const)('%s is passed on, and what the engine answers is said', async (prop, value, refusal, passed) => {
    await host.db('docker_containers set it service status enabled Image sleep:1');
    await host.runOrFail('signal-event', ['docker-update']);
    const before = (await inspect('it')).Id;
    await host.runOrFail('db', ['docker_containers', 'setprop', 'it', prop, value]);
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    if (exitCode === 0) {
      expect(await hostConfig('it')).toMatchObject(passed);
      await expectNothingToDo();
    } else {
      expect(stderr).toMatch(/cannot (create|start|recreate) container "it": /);
      expect(stderr).toMatch(refusal);
      expect([(await inspect('it')).Id, await machine.engine.docker('ps', '--format', '{{.Names}}')]).toEqual([
        before,
        'it',
      ]);
    }
    await remove('it');
  });

  it('BlkioConfig is passed on; a weight that the kernel does not have makes no second container', async () => {
    await adopt(
      'io',
      'services: {it: {image: "sleep:1", container_name: it, blkio_config: {weight: 300, device_read_bps: [{path: /dev/null, rate: 12mb}], device_write_iops: [{path: /dev/null, rate: 100}]}}}\n',
    );
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    if (exitCode === 0) {
      expect(await hostConfig('it')).toMatchObject({
        BlkioDeviceReadBps: [{ Path: '/dev/null', Rate: 12 * 1024 ** 2 }],
        BlkioDeviceWriteIOps: [{ Path: '/dev/null', Rate: 100 }],
      });
      await expectNothingToDo();
    } else expect(stderr).toMatch(/cannot (create|start) container "it": .*(io|blkio|device)/i);
    await remove('it');
  });

  it('an anonymous volume of a record is carried over a recreate, as Compose keeps it', async () => {
    await adopt('kept', 'services: {it: {image: "sleep:1", container_name: it, volumes: ["/app/cache"]}}\n');
    await host.runOrFail('signal-event', ['docker-update']);
    const volume = (): Promise<string> =>
      machine.engine.docker('inspect', '--format', '{{range .Mounts}}{{.Name}} {{.Destination}}{{end}}', 'it');
    const first = await volume();
    expect(first).toMatch(/^[0-9a-f]{64} \/app\/cache$/);
    await machine.engine.docker('exec', 'it', 'sh', '-c', 'echo kept > /app/cache/file');
    const before = (await inspect('it')).Id;
    await host.db('docker_containers setprop it Env.A 1');
    await host.runOrFail('signal-event', ['docker-update']);
    expect((await inspect('it')).Id).not.toBe(before);
    expect([await volume(), await machine.engine.docker('exec', 'it', 'cat', '/app/cache/file')]).toEqual([
      first,
      'kept',
    ]);
    await expectNothingToDo();
    await remove('it');
  });

  it('secrets and configs of a Compose file have their owner and mode in the container', async () => {
    await makeImage(machine.engine, 'app:1', {
      cmd: ['/sleeper'],
      files: { '/sleeper': SLEEP, '/etc/passwd': 'root:x:0:0::/:/bin/sh\napp:x:1234:1235::/:/bin/sh\n' },
      changes: ['USER app'],
    });
    host.write('/opt/files/whole.conf', 'of a file\n', 0o640);
    await adopt(
      'files',
      `services:
  it:
    image: app:1
    container_name: files
    secrets: [{source: token, target: token, uid: "1234", gid: "1300", mode: 0440}]
    configs:
      - {source: text, target: /etc/text.conf, uid: "0", gid: "1235", mode: 0640}
      - {source: plain, target: /etc/plain.conf}
      - {source: whole, target: /etc/whole.conf}
secrets: {token: {environment: TOKEN}}
configs:
  text: {content: "of the file itself"}
  plain: {content: "as it comes"}
  whole: {file: ./whole.conf}
`,
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const files = '/run/secrets/token /etc/text.conf /etc/plain.conf /etc/whole.conf';
    expect(await machine.engine.docker('exec', 'files', 'sh', '-c', `stat -c "%a %u:%g %n" ${files}`)).toBe(
      [
        '440 1234:1300 /run/secrets/token',
        '640 0:1235 /etc/text.conf',
        '444 1234:1235 /etc/plain.conf',
        '640 0:0 /etc/whole.conf',
      ].join('\n'),
    );
    expect(await machine.engine.docker('exec', 'files', 'cat', '/run/secrets/token', '/etc/text.conf')).toBe(
      'sesameof the file itself',
    );
    await expectNothingToDo();
    await remove('files');
  });

  it('an image is built of a git repository, at the branch and folder that the record names', async () => {
    const repository = makeRepository();
    onTestFinished(() => repository.remove());
    repository.commit({ 'app/Dockerfile': 'FROM sleep:1\nARG V\nENV BUILT=$V\n', Dockerfile: 'FROM none:1\n' });
    const program = path.join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-daemon');
    const [base, name] = [path.dirname(repository.folder), path.basename(repository.folder)];
    // the engine asks for it, from within its network
    const server = spawn(
      ...machine.namespace.command(program, ['--export-all', `--base-path=${base}`, '--listen=127.0.0.1', '--verbose']),
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    onTestFinished(() => void server.kill());
    await once(server.stderr, 'data');
    await host.db(
      `docker_images set built service Tag 1 Repository built Source build BuildGit git://127.0.0.1/${name}#main:app BuildArgs.V 7`,
      'docker_containers set made service status enabled Image built',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await machine.engine.docker('exec', 'made', 'sh', '-c', 'echo $BUILT')).toBe('7');
    await expectNothingToDo();
    await remove('made');
  });
});
