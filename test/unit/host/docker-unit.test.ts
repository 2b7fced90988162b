import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findDockerUnit, readEnvironmentFiles } from '../../../src/host/docker-unit.ts';
import { findPaths, type Paths } from '../../../src/base/paths.ts';

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
    expect(findDockerUnit(makeRoot({}))).toBeUndefined();
  });

  it("is the admin's where there is one, else the package's", () => {
    const packaged = { '/lib/systemd/system/docker.service': '[Service]\nExecStart=/packaged\n' };
    expect(findDockerUnit(makeRoot(packaged))).toEqual({
      path: '/lib/systemd/system/docker.service',
      texts: [{ path: '/lib/systemd/system/docker.service', text: '[Service]\nExecStart=/packaged\n' }],
    });
    const both = { ...packaged, '/etc/systemd/system/docker.service': '[Service]\nExecStart=/own\n' };
    expect(findDockerUnit(makeRoot(both))).toMatchObject({
      path: '/etc/systemd/system/docker.service',
      texts: [{ text: '[Service]\nExecStart=/own\n' }],
    });
  });

  it('has the drop-ins of others laid over it, and not ours', () => {
    const paths = makeRoot({
      '/usr/lib/systemd/system/docker.service': '[Service]\nExecStart=/packaged\n',
      '/usr/lib/systemd/system/docker.service.d/10-proxy.conf': '[Service]\nExecStart=\nExecStart=/of the package\n',
      '/etc/systemd/system/docker.service.d/10-proxy.conf': '[Service]\nExecStart=\nExecStart=/of the admin\n',
      '/etc/systemd/system/docker.service.d/20-more.conf': '[Service]\nEnvironment=A=b\n',
      '/etc/systemd/system/docker.service.d/50-docksmith.conf': '[Service]\nExecStart=\nExecStart=/ours\n',
      '/run/systemd/system/docker.service.d/05-runtime.conf': '[Service]\n',
      '/usr/lib/systemd/system/service.d/30-all.conf': '[Service]\n',
      '/usr/lib/systemd/system/service.d/10-proxy.conf': '[Service]\n',
      '/etc/systemd/system/docker.service.d/60-notes.txt': '[Service]\nExecStart=\nExecStart=/no drop-in\n',
    });
    const owned = new Set(['/etc/systemd/system/docker.service.d/50-docksmith.conf']);
    const pathsOf = (unit: ReturnType<typeof findDockerUnit>): readonly string[] =>
      (unit?.texts ?? []).map(({ path: file }) => file);
    expect(pathsOf(findDockerUnit(paths, { without: owned }))).toEqual([
      '/usr/lib/systemd/system/docker.service',
      '/run/systemd/system/docker.service.d/05-runtime.conf',
      '/etc/systemd/system/docker.service.d/10-proxy.conf',
      '/etc/systemd/system/docker.service.d/20-more.conf',
      '/usr/lib/systemd/system/service.d/30-all.conf',
    ]);
    // as they will be
    const written = new Map([
      ['/etc/systemd/system/docker.service.d/50-docksmith.conf', 'new'],
      ['/etc/systemd/system/docker.service.d/15-new.conf', 'more'],
    ]);
    const planned = findDockerUnit(paths, {
      written,
      without: new Set(['/etc/systemd/system/docker.service.d/10-proxy.conf']),
    });
    expect(planned?.texts.map(({ text }) => text)).toEqual([
      expect.stringContaining('/packaged'),
      '[Service]\n',
      '[Service]\nExecStart=\nExecStart=/of the package\n',
      'more',
      '[Service]\nEnvironment=A=b\n',
      '[Service]\n',
      'new',
    ]);
  });

  it('is none when it is masked', () => {
    const paths = makeRoot({
      '/lib/systemd/system/docker.service': '[Service]\nExecStart=/packaged\n',
      '/etc/systemd/system/other.service': '',
    });
    symlinkSync('/dev/null', paths.file('/etc/systemd/system/docker.service'));
    expect(findDockerUnit(paths)).toBeUndefined();
  });

  it('has the environment files that a name or a pattern finds', () => {
    const paths = makeRoot({
      '/etc/sysconfig/docker': 'A=1\n',
      '/etc/sysconfig/docker-network': 'B=2\n',
      '/etc/sysconfig/other': 'C=3\n',
    });
    const read = (pattern: string): readonly string[] =>
      readEnvironmentFiles(paths, pattern, { written: new Map([['/etc/sysconfig/docker', 'A=new']]) }).map(
        ({ text }) => text,
      );
    expect([read('/etc/sysconfig/docker*'), read('/etc/sysconfig/other'), read('/etc/missing')]).toEqual([
      ['A=new', 'B=2\n'],
      ['C=3\n'],
      [''],
    ]);
  });
});
