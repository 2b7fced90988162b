import { expect, it } from 'vitest';
import { EMPTY_LEDGER, type Ledger, ownedOf, readLedger, writeLedger } from '../../../src/output/ledger.ts';
import { makeRendered } from '../../support/rendered.ts';
import { makeTempHost } from '../../support/temp-host.ts';

const FILE = '/var/lib/docksmith/state/ledger.json';

it('is empty where nothing was ever installed', () => {
  expect(readLedger(makeTempHost().paths)).toEqual(EMPTY_LEDGER);
});

it('reads back what was written, in a file for its owner only', () => {
  const host = makeTempHost();
  const output = makeRendered('/etc/docksmith/containers/wiki.yaml', 'services:\n', {
    mode: 0o640, template: '/etc/docksmith/containers/NAME.yaml', record: { db: 'docker_containers', key: 'wiki' }, services: ['docker'],
    reads: [{ db: 'networks', filter: 'network' }, { db: 'networks' }, { db: 'docker_containers', key: 'wiki' }, { db: 'docker_containers', key: 'wiki', prop: 'Image' }],
  });
  const ledger: Ledger = {
    outputs: new Map([[output.path, ownedOf(output)], ['/etc/b', ownedOf(makeRendered('/etc/b', ''))]]),
    originals: new Map([['/etc/b', '20261121T000000.000Z-1-0']]),
    folders: new Set(['/etc/docksmith']),
  };
  writeLedger(host.paths, ledger);
  expect(readLedger(host.paths)).toEqual(ledger);
  expect(host.mode(FILE)).toBe(0o600);
});

it.each([
  ['{', 'it is damaged: '],
  ['', 'it is damaged: '],
  ['[]', 'the whole is not an object'],
  ['{"version":1,"originals":{},"folders":[]}', '"outputs" is not an object'],
  ['{"version":1,"originals":{},"folders":[],"outputs":{"/etc/x":{"digest":1}}}', '"outputs./etc/x.digest" is not a text'],
  ['{"version":2,"originals":{},"folders":[],"outputs":{}}', 'it has version 2, and this program knows 1'],
])('is an error, and not empty, when it holds %s', (text, why) => {
  const host = makeTempHost();
  host.write(FILE, text);
  expect(() => readLedger(host.paths)).toThrow(why);
  expect(() => readLedger(host.paths)).toThrow(`cannot read the ledger "${host.file(FILE)}"`);
  expect(host.read(FILE)).toBe(text);
});

it('cannot be written where a file stands in place of its folder', () => {
  const host = makeTempHost();
  host.write('/var/lib/docksmith', 'a file');
  expect(() => writeLedger(host.paths, EMPTY_LEDGER)).toThrow(/cannot write the ledger .*: a part of its path is not a folder/);
});
