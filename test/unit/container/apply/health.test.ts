import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContainerInspect } from '../../../../src/engine/engine-api.ts';
import { checkHealth, ownCheckTime } from '../../../../src/container/apply/health.ts';
import { type HealthRequest, readHealthRequest } from '../../../../src/container/spec/health-request.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';

const REQUEST: HealthRequest = { port: undefined, path: undefined, wait: undefined, uptime: 2000 };

type State = Partial<ContainerInspect['State']>;

function inspectOf(
  state: State,
  hostConfig: ContainerInspect['HostConfig'] = {},
  more: Partial<ContainerInspect> = {},
): ContainerInspect {
  return {
    Id: 'id',
    Name: '/wiki',
    Image: 'app',
    Created: '',
    Config: {},
    HostConfig: hostConfig,
    Mounts: [],
    State: { Status: 'running', Running: true, ExitCode: 0, StartedAt: '2026-01-01T00:00:00Z', ...state },
    ...more,
  };
}

const ended = (code: number): State => ({ Status: 'exited', Running: false, ExitCode: code });
const own = (Status: string, ExitCode = 1, Output = ''): State => ({ Health: { Status, Log: [{ ExitCode, Output }] } });

describe('the health of a container', () => {
  it.each<readonly [string, ContainerInspect, { readonly ranFor?: number; readonly restarts?: number }, string]>([
    ['has run for long enough', inspectOf({}), { ranFor: 2000 }, 'healthy'],
    ['has not run for long enough', inspectOf({}), { ranFor: 1999 }, 'waiting: it has not run for 2s yet'],
    ['ended', inspectOf(ended(3)), {}, 'failed: it ended with exit code 3'],
    [
      'ended for want of memory',
      inspectOf({ ...ended(137), OOMKilled: true }),
      {},
      'failed: it ended with exit code 137, as its memory limit was reached',
    ],
    [
      'ended again',
      inspectOf(ended(3), {}, { RestartCount: 2 }),
      {},
      'failed: it ended for the 3. time with exit code 3',
    ],
    ['has done its work', inspectOf(ended(0), { RestartPolicy: { Name: 'no' } }), {}, 'healthy'],
    [
      'has done its work, and is to go on for ever',
      inspectOf(ended(0), { RestartPolicy: { Name: 'always' } }),
      {},
      'failed: it ended with exit code 0',
    ],
    [
      'is between two starts',
      inspectOf({ Status: 'restarting', ExitCode: 1 }),
      {},
      'waiting: it ended with exit code 1',
    ],
    [
      'ends again and again',
      inspectOf({}),
      { ranFor: 9000, restarts: 5 },
      'failed: it ended 5 times, the last time with exit code 0',
    ],
    ['was never started', inspectOf({ Status: 'created', Running: false }), {}, 'failed: it was never started'],
    ['is paused', inspectOf({ Status: 'paused' }), { ranFor: 9000 }, 'disturbed: it is paused'],
    ['says itself that it is well', inspectOf(own('healthy')), {}, 'healthy'],
    [
      'says itself that it is not',
      inspectOf(own('unhealthy', 1, 'one\nno database\n')),
      { ranFor: 9000 },
      'failed: its own check failed (exit code 1: no database)',
    ],
    [
      'was unpaused, whatever the engine says of it until its check has run',
      inspectOf({ Health: { Status: 'unhealthy', FailingStreak: 0, Log: [{ ExitCode: 0, Output: '' }] } }),
      {},
      'waiting: its own check has not run since it was paused',
    ],
    [
      'has failed as many checks as it takes',
      inspectOf({ Health: { Status: 'unhealthy', FailingStreak: 3 } }),
      {},
      'failed: its own check failed',
    ],
    [
      'does not know yet, however long it has run',
      inspectOf(own('starting')),
      { ranFor: 9000 },
      'waiting: its own check has not succeeded yet (exit code 1)',
    ],
  ])('that %s', async (_, inspect, { ranFor = 0, restarts = 0 }, words) => {
    const health = await checkHealth(new MemoryEngine(), inspect, REQUEST, { ranFor, restarts });
    expect('words' in health ? `${health.state}: ${health.words}` : health.state).toBe(words);
  });

  it('is by the port that is named, also where it has run for long or says itself that it is well', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const look = (state: State): ReturnType<typeof checkHealth> =>
      checkHealth(
        new MemoryEngine(),
        inspectOf(state, { NetworkMode: 'host' }),
        { ...REQUEST, port },
        { ranFor: 9000, restarts: 0 },
      );
    expect(await look({})).toEqual({ state: 'healthy' });
    await new Promise((resolve) => server.close(resolve));
    for (const state of [{}, own('healthy')])
      expect(await look(state)).toEqual({
        state: 'waiting',
        words: `port ${port} does not answer (connection refused)`,
      });
  });

  it('cannot be asked for a path where there is no port', async () => {
    expect(
      await checkHealth(new MemoryEngine(), inspectOf({}), { ...REQUEST, path: '/' }, { ranFor: 9000, restarts: 0 }),
    ).toEqual({ state: 'failed', words: 'it has a HealthPath, and no port to ask there' });
  });
});

it.each([
  [{ Test: ['CMD', 'true'] }, 180_000],
  [{ Test: ['CMD', 'true'], Interval: 1e9, Timeout: 2e9, Retries: 2, StartPeriod: 5e9 }, 11_000],
  [{ Test: ['NONE'] }, 0],
  [undefined, 0],
] as const)('a check %j takes %i ms to fail', (check, milliseconds) => {
  expect(
    ownCheckTime(inspectOf({}, {}, { Config: { Healthcheck: check } as unknown as ContainerInspect['Config'] })),
  ).toBe(milliseconds);
});

it('what a run spec asks for stands in its labels, and what does not read is not there', () => {
  const times = { wait: 1000, uptime: 2000 };
  expect(
    readHealthRequest(
      {
        'docksmith.health-port': '80',
        'docksmith.health-path': '/x',
        'docksmith.health-wait': '1m30s',
        'docksmith.health-uptime': '500ms',
      },
      times,
    ),
  ).toEqual({ port: 80, path: '/x', wait: 90_000, uptime: 500 });
  expect(readHealthRequest({ 'docksmith.health-port': 'http', 'docksmith.health-wait': 'soon' }, times)).toEqual({
    port: undefined,
    path: undefined,
    ...times,
  });
});
