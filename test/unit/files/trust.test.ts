import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { listSteps } from '../../../src/event/steps.ts';
import { readMetadata } from '../../../src/template/read-metadata.ts';
import { refuseUntrusted } from '../../../src/files/trust.ts';
import { makeTempHost, type TempHost } from '../../support/temp-host.ts';

const STRANGER = 12_345;
const asRoot = it.skipIf(process.getuid?.() !== 0);

describe('an executable', () => {
  let host: TempHost;
  let file: string;
  beforeEach(() => {
    host = makeTempHost();
    file = host.write('/etc/docksmith/events/x/S50run', '#!/bin/sh\n', 0o755);
  });
  const refuse =
    (name = file) =>
    (): void =>
      refuseUntrusted(name, 'step "S50run"');

  it('that only its owner can write is run', () => {
    expect(refuse()).not.toThrow();
  });

  it('that everybody can write is refused, with the remedy', () => {
    chmodSync(file, 0o757);
    expect(refuse()).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^cannot run step "S50run": everybody can write ".*\/S50run"/) as string,
        hint: `chmod go-w ${file}`,
      }) as Error,
    );
  });

  it('in a folder that everybody can write is refused, however far above it', () => {
    for (const folder of [path.dirname(file), host.file('/etc/docksmith'), host.file('/etc')]) {
      chmodSync(folder, 0o777);
      expect(refuse()).toThrow(`everybody can write "${folder}"`);
      chmodSync(folder, 0o755);
    }
    expect(refuse()).not.toThrow();
  });

  const withAcl = it.skipIf(process.getuid?.() !== 0 || spawnSync('getfacl', ['--version']).error !== undefined);
  withAcl.each(['the file', 'its folder', 'a folder above'])(
    'that an ACL lets another user write is refused (%s), and is run where it lets them read',
    (where) => {
      const part = where === 'the file' ? file : where === 'its folder' ? path.dirname(file) : host.file('/etc');
      execFileSync('setfacl', ['-m', `u:${STRANGER}:rx`, part]);
      expect(refuse()).not.toThrow();
      execFileSync('setfacl', ['-m', `u:${STRANGER}:rwx`, part]);
      expect(refuse()).toThrow(
        expect.objectContaining({
          message: expect.stringContaining(`user ${STRANGER} (by its ACL) can write "${part}"`) as string,
          hint: `chmod go-w ${part}`,
        }) as Error,
      );
      // the remedy takes it from the ACL's mask
      chmodSync(part, statSync(part).mode & 0o755);
      expect(refuse()).not.toThrow();
      execFileSync('setfacl', ['-b', '-m', `g:${STRANGER}:rwx`, part]);
      expect(refuse()).toThrow(`group ${STRANGER} (by its ACL) can write "${part}"`);
    },
  );

  it('in a sticky folder, where users replace only their own files, is run', () => {
    chmodSync(path.dirname(file), 0o1777);
    expect(refuse()).not.toThrow();
  });

  it('is refused for what a symbolic link leads to', () => {
    const target = host.write('/srv/shared/run', '#!/bin/sh\n', 0o755);
    host.link('/etc/docksmith/events/x/S60link', target);
    const link = host.file('/etc/docksmith/events/x/S60link');
    expect(refuse(link)).not.toThrow();
    chmodSync(target, 0o777);
    expect(refuse(link)).toThrow(`everybody can write "${target}"`);
    chmodSync(target, 0o755);
    chmodSync(path.dirname(target), 0o777);
    expect(refuse(link)).toThrow(`everybody can write "${path.dirname(target)}"`);
  });

  it('is refused where a folder on the way is a link into one that others write', () => {
    mkdirSync(host.file('/srv/open/x'), { recursive: true });
    host.write('/srv/open/x/S50run', '#!/bin/sh\n', 0o755);
    host.link('/etc/docksmith/linked', host.file('/srv/open/x'));
    chmodSync(host.file('/srv/open'), 0o777);
    expect(refuse(host.file('/etc/docksmith/linked/S50run'))).toThrow(
      `everybody can write "${host.file('/srv/open')}"`,
    );
  });

  it('that names an action by a link that leads nowhere is judged by the link', () => {
    host.link('/etc/docksmith/events/x/S70named', '../actions/named');
    expect(refuse(host.file('/etc/docksmith/events/x/S70named'))).not.toThrow();
    chmodSync(path.dirname(file), 0o777);
    expect(refuse(host.file('/etc/docksmith/events/x/S70named'))).toThrow('everybody can write');
  });

  it('of the package is looked at as any other', () => {
    const shipped = host.write('package:events/x/S50run', '#!/bin/sh\n', 0o777);
    expect(refuse(shipped)).toThrow(`everybody can write "${shipped}"`);
    chmodSync(shipped, 0o755);
    expect(refuse(shipped)).not.toThrow();
  });

  asRoot("of another user is refused, and so is one in another user's folder", () => {
    chownSync(file, STRANGER, 0);
    expect(refuse()).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(`user ${STRANGER} can write "${file}"`) as string,
        hint: `chown 0 ${file}`,
      }) as Error,
    );
    chownSync(file, 0, 0);
    chownSync(path.dirname(file), STRANGER, 0);
    expect(refuse()).toThrow(`user ${STRANGER} can write "${path.dirname(file)}"`);
  });

  asRoot('that a group can write is refused, unless nobody but root is in it', () => {
    chmodSync(file, 0o775);
    expect(refuse()).not.toThrow();
    chownSync(file, 0, STRANGER);
    expect(refuse()).toThrow(`group ${STRANGER} can write "${file}"`);
  });
});

describe('a CHECK, which is a command line', () => {
  const CHECK = 'CHECK = true %s\n';

  it('is refused in metadata that others can write, and metadata without one is not', () => {
    const host = makeTempHost();
    const metadata = host.write('/etc/docksmith/templates.metadata/etc/motd', 'PERMS = 0600\n', 0o666);
    expect(readMetadata(host.paths, '/etc/motd').mode).toBe(0o600);
    host.write('/etc/docksmith/templates.metadata/etc/motd', CHECK, 0o666);
    expect(() => readMetadata(host.paths, '/etc/motd')).toThrow('everybody can write');
    host.write('/etc/docksmith/templates.metadata/etc/motd', '"\\u0043HECK" = true\n', 0o666);
    expect(() => readMetadata(host.paths, '/etc/motd')).toThrow('everybody can write');
    host.write('/etc/docksmith/templates.metadata/etc/motd', CHECK, 0o666);
    expect(() => readMetadata(host.paths, '/etc/motd')).toThrow(
      'cannot run the CHECK of "/etc/docksmith/templates.metadata/etc/motd": everybody can write',
    );
    chmodSync(metadata, 0o644);
    expect(readMetadata(host.paths, '/etc/motd').check).toBe('true %s');
  });

  it('is refused in what an event says of a template, where others can write that', () => {
    const host = makeTempHost();
    host.write('/etc/docksmith/events/x/templates2expand/etc/motd', CHECK, 0o666);
    expect(() => listSteps(host.paths, 'x')).toThrow(
      'cannot run what "/etc/docksmith/events/x/templates2expand/etc/motd" says: everybody can write',
    );
    host.write('/etc/docksmith/events/x/templates2expand/etc/motd', '', 0o666);
    expect(listSteps(host.paths, 'x').steps).toHaveLength(1);
  });
});
