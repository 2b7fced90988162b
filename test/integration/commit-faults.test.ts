import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { planChanges } from '../../src/output/plan/change-set.ts';
import { commitChanges } from '../../src/output/commit/commit.ts';
import { installedUnder } from '../../src/output/plan/installed.ts';
import { readLedger } from '../../src/output/plan/ledger.ts';
import type { Rendered } from '../../src/template/rendered.ts';
import { needs } from '../support/needs.ts';
import { makeRendered, withContent } from '../support/rendered.ts';
import { TempHost } from '../support/temp-host.ts';

const a = makeRendered('/etc/a.conf', 'new\n');
const z = makeRendered('/mounted/z.conf', 'x'.repeat(100_000));

async function install(host: TempHost, rendered: readonly Rendered[]): Promise<void> {
  const ledger = readLedger(host.paths);
  await commitChanges(host.paths, planChanges(rendered, ledger, new Map(), installedUnder(host.paths)), {
    ledger,
    command: 'the test',
  });
}

// who may make a network namespace may mount, too
needs('namespace')('files on a file system that takes no more', () => {
  let host: TempHost;

  beforeEach(async () => {
    host = new TempHost();
    mkdirSync(host.file('/mounted'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', host.file('/mounted')]);
    await install(host, [withContent(a, 'old\n'), withContent(z, 'small\n')]);
  });
  afterEach(() => {
    execFileSync('umount', ['-l', host.file('/mounted')]);
    host.remove();
  });

  async function expectNothingDone(why: string): Promise<void> {
    const ledger = readLedger(host.paths);
    await expect(install(host, [a, z])).rejects.toThrow(
      `cannot install "/mounted/z.conf": ${why}; all files are again as they were before`,
    );
    expect([host.tree('/etc'), host.tree('/mounted'), readLedger(host.paths)]).toEqual([
      { '/etc/a.conf': 'old\n' },
      { '/mounted/z.conf': 'small\n' },
      ledger,
    ]);
  }

  it('since it is full: everything is as before', async () => {
    await expectNothingDone('no space left on device');
  });

  it('since it is read-only: everything is as before', async () => {
    execFileSync('mount', ['-o', 'remount,ro', host.file('/mounted')]);
    await expectNothingDone('read-only file system');
  });
});
