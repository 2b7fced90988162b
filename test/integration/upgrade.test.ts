import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findVersion, VERSION } from '../../src/files/state-file.ts';
import type { Host } from '../support/host.ts';
import { useMachine } from '../support/machine.ts';
import { listTouched, withoutRuns } from '../support/main-host.ts';
import { needs } from '../support/needs.ts';
import { giveReleaseRoot, layRelease, listReleases, RELEASE_ROOT, takeReleaseRoot } from '../support/release.ts';

const STATE = '/var/lib/docksmith/state';
/** What is in no form of docksmith's own: locks, contents by their digest, values of secrets. */
const WITHOUT_VERSION = /\.lock$|\/generations\/objects\/|\/secrets\/|\.operations$|\/history\/[^/]+\/(?!about)/;

const NOTHING = 'nothing to do\n';

/** By release, what CHANGELOG.md announces that the first event after an upgrade writes. */
const ANNOUNCED: Readonly<Record<string, readonly string[]>> = {};

needs('dockerd')('a server of an earlier release', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });
  let host: Host;
  beforeAll(takeReleaseRoot);
  afterAll(giveReleaseRoot);

  describe.each(listReleases())('%s', (version) => {
    beforeAll(async () => {
      await layRelease(version, machine);
      host = machine.makeHost({ root: RELEASE_ROOT });
      // the kernel's rules outlive an upgrade, and the network of this test is new
      await host.runOrFail('docksmith', ['firewall']);
    });
    afterAll(async () => {
      await machine.removeContainers();
      await machine.engine.docker('network', 'prune', '-f');
      machine.removeHosts();
      giveReleaseRoot();
      await takeReleaseRoot();
    });

    it('is taken over: nothing is asked of the engine, and no file is written but as announced', async () => {
      const [before, containers] = [host.snapshot(), await machine.listContainers()];
      machine.proxy.reset();
      expect(await host.run('docksmith', ['plan'])).toMatchObject({ exitCode: 0, stdout: NOTHING });
      for (const event of ['post-upgrade', 'docker-update'])
        expect(await host.run('signal-event', [event])).toMatchObject({ exitCode: 0 });
      expect(machine.proxy.listMutating()).toEqual([]);
      expect(await machine.listContainers()).toEqual(containers);
      expect(listTouched(withoutRuns(before), withoutRuns(host.snapshot()))).toEqual(ANNOUNCED[version] ?? []);
      expect(await host.run('docksmith', ['verify'])).toMatchObject({ exitCode: 0 });
      expect(await host.run('docksmith', ['status'])).toMatchObject({ exitCode: 0, stderr: '' });
    });

    it('has a version in each of its state files; a newer one is refused in words, and nothing is changed', async () => {
      const files = readdirSync(host.file(STATE), { recursive: true, encoding: 'utf8' })
        .map((name) => path.posix.join(STATE, name))
        .filter((file) => statSync(host.file(file)).isFile() && !WITHOUT_VERSION.test(file));
      expect(files.filter((file) => !(Number(findVersion(host.read(file))) <= VERSION))).toEqual([]);
      // those of single runs, generations and files are refused by who asks for them
      const deciding = files.filter((file) => /\/state\/[^/]+$|\/dbs$/.test(file));
      expect(deciding.length).toBeGreaterThan(5);
      for (const file of deciding) {
        const old = readFileSync(host.file(file));
        writeFileSync(
          host.file(file),
          old.toString('latin1').replace(/^(\{"version":|docksmith [a-z]+ )\d+/, `$1${VERSION + 1}`),
          'latin1',
        );
        const before = host.snapshot();
        machine.proxy.reset();
        for (const words of [['signal-event', 'docker-update'], ...(file.endsWith('ledger') ? [['reconcile']] : [])])
          expect(await host.run('docksmith', words)).toMatchObject({
            exitCode: 1,
            stderr: expect.stringContaining(
              `a newer docksmith wrote it: it has version ${VERSION + 1}, and this program knows ${VERSION}`,
            ) as string,
          });
        expect(machine.proxy.listMutating()).toEqual([]);
        expect(listTouched(withoutRuns(before), withoutRuns(host.snapshot()))).toEqual([]);
        writeFileSync(host.file(file), old);
      }
      expect(await host.run('docksmith', ['plan'])).toMatchObject({ exitCode: 0, stdout: NOTHING });
    });

    it('goes on: one container is changed, and rolled back to a generation of the old version', async () => {
      const containers = await machine.listContainers();
      const generation = /^(\d+) /m.exec(await host.runOrFail('docksmith', ['history']))?.[1] ?? '';
      await host.db('docker_containers setprop wikidb MaxMemory 96');
      expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('update wikidb: memory 128m -> 96m');
      const back = await host.runOrFail('docksmith', ['rollback', '--yes', generation]);
      expect(back).toContain('update wikidb: memory 96m -> 128m');
      expect(back).not.toContain('will differ');
      expect(await machine.listContainers()).toEqual(containers);
      // two of its changes back
      const older = await host.runOrFail('docksmith', ['rollback', '--yes', String(Number(generation) - 2)]);
      expect(older).toContain('update wikidb: memory 128m -> 64m');
      expect(older).toContain('recreate inner: environment A removed');
      expect(await host.run('docksmith', ['plan'])).toMatchObject({ exitCode: 0, stdout: NOTHING });
    });
  });
});
