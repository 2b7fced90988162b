import path from 'node:path';
import type { Dockerd } from './dockerd.ts';
import type { Host } from './host.ts';

const DAEMON_JSON = '/etc/docker/daemon.json';
const SYSCONFIG = '/etc/sysconfig/docker';

/**
 * What the host's service manager is here: stops the private engine by its process id, and starts it with the
 * options as they are now. Where a file `/kill` is there, it kills who asked for it first.
 */
export function writeRestartScript(host: Host, { dir }: Dockerd): void {
  const pidFile = path.join(dir, 'docker.pid');
  const options = [
    '--config-file',
    host.file(DAEMON_JSON),
    '--exec-root',
    path.join(dir, 'exec'),
    '-p',
    pidFile,
    '--containerd-namespace',
    path.basename(dir),
    '--containerd-plugins-namespace',
    `plugins-${path.basename(dir)}`,
  ];
  host.write(
    '/stop-engine',
    `#!/bin/sh\nif [ -e ${host.file('/kill')} ]; then rm ${host.file('/kill')}; kill -KILL $(ps -o ppid= -p $PPID); exit 1; fi\npid=$(cat ${pidFile}) || exit 0\nkill "$pid"\nwhile kill -0 "$pid" 2>/dev/null; do sleep 0.1; done\n`,
  );
  host.write(
    '/start-engine',
    `#!/bin/sh\n. ${host.file(SYSCONFIG)}\nsetsid dockerd ${options.join(' ')} $OPTIONS >>${path.join(dir, 'dockerd.log')} 2>&1 </dev/null &\n`,
  );
  host.write(
    '/var/lib/docksmith/db/configuration',
    host
      .read('/var/lib/docksmith/db/configuration')
      .replace(/^(docker=service)/m, `$1|RestartCommand|${host.file('/stop-engine')}; ${host.file('/start-engine')}`),
  );
}
