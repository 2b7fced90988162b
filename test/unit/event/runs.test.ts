import { expect, it } from 'vitest';
import { listRuns, newRun, type Run, writeRun } from '../../../src/event/runs.ts';
import { makeTempHost } from '../../support/temp-host.ts';

const FOLDER = '/var/lib/docksmith/state/runs';
const at = (second: number): Date => new Date(Date.UTC(2026, 10, 21, 8, 0, second));

it('a run is written when it begins and again when it ends, and reads back', () => {
  const { paths } = makeTempHost();
  const begun = newRun('docker-update', ['a b'], '20261121T070000.000Z-1', at(0));
  writeRun(paths, begun, (text) => text);
  expect(listRuns(paths)).toEqual({ runs: [begun], warnings: [] });
  expect(begun).toMatchObject({
    id: `20261121T080000.000Z-${process.pid}`,
    event: 'docker-update',
    args: ['a b'],
    pid: process.pid,
    started: '2026-11-21T08:00:00.000Z',
    parent: '20261121T070000.000Z-1',
    who: { uid: process.getuid?.() },
  });
  const ended: Run = {
    ...begun,
    ended: '2026-11-21T08:00:09.000Z',
    installed: ['/etc/a'],
    removed: ['/etc/b'],
    steps: [
      { name: 'S05', seconds: 0.1, exitCode: 0 },
      { name: 'S50a', seconds: 1, signal: 'SIGTERM' },
    ],
    exitCode: 1,
  };
  writeRun(paths, ended, (text) => text);
  expect(listRuns(paths).runs).toEqual([ended]);
});

it('sudo does not hide who it was', () => {
  const before = process.env['SUDO_USER'];
  process.env['SUDO_USER'] = 'ann';
  expect(newRun('e', []).who.sudoUser).toBe('ann');
  process.env['SUDO_USER'] = '';
  expect(newRun('e', []).who).not.toHaveProperty('sudoUser');
  if (before === undefined) delete process.env['SUDO_USER'];
  else process.env['SUDO_USER'] = before;
});

it('the last one is listed first, as many as asked', () => {
  const { paths } = makeTempHost();
  for (const second of [1, 3, 2]) writeRun(paths, newRun(`event-${second}`, [], undefined, at(second)), (text) => text);
  expect(listRuns(paths).runs.map(({ event }) => event)).toEqual(['event-3', 'event-2', 'event-1']);
  expect(listRuns(paths, 1).runs.map(({ event }) => event)).toEqual(['event-3']);
});

it('only the last 500 are kept, and nothing else in the folder is touched', () => {
  const host = makeTempHost();
  for (let n = 0; n < 502; n++) host.write(`${FOLDER}/20200101T000000.${String(n).padStart(3, '0')}Z-1.json`, '{}');
  host.write(`${FOLDER}/notes.txt`, 'theirs');
  const run = newRun('docker-update', [], undefined, at(0));
  writeRun(host.paths, run, (text) => text);
  writeRun(host.paths, { ...run, ended: new Date(at(1)).toISOString() }, (text) => text);
  const left = Object.keys(host.tree(FOLDER)).sort();
  expect([left.length, left[0], left.at(-1)]).toEqual([
    501,
    `${FOLDER}/20200101T000000.003Z-1.json`,
    `${FOLDER}/notes.txt`,
  ]);
});

it('a damaged record is a warning and does not hide the others', () => {
  const host = makeTempHost();
  writeRun(host.paths, newRun('docker-update', [], undefined, at(0)), (text) => text);
  host.write(`${FOLDER}/20200101T000000.000Z-1.json`, '{');
  const { runs, warnings } = listRuns(host.paths);
  expect(runs.map(({ event }) => event)).toEqual(['docker-update']);
  expect(warnings[0]).toContain('20200101T000000.000Z-1.json": it is damaged');
});

it('there are none before the first event', () => {
  expect(listRuns(makeTempHost().paths)).toEqual({ runs: [], warnings: [] });
});
