import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

needs('dockerd')('what somebody did to containers by hand', () => {
  const machine = useMachine({ clears: true });
  let host: Host;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1', { changes: ['VOLUME /state'] });
  });

  async function makeOwnHost(...lines: readonly string[]): Promise<void> {
    host = await machine.makeServer([
      'configuration set LocalIP 127.0.0.1',
      'configuration set docker service status enabled Daemon foreign',
      ...lines,
    ]);
    await host.runOrFail('signal-event', ['docker-update']);
  }
  /** `name id state` */
  const list = async (): Promise<readonly string[]> =>
    (await machine.engine.docker('ps', '--all', '--format', '{{.Names}} {{.ID}} {{.State}}')).split('\n').sort();
  const WIKI = 'docker_containers set wiki service status enabled Image sleep:1 TCPPort 18080 access public';

  it('another name: the next event gives the name back, and makes no second one', async () => {
    await makeOwnHost(WIKI, 'docker_containers set blog service status enabled Image sleep:1');
    const before = await list();
    await machine.engine.docker('rename', 'wiki', 'wiki-mine');
    expect(await host.runOrFail('docksmith', ['status'])).toMatch(
      /^wiki +running[^]*wiki: the engine calls it wiki-mine; the next event gives it its name back/m,
    );
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(
      'rename wiki: it was renamed to wiki-mine',
    );
    expect(await list()).toEqual(before);
    // each with the other's
    await machine.engine.docker('rename', 'wiki', 'between');
    await machine.engine.docker('rename', 'blog', 'wiki');
    await machine.engine.docker('rename', 'between', 'blog');
    await host.runOrFail('signal-event', ['docker-container-update', 'wiki']);
    expect(await list()).toEqual(before);
    // put aside by hand as a recreate would: it is still the one whose port it is
    await machine.engine.docker('rename', 'wiki', 'wiki.docksmith-old');
    await host.db('docker_containers setprop blog Env A=1');
    await host.runOrFail('signal-event', ['docker-update']);
    expect((await list()).map((line) => line.replace(/ \w+ /, ' '))).toEqual(['blog running', 'wiki running']);
  }, 180_000);

  it('another name, and a foreign container in its place: refused, and nothing is done', async () => {
    await makeOwnHost(WIKI);
    await machine.engine.docker('rename', 'wiki', 'wiki-mine');
    await machine.engine.docker('run', '--detach', '--name', 'wiki', 'sleep:1');
    const before = await list();
    expect(await host.run('signal-event', ['docker-update'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot give container "wiki-mine" its name "wiki" back') as string,
    });
    expect(await list()).toEqual(before);
  }, 120_000);

  it('a copy of it, run from an image that was committed from it, is not ours', async () => {
    await makeOwnHost(WIKI);
    await machine.engine.docker('commit', 'wiki', 'copied:1');
    await machine.engine.docker('run', '--detach', '--name', 'wiki-copy', 'copied:1');
    const before = await list();
    expect(await host.runOrFail('signal-event', ['docker-update'])).not.toContain('wiki-copy');
    expect(await list()).toEqual(before);
    // not in its place either
    await machine.engine.docker('rm', '--force', 'wiki');
    await machine.engine.docker('rename', 'wiki-copy', 'wiki');
    expect(await host.run('signal-event', ['docker-update'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('that docksmith does not own') as string,
    });
  }, 120_000);

  it('stopped, paused, killed, removed, limited, taken off its network: the next event puts it right, at the first try', async () => {
    await makeOwnHost(
      'docker_containers set wiki service status enabled Image sleep:1 MaxMemory 64 Interlinked blog:b',
      'docker_containers set blog service status enabled Image sleep:1',
    );
    const [id] = (await list()).filter((line) => line.startsWith('wiki ')).map((line) => line.split(' ')[1] ?? '');
    const network =
      (
        await machine.engine.docker(
          'inspect',
          '--format',
          '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}',
          'wiki',
        )
      )
        .trim()
        .split(' ')
        .find((name) => name.startsWith('docksmith-')) ?? '';
    for (const args of [
      ['stop', 'wiki'],
      ['pause', 'wiki'],
      ['kill', 'wiki'],
      ['update', '--memory', '32m', '--memory-swap', '64m', 'wiki'],
      ...(network === '' ? [] : [['network', 'disconnect', network, 'wiki']]),
    ]) {
      await machine.engine.docker(...args);
      expect([args, (await host.run('signal-event', ['docker-update'])).exitCode]).toEqual([args, 0]);
      expect([args, (await list()).find((line) => line.startsWith('wiki '))]).toEqual([
        args,
        `wiki ${id ?? ''} running`,
      ]);
      expect([args, await host.runOrFail('docksmith', ['reconcile', '--dry-run'])]).toEqual([
        args,
        expect.stringMatching(/^nothing to do$/m),
      ]);
    }
    // the new one of a recreate that was interrupted, with the old one aside
    await machine.engine.docker('rename', 'wiki', 'wiki.docksmith-old');
    await machine.engine.docker('stop', 'wiki.docksmith-old');
    await host.runOrFail('signal-event', ['docker-update']);
    expect((await list()).map((line) => line.replace(/ \w+ /, ' '))).toEqual(['blog running', 'wiki running']);
    await machine.engine.docker('rm', '--force', 'wiki');
    await host.runOrFail('signal-event', ['docker-update']);
    expect((await list()).map((line) => line.replace(/ \w+ /, ' '))).toEqual(['blog running', 'wiki running']);
  }, 240_000);
});
