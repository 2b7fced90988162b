import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findDockerUnit, findExecStart } from '../../../src/facts/docker-unit.ts';
import { findPaths, type Paths } from '../../../src/paths.ts';

describe('the command of a unit', () => {
  it('is what ExecStart of its section Service says', () => {
    expect(findExecStart(['[Unit]\nExecStart=/not/this\n[Service]\nType=notify\nExecStart=/usr/bin/dockerd -H fd://\n[Install]\nExecStart=/nor/this\n'])).toBe('/usr/bin/dockerd -H fd://');
  });

  it('goes on after a backslash, over comments', () => {
    const text = '[Service]\nExecStart=/usr/bin/dockerd \\\n    # with systemd\n    -H fd:// \\\n  --containerd=/run/containerd/containerd.sock\nExecReload=/bin/kill -s HUP $MAINPID\n';
    expect(findExecStart([text])).toBe('/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock');
  });

  it('is taken back by an empty one, and then said anew', () => {
    expect(findExecStart(['[Service]\nExecStart=/a', '[Service]\nExecStart=\nExecStart=/b'])).toBe('/b');
    expect(findExecStart(['[Service]\nExecStart=/a', '[Service]\nExecStart='])).toBeUndefined();
  });
});

describe('the unit of the engine', () => {
  function makeRoot(files: Readonly<Record<string, string>>): Paths {
    const root = mkdtempSync(path.join(os.tmpdir(), 'docksmith-unit-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), content);
    }
    return findPaths({ DOCKSMITH_ROOT: root });
  }

  it('is not there on a host without one', () => {
    expect(findDockerUnit(makeRoot({}), new Set())).toBeUndefined();
  });

  it('is the admin\'s where there is one, else the package\'s', () => {
    const packaged = { '/lib/systemd/system/docker.service': '[Service]\nExecStart=/packaged\n' };
    expect(findDockerUnit(makeRoot(packaged), new Set())).toEqual({ path: '/lib/systemd/system/docker.service', execStart: '/packaged' });
    const both = { ...packaged, '/etc/systemd/system/docker.service': '[Service]\nExecStart=/own\n' };
    expect(findDockerUnit(makeRoot(both), new Set())).toEqual({ path: '/etc/systemd/system/docker.service', execStart: '/own' });
  });

  it('has the drop-ins of others laid over it, and not ours', () => {
    const paths = makeRoot({
      '/usr/lib/systemd/system/docker.service': '[Service]\nExecStart=/packaged\n',
      '/usr/lib/systemd/system/docker.service.d/10-proxy.conf': '[Service]\nExecStart=\nExecStart=/of the package\n',
      '/etc/systemd/system/docker.service.d/10-proxy.conf': '[Service]\nExecStart=\nExecStart=/of the admin\n',
      '/etc/systemd/system/docker.service.d/20-more.conf': '[Service]\nEnvironment=A=b\n',
      '/etc/systemd/system/docker.service.d/50-docksmith.conf': '[Service]\nExecStart=\nExecStart=/ours\n',
      '/etc/systemd/system/docker.service.d/60-notes.txt': '[Service]\nExecStart=\nExecStart=/no drop-in\n',
    });
    const owned = new Set(['/etc/systemd/system/docker.service.d/50-docksmith.conf']);
    expect(findDockerUnit(paths, owned)).toEqual({ path: '/usr/lib/systemd/system/docker.service', execStart: '/of the admin' });
  });

  it('is none when it is masked', () => {
    const paths = makeRoot({ '/lib/systemd/system/docker.service': '[Service]\nExecStart=/packaged\n', '/etc/systemd/system/other.service': '' });
    symlinkSync('/dev/null', paths.file('/etc/systemd/system/docker.service'));
    expect(findDockerUnit(paths, new Set())).toBeUndefined();
  });
});
