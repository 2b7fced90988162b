import path from 'node:path';
import { expect, it } from 'vitest';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

const HERE = import.meta.dirname;

/**
 * A /dev of its own, with a place for the socket and nothing of the machine's state: docksmith talks to
 * syslog only where it has no root.
 */
const INSIDE = `set -e
mkdir "$0/dev" && mount --bind /dev "$0/dev" && mount -t tmpfs tmpfs /dev
for name in null zero random urandom; do : > "/dev/$name" && mount --bind "$0/dev/$name" "/dev/$name"; done
mount -t tmpfs tmpfs /var/lib
exec "$@"`;

// who may make a network namespace may mount, too
needs('namespace')('what syslog is told of changes', () => {
  it('has who changed which record to what, and no secret', async () => {
    const folder = makeTemporaryFolder('syslog');
    try {
      const db = path.join(HERE, '../../bin/db.js');
      const batches = [
        ['secrets', 'set pw secret Value Hush-of-secrets\nsetprop pw Value Hush-again\n'],
        [
          'docker_images',
          'set wiki service Repository wiki RegistryUser me RegistryPassword Hush-of-registry\nsetprop wiki RegistryPassword Hush-another\n',
        ],
        [
          'docker_containers',
          'set wiki service Env.API_TOKEN Hush-of-env Env MODE=a,DB_PASSWORD=Hush-listed Env.DB postgres://u:Hush-in-url@db/x\n',
        ],
        ['docker_images', 'setprop wiki Tag LAST\n'],
      ];
      const { exitCode, stdout, stderr } = await run(
        'unshare',
        [
          '--mount',
          'sh',
          '-c',
          INSIDE,
          folder,
          process.execPath,
          path.join(HERE, '../support/syslog.js'),
          db,
          ...batches.flat(),
        ],
        {
          env: { DOCKSMITH_ROOT: undefined, DBPATH: path.join(folder, 'db'), SUDO_USER: undefined },
        },
      );
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/docksmith-db: .*\/db\/secrets: NEW pw=\*{8}\|Value\|\*{8} \(by root\)/);
      expect(stdout).toMatch(
        /docker_images: NEW wiki=service\|RegistryPassword\|\*{8}\|RegistryUser\|me\|Repository\|wiki \(by root\)/,
      );
      expect(stdout).toMatch(
        /docker_containers: NEW wiki=service\|.*DB_PASSWORD=\*{8}\|Env\.API_TOKEN\|\*{8}\|Env\.DB\|postgres:\/\/u:\*{8}@db\/x/,
      );
      expect(stdout).toMatch(/\|Tag\|LAST/);
      expect(stdout).not.toContain('Hush');
    } finally {
      removeFolder(folder);
    }
  });
});
