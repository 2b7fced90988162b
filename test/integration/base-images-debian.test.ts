import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeHost } from '../support/host.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** The mirror that this machine's apt uses, and its suite. */
const [mirror = '', suite = ''] =
  spawnSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI) $(CODENAME)', 'Created-By: Packages', 'Component: main'],
    { encoding: 'utf8' },
  )
    .stdout.split('\n')[0]
    ?.split(' ') ?? [];
const CODE =
  'fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))';
/** It takes minutes, and asks a server that is not the test's own. */
const isAsked = process.env['DOCKSMITH_TEST_DEBIAN'] === 'yes';
const isReachable =
  isAsked &&
  mirror !== '' &&
  spawnSync(process.execPath, ['-e', CODE, `${mirror}dists/${suite}/InRelease`]).status === 0;

if (isReachable)
  needs('dockerd', 'debootstrap')('a base image of Debian', () => {
    const machine = useMachine();

    it('is installed, tested, given its tag, and not made again with nothing changed', async () => {
      // on this machine's network: that of the engine has no way out
      const host = makeHost({ env: { DOCKER_HOST: `unix://${machine.proxy.socket}` } });
      onTestFinished(() => host.stop());
      await host.db(
        'configuration set LocalIP 192.168.1.2',
        'configuration set docker service status enabled Daemon foreign',
        `repositories set debian repository BaseURL ${mirror}`,
        `repositories set updates repository BaseURL ${mirror} Suite ${suite}-updates`,
        `docker_images set base service Source installroot Installer debootstrap Suite ${suite} Repositories debian,updates Packages less Smoke 'dpkg --audit && apt-get check'`,
      );
      const made = await host.runOrFail('docksmith', ['update-images', 'base']);
      expect(made).toMatch(
        /^build base:latest: asked for, by debootstrap from debian, updates\nbase:latest: none -> sha256:/,
      );
      const script =
        '. /etc/os-release; echo $VERSION_CODENAME; cat /etc/apt/sources.list /etc/hostname; ls /usr/share/doc /var/lib/apt/lists /var/log; cat /etc/debian_version';
      const said = await machine.engine.docker(
        'run',
        '--rm',
        '--network',
        'none',
        '--hostname',
        'x',
        'base',
        'sh',
        '-c',
        script,
      );
      expect(said).toContain(`deb ${mirror} ${suite} main\ndeb ${mirror} ${suite}-updates main\n`);
      expect(said).toMatch(/\/usr\/share\/doc:\n\n\/var\/lib\/apt\/lists:\n\n\/var\/log:\n/);
      const version = said.split('\n').at(-1) ?? '';
      const size = Number(await machine.engine.docker('image', 'inspect', '--format', '{{.Size}}', `base:${version}`));
      expect(size).toBeLessThan(150e6);
      machine.proxy.reset();
      expect(await host.runOrFail('docksmith', ['update-images', 'base'])).toContain(', nothing newer\n');
      expect(machine.proxy.listMutating()).toEqual([]);
    }, 600_000);
  });
else
  describe.skip(
    isAsked
      ? `a base image of Debian (skipped: data of this machine's mirror "${mirror}" cannot be had)`
      : 'a base image of Debian (skipped: full size, DOCKSMITH_TEST_DEBIAN=yes)',
    () => it('is not run', () => undefined),
  );
