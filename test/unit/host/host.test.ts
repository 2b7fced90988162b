import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readHostFacts } from '../../../src/host/host.ts';
import { findPortsInFiles, parsePortNumbers } from '../../../src/host/ports-in-files.ts';
import { readFacts } from '../../../src/host/read-facts.ts';
import { findPaths, type Paths } from '../../../src/base/paths.ts';

function makeRoot(...folders: readonly string[]): Paths {
  const root = mkdtempSync(path.join(os.tmpdir(), 'docksmith-host-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of folders) mkdirSync(path.join(root, folder), { recursive: true });
  return findPaths({ DOCKSMITH_ROOT: root });
}

describe('what kind of host it is', () => {
  it('is nothing in particular in an empty folder', () => {
    expect(readHostFacts(makeRoot())).toEqual({
      apacheLayout: undefined,
      hasApache: false,
      isDebian: false,
      hasSmeHome: false,
      serviceManager: undefined,
    });
  });

  it.each([
    ['redhat', ['/etc/httpd/conf.d']],
    ['debian', ['/etc/apache2/sites-enabled']],
    ['sme', ['/etc/httpd/conf.d', '/etc/e-smith']],
  ])('has the layout %s of Apache by its folders', (layout, folders) => {
    expect(readHostFacts(makeRoot(...folders)).apacheLayout).toBe(layout);
  });

  it('is told by the folders of systemd, runit, Debian and SME Server', () => {
    expect(readHostFacts(makeRoot('/run/systemd/system', '/etc/runit/runsvdir')).serviceManager).toBe('systemd');
    expect(readHostFacts(makeRoot('/service')).serviceManager).toBe('sv');
    expect(readHostFacts(makeRoot('/etc/debian_version')).isDebian).toBe(true);
    expect(readHostFacts(makeRoot('/home/e-smith')).hasSmeHome).toBe(true);
  });
});

describe('ports that files name', () => {
  it('are all numbers that could be one', () => {
    expect(
      parsePortNumbers('ProxyPass / http://127.0.0.1:47000/ retry=0\nports: ["127.0.0.1:47001:80"]\nListen 47002'),
    ).toEqual([47_000, 47_001, 47_002]);
    expect(parsePortNumbers('size 470000, v1.47001.2, 0x47002, a47003, 47004b, 70000, 1023')).toEqual([]);
  });

  it('are found with the first file that names each', () => {
    const paths = makeRoot();
    writeFileSync(paths.file('/a.conf'), 'http://127.0.0.1:47000/\n');
    writeFileSync(paths.file('/b.conf'), 'http://127.0.0.1:47000/ http://[::1]:47001/ \xff\n');
    expect(findPortsInFiles(paths, ['/a.conf', '/b.conf', '/gone.conf'])).toEqual(
      new Map([
        [47_000, '/a.conf'],
        [47_001, '/b.conf'],
      ]),
    );
  });

  it('are none where a folder or a pipe took the place of a file', () => {
    const paths = makeRoot('/folder.conf');
    expect(findPortsInFiles(paths, ['/folder.conf'])).toEqual(new Map());
  });
});

describe('the facts', () => {
  it('are read at once, and hold nothing of an engine', () => {
    const paths = makeRoot('/etc/httpd/conf.d');
    writeFileSync(paths.file('/etc/httpd/conf.d/wiki.conf'), 'http://127.0.0.1:47000/');
    const facts = readFacts({ paths, ownedFiles: { has: () => true, paths: () => ['/etc/httpd/conf.d/wiki.conf'] } });
    expect(facts).toMatchObject({ host: { apacheLayout: 'redhat' }, publishedPorts: [], images: new Map() });
    expect(facts.portsInFiles()).toEqual(new Map([[47_000, '/etc/httpd/conf.d/wiki.conf']]));
  });
});
