import { chmodSync, rmSync, symlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { installedUnder } from '../../../../src/output/plan/installed.ts';
import { OwnedFiles, ownedOf } from '../../../../src/output/plan/ledger.ts';
import { listDeviations } from '../../../../src/output/plan/verify.ts';
import { makeRendered } from '../../../support/rendered.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

it('tells in what way each file is not any more as it was written', () => {
  const host = makeTempHost();
  const names = ['a-well', 'edited', 'gone', 'linked', 'loose', 'loose-and-edited', 'given-away'];
  const outputs = OwnedFiles.of(
    names.map((name) => ownedOf(makeRendered(`/etc/${name}`, 'ours\n', name === 'given-away' ? { uid: 4321 } : {}))),
  );
  for (const name of names) host.write(`/etc/${name}`, 'ours\n');
  host.write('/etc/edited', 'theirs\n');
  rmSync(host.file('/etc/gone'));
  rmSync(host.file('/etc/linked'));
  symlinkSync('a-well', host.file('/etc/linked'));
  chmodSync(host.file('/etc/loose'), 0o666);
  host.write('/etc/loose-and-edited', 'theirs\n', 0o600);

  const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  expect(listDeviations({ outputs, originals: new Map(), folders: new Set() }, installedUnder(host.paths))).toEqual([
    { path: '/etc/edited', kind: 'edited', details: [] },
    { path: '/etc/given-away', kind: 'owner', details: [`owner ${owner} instead of 4321:${process.getgid?.() ?? 0}`] },
    { path: '/etc/gone', kind: 'missing', details: [] },
    { path: '/etc/linked', kind: 'replaced', details: ['by a symbolic link'] },
    { path: '/etc/loose', kind: 'mode', details: ['mode 0666 instead of 0644'] },
    { path: '/etc/loose-and-edited', kind: 'edited', details: ['mode 0600 instead of 0644'] },
  ]);
});
