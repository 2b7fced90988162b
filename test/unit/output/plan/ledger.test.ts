import { expect, it } from 'vitest';
import {
  EMPTY_LEDGER,
  type Ledger,
  OwnedFiles,
  ownedOf,
  readLedger,
  writeLedger,
} from '../../../../src/output/plan/ledger.ts';
import { makeRendered } from '../../../support/rendered.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

const FILE = '/var/lib/docksmith/state/ledger';

it('is empty where nothing was ever installed', () => {
  expect(readLedger(makeTempHost().paths)).toEqual(EMPTY_LEDGER);
});

it('reads back what was written, in a file for its owner only', () => {
  const host = makeTempHost();
  const output = makeRendered('/etc/docksmith/containers/wiki.yaml', 'services:\n', {
    mode: 0o640,
    template: '/etc/docksmith/containers',
    record: { db: 'docker_containers', key: 'odd\tkey \u00fc' },
    services: ['docker', 'httpd'],
    isSecret: true,
  });
  const ledger: Ledger = {
    outputs: OwnedFiles.of([ownedOf(output), ownedOf(makeRendered('/etc/b', ''))]),
    originals: new Map([['/etc/b', '20261121T000000.000Z-1-0']]),
    folders: new Set(['/etc/docksmith']),
  };
  writeLedger(host.paths, ledger);
  expect(readLedger(host.paths)).toEqual(ledger);
  expect([...readLedger(host.paths).outputs]).toEqual([
    ['/etc/b', ownedOf(makeRendered('/etc/b', ''))],
    [output.path, ownedOf(output)],
  ]);
  expect(host.mode(FILE)).toBe(0o600);
});

it('has a line per output, in byte order of the paths, that begins with the path', () => {
  const host = makeTempHost();
  const names = ['/b', '/a', '/\u{1f600}', '/\uff5e', '/a/b'];
  const owned = OwnedFiles.of(names.slice(1).map((name) => ownedOf(makeRendered(name, '')))).with([
    ownedOf(makeRendered('/b', '')),
  ]);
  writeLedger(host.paths, { ...EMPTY_LEDGER, outputs: owned });
  const inOrder = names.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
  expect(
    host
      .read(FILE)
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split('\t')[0]),
  ).toEqual(inOrder);
  expect([...owned.templates()]).toEqual(inOrder);
});

it('is the same one where nothing of it changes', () => {
  const [one, other] = ['/etc/a', '/etc/b'].map((name) => ownedOf(makeRendered(name, 'text')));
  const owned = OwnedFiles.of([one, other].filter((entry) => entry !== undefined));
  expect(owned.with(owned.values(), ['/etc/none'])).toBe(owned);
  expect([...owned.with([], ['/etc/a']).paths()]).toEqual(['/etc/b']);
  expect(owned.size).toBe(2);
});

it.each([
  ['{', 'it is damaged: it does not begin as a ledger does'],
  ['', 'it is damaged: it does not begin as a ledger does'],
  ['docksmith ledger 1 00000000\n/etc/x\t', 'it is damaged: checksum mismatch'],
  ['docksmith ledger 2 00000000\n', 'a newer docksmith wrote it: it has version 2, and this program knows 1'],
])('is an error, and not empty, when it holds %s', (text, why) => {
  const host = makeTempHost();
  host.write(FILE, text);
  expect(() => readLedger(host.paths)).toThrow(why);
  expect(() => readLedger(host.paths)).toThrow(`cannot read the ledger "${host.file(FILE)}"`);
  expect(host.read(FILE)).toBe(text);
});

it('is damaged when any part of it is missing or another', () => {
  const host = makeTempHost();
  writeLedger(host.paths, {
    ...EMPTY_LEDGER,
    outputs: OwnedFiles.of(['/etc/a', '/etc/b'].map((name) => ownedOf(makeRendered(name, 'text')))),
  });
  const text = host.read(FILE);
  for (const damaged of [
    text.slice(0, -1),
    text.slice(0, text.lastIndexOf('/etc/b')),
    text.replace('0644', '0600'),
    text.replace('/etc/a', '/etc/c'),
  ]) {
    host.write(FILE, damaged);
    expect(() => readLedger(host.paths)).toThrow('it is damaged');
  }
});

it('cannot be written where a file stands in place of its folder', () => {
  const host = makeTempHost();
  host.write('/var/lib/docksmith', 'a file');
  expect(() => writeLedger(host.paths, EMPTY_LEDGER)).toThrow(
    /cannot write the ledger .*: a part of its path is not a folder/,
  );
});
