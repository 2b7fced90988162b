import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeImage } from '../support/image.ts';
import { type MainHost, makeMainHost, useMainMachine } from '../support/main-host.ts';
import { needs } from '../support/needs.ts';
import { start } from '../support/running.ts';

interface Status {
  readonly containers: readonly Readonly<Record<string, unknown>>[];
  readonly pending: readonly unknown[];
}
interface Examination {
  readonly findings: readonly {
    readonly check: string;
    readonly level: string;
    readonly words: string;
    readonly advice?: string;
  }[];
}

needs('dockerd')('what daily verbs tell of a real engine', () => {
  const machine = useMainMachine();
  let main: MainHost;
  beforeAll(async () => {
    main = await makeMainHost(machine);
    await makeImage(machine.engine, 'crash:1', { cmd: ['sh', '-c', 'echo I begin; exit 3'] });
    await makeImage(machine.engine, 'once:1', { cmd: ['true'] });
    await main.host.db(
      // over the machine.proxy, the engine's process is not to be found
      `configuration setprop docker Socket ${machine.engine.socket}`,
      'docker_containers set crash service status enabled Image crash:1 Restart always',
      'docker_containers set once service status enabled Image once:1 Restart no',
      'docker_containers set off service status disabled Image crash:1',
      'docker_containers set old service status enabled Image wiki:1',
    );
    await main.signal('docker-update');
    await main.host.db(
      'docker_containers delete old',
      'docker_containers set late service status enabled Image wiki:1',
    );
    await machine.engine.docker('run', '-d', '--name', 'foreign', 'wiki:1');
  });

  /** Until the engine has just begun one of its longer waits before it starts it again: six seconds and more. */
  const untilItWaits = async (): Promise<void> => {
    for (;;) {
      const [count, state, finished = ''] = (
        await machine.engine.docker(
          'inspect',
          '--format',
          '{{.RestartCount}} {{.State.Status}} {{.State.FinishedAt}}',
          'crash',
        )
      ).split(' ');
      if (Number(count) >= 6 && state === 'restarting' && Date.now() - Date.parse(finished) < 1000) return;
      await sleep(100);
    }
  };
  const status = async (...names: readonly string[]): Promise<Status> =>
    JSON.parse(await main.host.runOrFail('docksmith', ['status', '--json', ...names])) as Status;
  const examine = async (): Promise<Examination['findings']> =>
    (JSON.parse((await main.host.run('docksmith', ['doctor', '--json'])).stdout) as Examination).findings;

  describe('status', () => {
    it('is that of the engine, for every record and every container of ours', async () => {
      await untilItWaits();
      const { containers, pending } = await status();
      expect(containers.map(({ name, state, record }) => [name, state, record])).toEqual([
        ['crash', 'restarting', 'enabled'],
        ['git', 'running', 'enabled'],
        ['late', 'missing', 'enabled'],
        ['off', 'missing', 'disabled'],
        ['old', 'running', null],
        ['once', 'exited', 'enabled'],
        ['wiki', 'running', 'enabled'],
        ['wikidb', 'running', 'enabled'],
      ]);
      const find = (name: string): unknown => containers.find((container) => container['name'] === name);
      const { Image } = (await machine.engine.inspect('wiki')) as { Image: string };
      expect(find('wiki')).toEqual({
        name: 'wiki',
        record: 'enabled',
        role: 'service',
        refused: [],
        isAside: false,
        called: null,
        state: 'running',
        health: null,
        isCrashLooping: false,
        restarts: 0,
        exitCode: null,
        outOfMemory: false,
        failed: null,
        started: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        finished: null,
        memory: { used: expect.any(Number) as number, limit: 64 * 1024 ** 2 },
        ports: expect.arrayContaining([{ address: '192.168.1.2', hostPort: 8080, protocol: 'tcp' }]) as unknown,
        urls: ['http://wiki.example.test/'],
        image: 'wiki:1',
        digest: Image,
        isImageOld: false,
      });
      expect(find('crash')).toMatchObject({
        isCrashLooping: true,
        restarts: expect.any(Number) as number,
        exitCode: 3,
        memory: { used: null, limit: null },
      });
      expect(find('git')).toMatchObject({ urls: ['http://host.example.test/git/'] });
      expect(pending).toEqual([]);
    });

    it('fits into 80 columns, and what is wrong is plain to see', async () => {
      await untilItWaits();
      const [table = '', attention = ''] = (await main.host.runOrFail('docksmith', ['status'])).split('\n\n');
      expect(table.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(table).toMatch(/^NAME +STATE +RESTARTS +EXIT +MEMORY +(DIGEST +)?REACHED AT$/m);
      expect(table).toMatch(/^crash +crash-loop +\d+\b/m);
      expect(table).toMatch(/^wiki +running +\d+m\/64m .*[^]* http:\/\/wiki\.example\.test\/ 192\.168\.1\.2:8080$/m);
      expect(table).toMatch(/^off +disabled$/m);
      expect(table).toMatch(/^once +finished +0\b/m);
      expect(attention.split('\n').map((line) => line.replace(/\d+ times/, 'N times'))).toEqual([
        'crash: ends again and again, restarted N times, last with exit code 3; docksmith logs -n 20 crash',
        'late: its record is enabled, and it is not there; docksmith plan late',
        'old: no record wants it; docksmith reconcile --remove-orphans removes it (never its volumes)',
        '',
      ]);
    });

    it('tells all of single ones, and says which there are not', async () => {
      const text = await main.host.runOrFail('docksmith', ['status', 'git', 'crash']);
      expect(text).toMatch(/^crash\n {2}state +crash-loop, restarting\n[^]*\n\ngit\n/);
      expect(text).toMatch(/^ {2}digest +sha256:[0-9a-f]{64}$/m);
      expect(text).toMatch(/^ {2}ports +.*0\.0\.0\.0:2222\/tcp/m);
      expect(await main.host.run('docksmith', ['status', 'gitt', 'foreign'])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/"gitt"[^]*did you mean "git"[^]*"foreign"/) as string,
      });
    });

    it('tells of the health of a container', async () => {
      await main.host.db(
        'docker_containers setprop git HealthCmd "test -f /tmp/well" HealthInterval 100ms HealthRetries 1 HealthStart 60s',
      );
      await main.signal('docker-container-update', ['git']);
      expect((await status('git')).containers[0]).toMatchObject({ state: 'running', health: 'starting' });
      await machine.engine.docker('exec', 'git', 'touch', '/tmp/well');
      await expect
        .poll(async () => (await status('git')).containers[0]?.['health'], { timeout: 60_000 })
        .toBe('healthy');
      await machine.engine.docker('exec', 'git', 'rm', '/tmp/well');
      await expect
        .poll(async () => (await status('git')).containers[0]?.['health'], { timeout: 60_000 })
        .toBe('unhealthy');
    });
  });

  describe('doctor', () => {
    it('tells how the engine is, and what is wrong with containers, ports and names', async () => {
      main.host.write(
        '/etc/hosts',
        '127.0.0.1 localhost\n192.168.1.2 host.example.test # we\n203.0.113.9 wiki.example.test\n',
      );
      const { exitCode, stdout } = await main.host.run('docksmith', ['doctor']);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^bad {3}containers {2,}crash: ends again and again, restarted \d+ times(, last|$)/m);
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(stdout).toMatch(/\n\d+ bad, \d+ warnings?, \d+ ok\n$/);
      const findings = await examine();
      const find = (check: string): readonly string[] =>
        findings.filter((finding) => finding.check === check).map(({ level, words }) => `${level} ${words}`);
      const info = JSON.parse(await machine.engine.docker('info', '--format', '{{json .}}')) as {
        ServerVersion: string;
        Driver: string;
        DockerRootDir: string;
      };
      expect(find('engine')[0]).toMatch(/^ok Docker \d\S+, API \d\.\d+, at \/\S+; \d+ containers run$/);
      expect(find('engine')[0]).toContain(`Docker ${info.ServerVersion}, `);
      expect(find('storage')[0]).toContain(`driver ${info.Driver}`);
      expect(find('data root')).toEqual([
        `warn the engine keeps its data in ${info.DockerRootDir}, and DataRoot of docker is /var/lib/docker`,
      ]);
      expect(find('live-restore')).toEqual([
        'ok off, as the admin of the engine has it (Daemon foreign): containers stop when the engine does',
      ]);
      expect(find('disk').some((words) => /images \d+ with/.test(words))).toBe(true);
      expect(find('ports')).toEqual([expect.stringMatching(/^ok \d+ declared, none of them missing or taken$/)]);
      expect(find('apache')[0]).toBe('bad no process listens on port 80, through which 2 containers are reached');
      expect(find('names')).toEqual(['warn wiki.example.test leads to 203.0.113.9, which is no address of this host']);
      expect(find('containers')).toHaveLength(4);
      expect(find('options')).toEqual([
        `ok none is set both in ${path.join(machine.engine.dir, 'daemon.json')} and in the engine's command line`,
      ]);
      expect(find('pending').every((words) => words.startsWith('ok') || words.includes('failed'))).toBe(true);
    });

    it('finds options that the next start of the engine would fail of', async () => {
      const file = path.join(machine.engine.dir, 'daemon.json');
      writeFileSync(file, '{"data-root": "/elsewhere", "log-level": "warn", "bip": "172.30.0.1/16", "hosts": []}');
      expect((await examine()).find(({ check }) => check === 'options')).toMatchObject({
        level: 'bad',
        words: `data-root, hosts, log-level are set both in ${file} and in the command line of the running engine: the engine will not start again`,
      });
      // and the engine agrees
      const said = await machine.namespace.run('dockerd', ['--config-file', file, '--data-root', '/x', '--validate']);
      if (!said.stderr.includes('unknown flag'))
        expect(said.stderr).toContain('specified both as a flag and in the configuration file');
      writeFileSync(file, '{}');
    });

    it('finds files that were edited, and modules that Apache lacks', async () => {
      const { host } = main;
      host.write(
        '/usr/bin/httpd',
        '#!/bin/sh\n[ "$1" = -M ] && printf "Loaded Modules:\\n core_module (static)\\n proxy_module (shared)\\n proxy_http_module (shared)\\n"\nexit 0\n',
      );
      await host.db(`configuration setprop httpd CheckCommand "${host.file('/usr/bin/httpd')} -t"`);
      host.write('/etc/docksmith/containers/wiki.yaml', 'services: {}\n');
      const findings = await examine();
      expect(findings.find(({ check, words }) => check === 'apache' && words.includes('modules'))).toMatchObject({
        level: 'bad',
        words: expect.stringMatching(
          /^the vhosts need the modules .*headers.*rewrite.*, which it has not loaded$/,
        ) as string,
        advice: expect.stringMatching(/^a2enmod /) as string,
      });
      expect(findings.find(({ check }) => check === 'files')).toMatchObject({
        level: 'warn',
        words: 'not as docksmith wrote it: /etc/docksmith/containers/wiki.yaml (edited, mode 0644 instead of 0640)',
      });
      expect(findings.find(({ check }) => check === 'programs')).toMatchObject({
        level: expect.stringMatching(/ok|warn/) as string,
      });
    });

    it('finds a port that another process uses', async () => {
      await machine.engine.docker('stop', 'git');
      const blocker = start(
        ...main.namespace.command(process.execPath, [
          '-e',
          'require("net").createServer().listen(2222, () => console.log("ready"))',
        ]),
      );
      await blocker.until(/ready/);
      expect(
        (await examine()).filter(({ check, level }) => check === 'ports' && level === 'bad').map(({ words }) => words),
      ).toEqual([expect.stringMatching(/^port 2222 of git is taken by \S+ \(pid \d+\) that listens on :: port 2222$/)]);
      blocker.kill('SIGTERM');
      await blocker.ended;
    });

    it('says that the engine does not answer, and all else that it can', async () => {
      await main.host.db('configuration setprop docker Socket /nowhere.sock');
      const { exitCode, stdout } = await main.host.run('docksmith', ['doctor']);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^bad {3}engine {2,}cannot reach the Docker engine at "\/nowhere.sock": no such/);
      expect(stdout).toMatch(/^ok {4}programs|^warn {2}programs/m);
      expect(await main.host.run('docksmith', ['status'])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('hint: ') as string,
      });
    });
  });
});
