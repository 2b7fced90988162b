import { describe, expect, it } from 'vitest';
import { USUAL_LIMITS } from '../../../../src/engine/engine-limits.ts';
import { nameEngine } from '../../../../src/flow/daemon/engine-name.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';

const fresh = snapshotOf(new Map());
const withSocket = snapshotOf(
  new Map([['configuration', db(record('docker', 'service', { Socket: '/run/set.sock' }))]]),
);

describe('the engine to talk to', () => {
  it('is that of the db, else that of DOCKER_HOST, else the usual one', () => {
    expect(nameEngine(withSocket, { DOCKER_HOST: 'unix:///run/other.sock' })).toEqual({
      kind: 'socket',
      socket: '/run/set.sock',
      limits: USUAL_LIMITS,
    });
    expect(nameEngine(fresh, { DOCKER_HOST: 'tcp://127.0.0.1:2375' })).toEqual({
      kind: 'socket',
      socket: 'tcp://127.0.0.1:2375',
      limits: USUAL_LIMITS,
    });
    expect(nameEngine(fresh, {})).toEqual({ kind: 'socket', socket: '/var/run/docker.sock', limits: USUAL_LIMITS });
  });

  it('is the one in a file where DOCKSMITH_ENGINE says so, and a slip there reaches no real one', () => {
    expect(nameEngine(withSocket, { DOCKSMITH_ENGINE: 'memory:///tmp/e.json' })).toEqual({
      kind: 'memory',
      file: '/tmp/e.json',
    });
    for (const slip of ['bogus', 'memory:/tmp/e.json', 'memory://e.json'])
      expect(() => nameEngine(withSocket, { DOCKSMITH_ENGINE: slip })).toThrow(`cannot use DOCKSMITH_ENGINE "${slip}"`);
  });

  it('is not one that docksmith cannot talk to', () => {
    expect(() => nameEngine(fresh, { DOCKER_HOST: 'ssh://me@host' })).toThrow(
      'cannot use the engine at "ssh://me@host"',
    );
  });
});
