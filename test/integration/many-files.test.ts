import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLedger } from '../../src/output/plan/ledger.ts';
import { findPaths } from '../../src/base/paths.ts';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import type { Result } from '../support/run.ts';
import { runTraced } from '../support/strace.ts';

const SIGNAL_EVENT = path.resolve(import.meta.dirname, '../../bin/signal-event.js');
const COUNT = 150;

needs('strace')('an event of so many files that they are synced together', () => {
  let host: Host;

  beforeEach(async () => {
    host = makeHost();
    host.writeFragment('/etc/many', '10value', '{{record.Value}} of {{record.key}}\n');
    host.write(
      '/etc/docksmith/templates.metadata/etc/many',
      'FOREACH = things type=thing\nOUTPUT_FILENAME = /etc/many/{{record.key}}\n',
    );
    host.write('/etc/docksmith/events/change/templates2expand/etc/many', '');
    writeDb('old');
    await host.runOrFail('signal-event', ['change']);
    writeDb('new');
  });
  afterEach(() => host.stop());

  const writeDb = (value: string): void =>
    host.write(
      '/var/lib/docksmith/db/things',
      Array.from({ length: COUNT }, (_, n) => `t${n}=thing|Value|${value}\n`).join(''),
    );
  const trace = (inject: string): Promise<Result> =>
    runTraced([SIGNAL_EVENT, 'change'], {
      env: { DOCKSMITH_ROOT: host.root, DBPATH: undefined, DOCKER_HOST: undefined, DOCKSMITH_RUN: undefined },
      log: `${host.root}.log`,
      calls: ['syncfs', 'fsync', 'rename', 'link', 'unlink'],
      inject,
    });
  const readValues = (): readonly string[] => [
    ...new Set(
      host.files('/etc/many').map((file) => host.read(file).trimEnd().split('\n').at(-1)?.split(' ')[0] ?? ''),
    ),
  ];
  const listOwned = (): readonly string[] => [...readLedger(findPaths({ DOCKSMITH_ROOT: host.root })).outputs.paths()];

  it('is taken back when that sync fails', async () => {
    const ledger = host.read('/var/lib/docksmith/state/ledger');
    const { exitCode, stderr } = await trace('syncfs:error=EIO');
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        /sync cannot write all of it: .*Input\/output error.*; all files are again as they were before/s,
      ) as string,
    ]);
    expect([readValues(), host.files('/etc/many').length, host.read('/var/lib/docksmith/state/ledger')]).toEqual([
      ['old'],
      COUNT,
      ledger,
    ]);
    await host.runOrFail('signal-event', ['change']);
    expect(readValues()).toEqual(['new']);
  });

  it.each([
    'link:signal=KILL:when=140',
    'syncfs:signal=KILL:when=1',
    'rename:signal=KILL:when=80',
    'unlink:signal=KILL:when=100',
  ])('is wholly old or wholly new after the next command when it is killed: %s', async (inject) => {
    await trace(inject);
    await host.runOrFail('db', ['things', 'get', 't0']);
    expect([readValues(), listOwned().length, host.files('/etc/many')]).toEqual([
      [inject.startsWith('unlink') ? 'new' : 'old'],
      COUNT,
      listOwned(),
    ]);
    await host.runOrFail('signal-event', ['change']);
    expect([readValues(), host.files('/etc/many').length]).toEqual([['new'], COUNT]);
  });
});
