import { rmSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { listOutdatedOverrides, rememberOverrides } from '../../../../src/flow/commit/overrides.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

const CUSTOM = '/etc/docksmith/templates-custom/etc/app.conf/20port';
const SHIPPED = 'package:templates/etc/app.conf/20port';

it("finds an admin's fragment whose original was changed after it was written, until it is edited", () => {
  const host = makeTempHost();
  host.write(SHIPPED, 'port 1\n');
  host.write('package:templates/etc/app.conf/30user', 'user a\n');
  host.write('package:templates/README.md', 'of the package\n');
  host.write('package:templates-custom/README.md', 'of the package\n');
  host.write(CUSTOM, 'port 9\n');
  host.write('/etc/docksmith/templates-custom/etc/app.conf/40own', 'own\n');
  expect(listOutdatedOverrides(host.paths)).toEqual([]);
  rememberOverrides(host.paths);
  expect(listOutdatedOverrides(host.paths)).toEqual([]);

  host.write(SHIPPED, 'port 1\nsecure yes\n');
  host.write('package:templates/etc/app.conf/30user', 'user b\n');
  host.write('package:templates/README.md', 'new\n');
  rememberOverrides(host.paths);
  expect(listOutdatedOverrides(host.paths)).toEqual([
    {
      custom: CUSTOM,
      shipped: host.file(SHIPPED),
      before: 'port 1\n',
      now: 'port 1\nsecure yes\n',
    },
  ]);

  host.write(CUSTOM, 'port 9\nsecure yes\n');
  expect(listOutdatedOverrides(host.paths)).toEqual([]);
  rememberOverrides(host.paths);
  host.write(SHIPPED, 'port 2\n');
  expect(listOutdatedOverrides(host.paths)).toHaveLength(1);
});

it('forgets a fragment that is gone, and writes nothing when nothing is new', () => {
  const host = makeTempHost();
  host.write(SHIPPED, 'port 1\n');
  const file = '/var/lib/docksmith/state/overrides.json';
  rememberOverrides(host.paths);
  expect(host.exists(file)).toBe(false);
  host.write(CUSTOM, 'port 9\n');
  rememberOverrides(host.paths);
  expect(host.mode(file)).toBe(0o600);
  const { ino } = statSync(host.file(file));
  rememberOverrides(host.paths);
  expect(statSync(host.file(file)).ino).toBe(ino);
  rmSync(host.file(CUSTOM));
  rememberOverrides(host.paths);
  expect(host.read(file)).not.toContain('20port');
});
