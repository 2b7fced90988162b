import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Apache, startApache } from '../support/apache.ts';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';

const SITES = '/etc/httpd/conf.d';
const FRAGMENTS = '/etc/docksmith/templates-custom/etc/httpd/docksmith/site';

needs('apache')('an event that expands vhosts', () => {
  let host: Host;
  let apache: Apache;
  beforeAll(async () => {
    host = makeHost();
    apache = await startApache({ include: [`${host.root}${SITES}/*.conf`] });
  });
  afterAll(async () => {
    await apache.stop();
    host.stop();
  });
  beforeEach(async () => {
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 127.0.0.1',
      'configuration set docker service Daemon foreign',
      'configuration set docksmith service ServiceManager command',
      `configuration set httpd service status enabled Layout redhat CheckCommand "${apache.checkCommand}" ReloadCommand "${apache.reloadCommand}"`,
      'docker_containers set wiki service status enabled Image app:1 SubDomain enabled WebPort 80',
      'docker_containers set git service status enabled Image app:1 SubDomain enabled WebPort 80',
    );
    await signal('docker-update');
  });
  afterEach(() => {
    for (const folder of ['/var/lib/docksmith', '/etc/httpd', '/etc/docksmith/containers', '/etc/docksmith/filter'])
      host.remove(folder);
  });

  const env = (): Readonly<Record<string, string>> => ({ DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` });
  const signal = (event: string, ...args: readonly string[]): Promise<string> =>
    host.runOrFail('signal-event', [event, ...args], { env: env() });
  const sites = (): Readonly<Record<string, string>> =>
    Object.fromEntries(host.files(SITES).map((name) => [name, host.read(name)]));

  it('is refused by Apache itself where it would not start again: at the fragment and record of the line, and all is as it was', async () => {
    expect(Object.keys(sites())).toEqual([
      `${SITES}/zz-docksmith-0-default.conf`,
      `${SITES}/zz-docksmith-2-git.conf`,
      `${SITES}/zz-docksmith-2-wiki.conf`,
    ]);
    const before = sites();
    host.write(
      `${FRAGMENTS}/45own`,
      '    # of one container\n{{#if (eq record.key "wiki")}}\n    NoSuchDirective {{record.key}}\n{{/if}}\n',
    );
    for (const [bin, ...args] of [
      ['signal-event', 'docker-update'],
      ['signal-event', 'docker-container-update', 'wiki'],
      ['expand-template', '/etc/httpd/docksmith/vhost'],
    ] as const) {
      const { exitCode, stderr } = await host.run(bin, args, { env: env() });
      expect([exitCode, sites()], stderr).toEqual([1, before]);
      expect(stderr).toMatch(
        new RegExp(
          `^docksmith: ${FRAGMENTS}/45own:3: cannot complete event "[a-z-]+": its check "apache-syntax" refuses the files \\(record wiki of docker_containers\\): exit code 1\nAH\\d+: Syntax error on line \\d+ of ${SITES}/zz-docksmith-2-wiki.conf:\nInvalid command 'NoSuchDirective'`,
          'm',
        ),
      );
    }
    expect((await apache.check()).exitCode).toBe(0);
    // what the event itself is not to blame for says no more than Apache
    host.remove('/etc/docksmith/templates-custom');
    host.write(`${SITES}/own.conf`, 'NoSuchDirective\n');
    await host.db('docker_containers setprop wiki SubDomainName other');
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update'], { env: env() });
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        new RegExp(
          `^docksmith: cannot complete event "docker-update": its check "apache-syntax" refuses the files: exit code 1\nAH\\d+: Syntax error on line 1 of ${SITES}/own.conf:`,
          'm',
        ),
      ),
    ]);
  });

  it('sees what clashes only with other files, and files that go', async () => {
    // each file by itself is well
    host.write(`${SITES}/zzz-own.conf`, `Include "${host.file(`${SITES}/zz-docksmith-2-git.conf`)}"\n`);
    await host.db('docker_containers setprop git SubDomain disabled');
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update'], { env: env() });
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining(`its check "apache-syntax" refuses the files: exit code 1`),
    ]);
    expect(Object.keys(sites())).toContain(`${SITES}/zz-docksmith-2-git.conf`);
    host.remove(`${SITES}/zzz-own.conf`);
    await signal('docker-update');
    expect(Object.keys(sites())).not.toContain(`${SITES}/zz-docksmith-2-git.conf`);
  });

  it('does not ask Apache where none of its files changes, nor where none is known; a dry run says that it would', async () => {
    await host.db(
      'configuration setprop httpd CheckCommand "echo asked; false"',
      'docker_containers setprop wiki MaxMemory 64',
    );
    expect(await signal('docker-update')).toContain('files: 1 installed');
    await host.db('docker_containers setprop wiki SubDomainName other');
    expect(await signal('--dry-run', 'docker-update')).toContain('\nwould check the files: apache-syntax\n');
    expect(await host.run('signal-event', ['docker-update'], { env: env() })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('exit code 1\nasked\n') as string,
    });
    await host.db('configuration setprop httpd CheckCommand ""');
    const { exitCode, stdout, stderr } = await host.run('signal-event', ['docker-update'], { env: env() });
    expect([exitCode, stderr, stdout.includes('apache-syntax')]).toEqual([0, '', false]);
    expect(await signal('--dry-run', 'docker-update')).not.toContain('would check');
  });
});
