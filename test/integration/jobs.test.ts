import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** Ends as the file `end` in its volume says, and counts its runs there. */
const JOB = `#!/bin/sh
echo run >> /data/runs
echo "began with $WORD"
trap 'exit 143' TERM
while [ ! -e /data/end ]; do sleep 0.1; done
echo "said to standard error" >&2
code=$(cat /data/end)
rm /data/end
exit $code
`;

needs('dockerd')('jobs on a real engine', () => {
  const machine = useMachine();
  let host: Host;
  beforeAll(async () => {
    host = machine.makeHost();
    for (const version of ['1', '2'])
      await makeImage(machine.engine, `job:${version}`, {
        cmd: ['/job'],
        files: { '/job': JOB, '/data/readme': version },
      });
  });
  afterEach(async () => {
    await machine.forgetContainers(host);
    await machine.engine.docker('volume', 'rm', '--force', 'job-data');
  });

  const set = (...lines: readonly string[]): Promise<void> =>
    host.db(...lines.map((line) => `docker_containers ${line}`));
  const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update']);
  const start = (): Promise<string> => host.runOrFail('signal-event', ['docker-container-start', 'backup']);
  const inspect = (format: string): Promise<string> => machine.engine.docker('inspect', '--format', format, 'backup');
  const state = (): Promise<string> => inspect('{{.State.Status}} {{.State.ExitCode}}');
  const status = (...names: readonly string[]): Promise<string> => host.runOrFail('docksmith', ['status', ...names]);
  const exec = (...command: readonly string[]): Promise<string> => machine.engine.docker('exec', 'backup', ...command);
  const end = async (code: number): Promise<void> => {
    await exec('sh', '-c', `echo ${code} > /data/end`);
    await expect.poll(state, { timeout: 10_000 }).toBe(`exited ${code}`);
  };
  const make = async (): Promise<void> => {
    await set('set backup service status enabled Image job:1 Role job Volumes job-data:/data Env WORD=one');
    await update();
  };

  it('is created and not started, runs when it is asked to, and says how that went', async () => {
    await make();
    expect(await state()).toBe('created 0');
    expect(await inspect('{{.HostConfig.RestartPolicy.Name}}')).toBe('no');
    expect(await status()).toMatch(/^backup +job/m);
    expect(await update()).toContain('nothing to do');
    expect(await start()).toContain('start backup: asked for');
    expect(await status()).toMatch(/^backup +running/m);
    await end(0);
    expect(await status()).toMatch(/^backup +finished +0/m);
    expect(await status('backup')).toMatch(
      /ended +\S+ \S+ with exit code 0\n[^]* {2}output +began with one\n +said to standard error\n/,
    );
    expect(await host.runOrFail('docksmith', ['logs', 'backup'])).toContain('began with one');
    expect(await update()).toContain('nothing to do');
    expect(await host.runOrFail('signal-event', ['docker-boot'])).not.toContain('backup');
    expect(await state()).toBe('exited 0');
  });

  it('fails with its exit code, which status calls by name, and which no event mends', async () => {
    await make();
    await start();
    await end(3);
    expect(await status()).toMatch(/^backup +failed +3/m);
    expect(await status()).toContain('backup: its last run ended with exit code 3; docksmith logs -n 20 backup');
    expect(await update()).toContain('nothing to do');
    expect(await start()).toContain('start backup: asked for');
    await end(0);
    // of its last run alone
    expect(await status('backup')).toMatch(/output +began with one\n +said to standard error\n(?!.*began)/);
  });

  it('runs never twice at once', async () => {
    await make();
    await start();
    expect(await start()).toContain('backup runs already: it is a job, and never runs twice at once');
    expect(await exec('cat', '/data/runs')).toBe('run');
    await end(0);
  });

  it('is not taken down for a change while it runs, and recreated by its next start', async () => {
    await make();
    await start();
    const id = await inspect('{{.Id}}');
    await set('setprop backup Env WORD=two Image job:2');
    expect(await update()).toMatch(/backup runs, and is a job: recreated after it, by the next event or start: .*WORD/);
    expect(await inspect('{{.Id}} {{.State.Running}}')).toBe(`${id} true`);
    await end(0);
    expect(await start()).toMatch(/recreate backup: .*\n.*start backup: asked for/);
    expect(await exec('sh', '-c', 'echo $WORD; cat /data/runs')).toBe('two\nrun\nrun');
    // who asks for a restart has it end
    await set('setprop backup Env WORD=three');
    expect(await update()).toContain('backup runs, and is a job');
    expect(await host.runOrFail('signal-event', ['docker-container-restart', 'backup'])).toMatch(
      /recreate backup: .*\n.*start backup: asked for/,
    );
    expect(await exec('sh', '-c', 'echo $WORD')).toBe('three');
    await end(0);
    expect(await update()).toContain('nothing to do');
  });

  it('is created and started at once where it is not there yet', async () => {
    await make();
    await machine.engine.docker('rm', 'backup');
    expect(await start()).toMatch(/create backup: not there\n.*start backup: asked for/);
    await end(0);
  });

  it('becomes one from a service, and a service from one', async () => {
    await set('set backup service status enabled Image job:1 Volumes job-data:/data Env WORD=one');
    await update();
    const id = await inspect('{{.Id}}');
    await set('setprop backup Role job');
    expect(await update()).toContain('stop backup: its Role is job');
    expect(await update()).toContain('nothing to do');
    await set('setprop backup Role service');
    expect(await update()).toContain('start backup: ');
    expect(await inspect('{{.Id}} {{.HostConfig.RestartPolicy.Name}}')).toBe(`${id} unless-stopped`);
  });

  it('is refused where somebody would have to reach it', async () => {
    await set('set backup service status enabled Image job:1 Role job SubDomain enabled WebPort 80');
    await set('set shop service status enabled Image job:1 Interlinked backup');
    const { stderr } = await host.run('signal-event', ['docker-update']);
    expect(stderr).toContain(
      'cannot give container "backup" a web address: its Role is job, and it runs only when it is asked to',
    );
    expect(stderr).toContain('cannot link container "shop" with "backup": the Role of "backup" is job');
  });
});
