import { mkdirSync, rmdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { planChanges } from '../../../../src/output/plan/change-set.ts';
import { commitChanges } from '../../../../src/output/commit/commit.ts';
import { listGenerations } from '../../../../src/output/history/generations.ts';
import { installedUnder } from '../../../../src/output/plan/installed.ts';
import { EMPTY_LEDGER, readLedger } from '../../../../src/output/plan/ledger.ts';
import { applyUninstall, planUninstall } from '../../../../src/output/commit/uninstall.ts';
import type { Paths } from '../../../../src/base/paths.ts';
import type { Rendered } from '../../../../src/template/rendered.ts';
import { makeRendered } from '../../../support/rendered.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

async function install(paths: Paths, rendered: readonly Rendered[]): Promise<void> {
  const ledger = readLedger(paths);
  const scope = new Map([...ledger.outputs.values()].map(({ template }) => [template, 'all'] as const));
  await commitChanges(paths, planChanges(rendered, ledger, scope, installedUnder(paths), { takeOver: true }), {
    ledger,
    command: 'the test',
  });
}

async function uninstall(paths: Paths): Promise<unknown> {
  const { remove, restore, leave } = planUninstall(paths, readLedger(paths));
  await applyUninstall(
    paths,
    readLedger(paths),
    { remove, restore, leave },
    { command: 'uninstall', generation: { who: 'the test', dbs: () => ({ kept: new Map(), lines: new Map() }) } },
  );
  return { remove: remove.map(({ path }) => path), restore: restore.map(({ original }) => original.path), leave };
}

it('removes what is ours, brings back what was there, and leaves what was edited', async () => {
  const host = makeTempHost();
  host.write('/etc/daemon.json', '{}\n', 0o600);
  host.write('/etc/theirs', 'theirs\n');
  const before = host.tree('/etc');
  await install(host.paths, [
    makeRendered('/etc/daemon.json', 'ours\n'),
    makeRendered('/etc/made/a', 'a\n'),
    makeRendered('/etc/b', 'b\n'),
  ]);
  host.write('/etc/b', 'by hand\n');
  expect(await uninstall(host.paths)).toEqual({
    remove: ['/etc/made/a'],
    restore: ['/etc/daemon.json'],
    leave: [{ path: '/etc/b', why: 'it was changed by hand since docksmith wrote it' }],
  });
  expect(host.tree('/etc')).toEqual({ ...before, '/etc/b': 'by hand\n' });
  expect(host.mode('/etc/daemon.json')).toBe(0o600);
  expect(readLedger(host.paths)).toEqual(EMPTY_LEDGER);
});

it('brings back the original of an output that an event removed since', async () => {
  const host = makeTempHost();
  host.write('/etc/sites/wiki.conf', 'theirs\n');
  await install(host.paths, [makeRendered('/etc/sites/wiki.conf', 'ours\n')]);
  await install(host.paths, []);
  expect(host.exists('/etc/sites/wiki.conf')).toBe(false);
  await uninstall(host.paths);
  expect(host.read('/etc/sites/wiki.conf')).toBe('theirs\n');
});

it('keeps the original in history where the taken over file was edited, and says where', async () => {
  const host = makeTempHost();
  host.write('/etc/x', 'theirs\n');
  await install(host.paths, [makeRendered('/etc/x', 'ours\n')]);
  host.write('/etc/x', 'by hand\n');
  const { leave } = planUninstall(host.paths, readLedger(host.paths));
  const kept = /kept in "(.*)"/.exec(leave[0]?.why ?? '')?.[1] ?? '';
  expect(host.read(kept)).toBe('theirs\n');
});

it('leaves an original that was put back by hand, and a second one has nothing to do', async () => {
  const host = makeTempHost();
  host.write('/etc/x', 'theirs\n');
  await install(host.paths, [makeRendered('/etc/x', 'ours\n'), makeRendered('/etc/y', 'ours\n')]);
  host.write('/etc/x', 'theirs\n');
  expect(await uninstall(host.paths)).toEqual({ remove: ['/etc/y'], restore: [], leave: [] });
  expect(host.tree('/etc')).toEqual({ '/etc/x': 'theirs\n' });
  expect(await uninstall(host.paths)).toEqual({ remove: [], restore: [], leave: [] });
  expect(listGenerations(host.paths)).toEqual([1]);
});

it('that cannot be done to one file does nothing to the others', async () => {
  const host = makeTempHost();
  host.write('/etc/x', 'theirs\n');
  await install(host.paths, [makeRendered('/etc/x', 'ours\n'), makeRendered('/etc/made/y', 'ours\n')]);
  const ledger = readLedger(host.paths);
  // what is to be laid beside it finds its place taken
  mkdirSync(host.file('/etc/made/.y.docksmith-undo'));
  await expect(uninstall(host.paths)).rejects.toThrow(
    /cannot remove "\/etc\/made\/y": .*; all files are again as they were before/,
  );
  rmdirSync(host.file('/etc/made/.y.docksmith-undo'));
  expect([host.tree('/etc'), readLedger(host.paths), listGenerations(host.paths)]).toEqual([
    { '/etc/x': 'ours\n', '/etc/made/y': 'ours\n' },
    ledger,
    [],
  ]);
});

it('says when an original is lost, and touches nothing', async () => {
  const host = makeTempHost();
  host.write('/etc/x', 'theirs\n');
  await install(host.paths, [makeRendered('/etc/x', 'ours\n')]);
  const id = readLedger(host.paths).originals.get('/etc/x') ?? '';
  host.write(`/var/lib/docksmith/state/history/${id}/about.json`, '{');
  expect(() => planUninstall(host.paths, readLedger(host.paths))).toThrow('cannot read the history of a file');
});
