import { lchownSync, mkdirSync, symlinkSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Installed, installedUnder } from '../../../../src/output/plan/installed.ts';
import { makeFolder } from '../../../support/folder.ts';
import { makeTempHost, type TempHost } from '../../../support/temp-host.ts';

const STRANGER = 12_345;

describe('what stands at the path of an output', () => {
  let host: TempHost;
  beforeEach(() => (host = makeTempHost()));
  const read = (path: string): Installed => installedUnder(host.paths)(path);

  it('is a file, or nothing', () => {
    host.write('/etc/motd', 'hello', 0o640);
    expect(read('/etc/motd')).toMatchObject({ kind: 'file', file: { mode: 0o640 } });
    expect(read('/etc/no/such')).toEqual({ kind: 'absent' });
  });

  it('is never a symbolic link, wherever it leads', () => {
    host.link('/etc/motd', '/etc/passwd');
    expect(read('/etc/motd')).toEqual({ kind: 'other', what: 'a symbolic link' });
  });

  it("may lie in a folder that is a link of the caller's own and stays under the root", () => {
    host.write('/srv/httpd/a.conf', 'a');
    host.link('/etc/httpd', '../srv/httpd');
    expect(read('/etc/httpd/a.conf').kind).toBe('file');
    expect(read('/etc/httpd/b.conf').kind).toBe('absent');
  });

  it('is refused where a folder above leads out of the root, however deep', () => {
    const outside = makeFolder();
    mkdirSync(host.file('/etc'));
    symlinkSync(outside, host.file('/etc/httpd'));
    expect(read('/etc/httpd/conf.d/a.conf')).toEqual({
      kind: 'other',
      what: 'a symbolic link above it that leads out of the root ("/etc/httpd")',
    });
    host.link('/etc/up', '../../..');
    expect(read('/etc/up/a.conf')).toMatchObject({
      what: 'a symbolic link above it that leads out of the root ("/etc/up")',
    });
  });

  it('is refused where a folder above leads nowhere', () => {
    host.link('/etc/httpd', 'nowhere');
    expect(read('/etc/httpd/conf.d/a.conf')).toEqual({
      kind: 'other',
      what: 'a symbolic link above it that leads nowhere ("/etc/httpd")',
    });
  });

  it.skipIf(process.getuid?.() !== 0)('is refused where another user has laid a link among the folders above', () => {
    host.write('/srv/site/a.conf', 'a');
    host.link('/home/ada/site', '../../srv/site');
    expect(read('/home/ada/site/a.conf').kind).toBe('file');
    lchownSync(host.file('/home/ada/site'), STRANGER, STRANGER);
    expect(read('/home/ada/site/a.conf')).toEqual({
      kind: 'other',
      what: `a symbolic link of user ${STRANGER} above it ("/home/ada/site")`,
    });
  });
});
