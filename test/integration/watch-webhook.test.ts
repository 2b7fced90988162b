import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Apache, startApache } from '../support/apache.ts';
import { type Host, makeHost } from '../support/host.ts';
import { request } from '../support/http.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { startWatcher, type Watcher } from '../support/watcher.ts';

const TOKEN = 'a token of twenty-two characters';

needs('apache')('a webhook behind Apache, and the service of a service manager', () => {
  let namespace: Namespace;
  let foreign: Namespace;
  let host: Host;
  let apache: Apache;
  let watcher: Watcher | undefined;
  beforeAll(async () => {
    namespace = await makeNamespace();
    foreign = await namespace.connect('203.0.113.1/24', '203.0.113.9/24');
    host = makeHost({ namespace, env: { DOCKSMITH_ENGINE: undefined } });
    apache = await startApache({ namespace, include: [`${host.root}/sites/*.conf`] });
    host.write('/etc/docksmith/events/woken/S50note', '#!/bin/sh\necho "$2" >> "$DOCKSMITH_ROOT/runs"\n');
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 203.0.113.1',
      'configuration set docker service status enabled Daemon foreign Filter disabled',
      `configuration set httpd service status enabled ConfDir /sites DocumentRoot ${apache.dir}/htdocs CheckCommand true ReloadCommand true`,
      'configuration set docksmith service status enabled ServiceManager systemd',
      `secrets set hook secret Value "${TOKEN}"`,
    );
  });
  afterAll(async () => {
    await watcher?.kill();
    await apache.stop();
    namespace.remove();
    host.stop();
  });

  const env = (): { readonly env: Readonly<Record<string, string>> } => ({
    env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` },
  });
  const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update'], env());
  const FILES = [
    '/etc/systemd/system/docksmith-watch.service',
    '/etc/systemd/system/multi-user.target.d/docksmith-watch.conf',
    '/sites/zz-docksmith-1-primary.conf',
  ];
  const installed = (): readonly string[] => host.files().filter((file) => FILES.includes(file));

  it('are not there without a watch, come with the first, and go with the last', async () => {
    await update();
    expect(installed()).toEqual([]);
    await host.db('watches set push webhook Event woken Args push Token hook');
    await update();
    expect(installed()).toEqual(FILES);
    expect(host.read(FILES[0] ?? '')).toContain("ExecStart=/bin/sh -c 'exec docksmith watch'\nRestart=always\n");
    expect(host.read(FILES[1] ?? '')).toContain('[Unit]\nWants=docksmith-watch.service\n');
    await host.db('watches setprop push status disabled');
    await update();
    expect(installed()).toEqual([]);
    await host.db('watches setprop push status enabled', 'configuration setprop docksmith ServiceManager sv');
    await update();
    expect(host.read('/etc/service/docksmith-watch/run')).toMatch(/^#!\/bin\/sh\n(#.*\n)*exec docksmith watch 2>&1\n$/);
  });

  it('is called from outside by its path on the primary host', async () => {
    expect(await apache.check()).toMatchObject({ exitCode: 0 });
    await apache.graceful();
    watcher = startWatcher(host, namespace);
    const call = async (token: string): Promise<number> => {
      const answer = await request({
        namespace: foreign,
        address: '203.0.113.1',
        port: 80,
        host: 'host.example.test',
        method: 'POST',
        path: '/docksmith-hooks/push',
        headers: { Authorization: `Bearer ${token}`, 'Content-Length': '2' },
        body: '{}',
      });
      return answer.status;
    };
    await expect.poll(() => call('wrong'), { timeout: 20_000 }).toBe(403);
    expect(await call(TOKEN)).toBe(202);
    await expect
      .poll(() => host.files('/').includes('/runs') && host.read('/runs'), { timeout: 20_000 })
      .toBe('push\n');
  });
});
