import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeWebImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** Six services that only this host reaches. */
const LOOPBACK = `
services:
${['grafana', 'prometheus', 'loki', 'tempo', 'alerts', 'probe']
  .map(
    (name, n) => `  ${name}:
    image: web:1
    restart: unless-stopped
    ports: ["127.0.0.1:${18080 + n}:80"]
`,
  )
  .join('')}`;

/** A front that is published, and a back that only it reaches. */
const NETWORKS = `
services:
  front:
    image: web:1
    restart: unless-stopped
    ports: ["18090:80"]
    networks: [outside, inside]
  back:
    image: web:1
    restart: unless-stopped
    networks:
      inside: { aliases: [store] }
networks:
  outside: {}
  inside: { internal: true }
`;

/** Variables and folders beside the file. */
const BESIDE = `
services:
  app:
    image: web:1
    restart: unless-stopped
    env_file: [common.env, { path: missing.env, required: false }]
    environment:
      GREETING: \${GREETING:-none}
    volumes:
      - ./data:/data
      - ./conf/app.conf:/etc/app.conf:ro
`;

needs('dockerd')('applications of typical shapes', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });
  let host: Host;
  beforeAll(async () => {
    await makeWebImage(machine.engine, 'web:1', 'web');
    host = await machine.makeServer([
      'configuration set LocalIP 192.168.1.2',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled',
    ]);
    host.write('/opt/loopback/compose.yaml', LOOPBACK);
    host.write('/opt/networks/compose.yaml', NETWORKS);
    host.write('/opt/beside/compose.yaml', BESIDE);
    host.write('/opt/beside/.env', 'GREETING="hello # you" # for everybody\n');
    host.write('/opt/beside/common.env', 'export LEVEL = high\nPLAIN=a b # note\n');
    host.write('/opt/beside/conf/app.conf', 'setting\n');
  });

  const docker = (...args: readonly string[]): Promise<string> => machine.engine.docker(...args);
  const ask = async (url: string): Promise<string> => {
    const { stdout } = await machine.namespace.run('busybox', ['wget', '-q', '-O-', url]);
    return stdout.split('\n')[0] ?? '';
  };
  const inside = async (name: string, command: string): Promise<string> =>
    (await machine.engine.tryDocker('exec', name, '/bin/sh', '-c', command)).stdout.trim();

  async function expectAll(): Promise<void> {
    for (let n = 0; n < 6; n++) {
      expect(await ask(`http://127.0.0.1:${18080 + n}/`)).toBe('I am web');
      expect(await ask(`http://192.168.1.2:${18080 + n}/`)).toBe('');
    }
    expect(await ask('http://192.168.1.2:18090/')).toBe('I am web');
    expect(await inside('networks-front-1', 'wget -q -O- http://store/ | head -n 1')).toBe('I am web');
    expect(await docker('network', 'inspect', '--format', '{{.Internal}}', 'networks_inside')).toBe('true');
    expect(await inside('beside-app-1', 'echo "$LEVEL|$PLAIN|$GREETING"; cat /etc/app.conf; ls -d /data')).toBe(
      'high|a b|hello # you\nsetting\n/data',
    );
  }

  it('come over whole, are all up at the first event, and nothing is to be done at the second', async () => {
    for (const name of ['loopback', 'networks', 'beside']) {
      const said = await host.runOrFail('docksmith', ['adopt', '--json', '-f', host.file(`/opt/${name}/compose.yaml`)]);
      expect([name, (JSON.parse(said) as { readonly leftOut: readonly unknown[] }).leftOut]).toEqual([name, []]);
    }
    await host.runOrFail('signal-event', ['docker-update']);
    expect(Object.keys(await machine.listContainers())).toHaveLength(9);
    await expectAll();
    machine.proxy.reset();
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('S50docker-reconcile: nothing to do\n');
    expect(machine.proxy.listMutating()).toEqual([]);
  });

  it('are right after a reboot of the engine', async () => {
    await machine.engine.shutDown();
    await machine.engine.startAgain();
    await host.runOrFail('signal-event', ['docker-boot']);
    await expectAll();
    expect(await docker('ps', '--quiet', '--filter', 'status=running')).toMatch(/^(\w+\n){8}\w+$/);
    machine.proxy.reset();
    await host.runOrFail('signal-event', ['docker-update']);
    expect(machine.proxy.listMutating()).toEqual([]);
  });
});
