import { expect, it, onTestFinished } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';

/**
 * What an engine of 23.0 or newer prints and how it ends; it stands in for one, since the engine of the other
 * tests may be older.
 */
const NEWER = `#!/bin/sh
case "$1" in
--help) echo '      --validate                              Validate daemon configuration and exit';;
--validate) if grep -q 11m "$3"; then echo "unable to configure the Docker daemon with file $3: invalid max-size" >&2; exit 1; else echo 'configuration OK' >&2; fi;;
esac
`;
const OLDER =
  '#!/bin/sh\n[ "$1" = --help ] && echo "      --userns-remap string" || { echo "unknown flag: $1" >&2; exit 125; }\n';

async function makeHostWith(dockerd: string): Promise<{ host: Host; install: () => ReturnType<Host['run']> }> {
  const host = makeHost();
  onTestFinished(() => host.stop());
  host.write('/programs/dockerd', dockerd);
  await host.db('networks set 192.168.1.0 network Mask 255.255.255.0', 'configuration set LocalIP 192.168.1.2');
  const env = {
    DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}`,
    PATH: `${host.file('/programs')}:${process.env['PATH'] ?? ''}`,
  };
  return { host, install: () => host.run('signal-event', ['post-install'], { env }) };
}

it('options that the engine itself finds wrong are refused before anything is installed, with its words', async () => {
  const { host, install } = await makeHostWith(NEWER);
  await host.db('configuration set docker service LogMaxSize 11m');
  const { exitCode, stderr } = await install();
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringContaining(
      'unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid max-size',
    ),
  ]);
  expect(host.files('/').filter((file) => file === '/etc/docker/daemon.json')).toEqual([]);
  await host.db('configuration setprop docker LogMaxSize 12m');
  expect((await install()).exitCode).toBe(0);
  expect(host.read('/etc/docker/daemon.json')).toContain('12m');
});

it('an engine that cannot look at a file of options is not asked', async () => {
  const { host, install } = await makeHostWith(OLDER);
  expect((await install()).exitCode).toBe(0);
  expect(host.read('/etc/docker/daemon.json')).toContain('max-size');
});
