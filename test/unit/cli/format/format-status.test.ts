import { describe, expect, it } from 'vitest';
import { formatDetails, formatStatus } from '../../../../src/cli/format/format-status.ts';
import { formatTime } from '../../../../src/cli/format/format-time.ts';
import { listAttention, wordOf } from '../../../../src/features/status/status-words.ts';
import { type ContainerStatus, describeState } from '../../../../src/features/status/container-status.ts';
import type { Status } from '../../../../src/features/status/status.ts';

const PLAIN: ContainerStatus = {
  name: 'wiki',
  record: 'enabled',
  role: 'service',
  refused: [],
  isAside: false,
  called: undefined,
  state: 'running',
  health: undefined,
  isCrashLooping: false,
  restarts: 0,
  exitCode: undefined,
  outOfMemory: false,
  failed: undefined,
  started: '2026-11-21T10:00:00Z',
  finished: undefined,
  memory: { used: 20.5 * 1024 ** 2, limit: undefined },
  ports: [],
  urls: [],
  image: 'wiki:1',
  isImageOld: false,
  digest: `sha256:0123456789abcdef${'0'.repeat(48)}`,
};
const LOOPING: ContainerStatus = {
  ...PLAIN,
  name: 'crash',
  state: 'restarting',
  isCrashLooping: true,
  restarts: 14,
  exitCode: 3,
  memory: { used: undefined, limit: 256 * 1024 ** 2 },
};

const QUIET: Status = {
  containers: [],
  pending: [],
  unfinished: undefined,
  failedOptions: undefined,
  leftRuns: [],
  deferred: undefined,
  engineFailure: undefined,
};

const plain = (_style: unknown, text: string): string => text;
const show = (containers: readonly ContainerStatus[], width = 80): readonly string[] =>
  formatStatus({ ...QUIET, containers }, plain, width).split('\n');

describe('the table', () => {
  it('leaves out the columns that are empty for all', () => {
    expect(
      show([
        {
          ...PLAIN,
          urls: ['http://wiki.example.test/'],
          ports: [
            { address: '0.0.0.0', hostPort: 8080, protocol: 'tcp' },
            { address: '::', hostPort: 8080, protocol: 'tcp' },
            { address: '127.0.0.1', hostPort: 47_000, protocol: 'tcp' },
          ],
        },
      ]),
    ).toEqual([
      'NAME  STATE    MEMORY  DIGEST        REACHED AT',
      'wiki  running     21m  0123456789ab  http://wiki.example.test/ :8080',
      '',
    ]);
    expect(show([])).toEqual(['no containers', '']);
  });

  it('shows a crash-looping one in numbers, and below in words', () => {
    expect(show([PLAIN, LOOPING])).toEqual([
      'NAME   STATE       RESTARTS  EXIT  MEMORY  DIGEST',
      'wiki   running                        21m  0123456789ab',
      'crash  crash-loop        14     3  -/256m  0123456789ab',
      '',
      'crash: ends again and again, restarted 14 times, last with exit code 3; docksmith logs -n 20 crash',
      '',
    ]);
  });

  it('keeps to 80 columns with 50 containers, and loses nothing', () => {
    const many = Array.from(
      { length: 50 },
      (_, n): ContainerStatus => ({
        ...PLAIN,
        name: n === 7 ? 'a-container-whose-name-is-really-very-long' : `container-${n}`,
        health: n % 2 === 0 ? 'healthy' : undefined,
        memory: { used: n * 1024 ** 3, limit: 64 * 1024 ** 3 },
        urls:
          n % 5 === 0
            ? [
                `http://container-${n}.example.test/`,
                'http://host.example.test/a-path-of-it/',
                'http://host.example.test/one-that-is-so-long-that-it-needs-a-line-alone/',
              ]
            : [],
        ports:
          n % 3 === 0
            ? [
                { address: '192.168.1.2', hostPort: 8000 + n, protocol: 'tcp' },
                { address: 'fd00::1', hostPort: 53, protocol: 'udp' },
              ]
            : [],
      }),
    );
    const lines = show([...many, LOOPING]);
    expect(lines.slice(0, -2).filter((line) => line.length > 80 && !line.startsWith('crash:'))).toEqual([]);
    for (const { name, urls } of many)
      for (const word of [name, ...urls]) expect(lines.some((line) => line.split(/ +/).includes(word))).toBe(true);
    // columns stand below each other
    const at = lines[0]?.indexOf('STATE') ?? 0;
    expect(
      new Set(
        lines
          .filter((line) => /^container-|^crash {2}/.test(line))
          .map((line) => line.slice(at - 2, at + 1).replace(/\w/, 'x')),
      ),
    ).toEqual(new Set(['  x']));
    expect(lines.filter((line) => line.includes('[fd00::1]:53/udp'))).toHaveLength(17);
  });

  it('colours the state alone, and pads before it colours', () => {
    const marked = formatStatus(
      { ...QUIET, containers: [PLAIN, LOOPING] },
      (style, text) => `<${String(style)}>${text}</>`,
      80,
    );
    expect(marked).toContain('wiki   <green>running   </>');
    expect(marked).toContain('crash  <red>crash-loop</>');
  });

  it('tells what another machine has left to this host, and what finds it', () => {
    expect(formatStatus({ ...QUIET, deferred: 'this is a chroot' }, plain, 80)).toBe(
      'no containers\n\nset-up: names, addresses and the engine were not detected yet (this is a chroot); signal-event docker-update on the host itself does that\n',
    );
  });

  it('tells what is pending and unfinished', () => {
    const pending = [
      { kind: 'service', name: 'httpd', verbs: ['reload'], causes: ['/etc/x changed'], since: '' },
    ] as const;
    expect(formatStatus({ ...QUIET, pending, unfinished: '"signal-event x" was killed' }, plain, 80)).toBe(
      'no containers\n\nunfinished: "signal-event x" was killed\npending: service httpd (/etc/x changed); the next event tries again\n',
    );
  });
});

it('tells all of one', () => {
  expect(
    formatDetails(
      {
        ...QUIET,
        containers: [{ ...LOOPING, urls: ['http://crash.example.test/'], finished: '2026-11-21T10:00:01Z' }],
      },
      plain,
    ),
  ).toBe(`crash
  state      crash-loop, restarting
  record     enabled
  started    ${formatTime('2026-11-21T10:00:00Z')}
  ended      ${formatTime('2026-11-21T10:00:01Z')} with exit code 3
  restarts   14
  memory     -/256m
  image      wiki:1
  digest     ${PLAIN.digest ?? ''}
  url        http://crash.example.test/
  attention  ends again and again, restarted 14 times, last with exit code 3; docksmith logs -n 20 crash
`);
});

it.each<readonly [Partial<ContainerStatus>, string, RegExp | undefined]>([
  [{ health: 'healthy' }, 'healthy', undefined],
  [{ health: 'unhealthy' }, 'unhealthy', /its health check fails/],
  [
    { state: 'exited', exitCode: 137, outOfMemory: true },
    'stopped',
    /stopped with exit code 137, out of memory; docksmith logs/,
  ],
  [{ state: 'exited', exitCode: 0 }, 'finished', undefined],
  [{ state: 'exited', exitCode: 0, awaitedBy: ['app'] }, 'completed', undefined],
  [
    { state: 'exited', exitCode: 3, awaitedBy: ['app'] },
    'failed',
    /its run ended with exit code 3, and app waits for it/,
  ],
  [{ state: 'exited', exitCode: 143, record: 'disabled' }, 'disabled', undefined],
  [{ state: 'missing', record: 'disabled' }, 'disabled', undefined],
  [{ state: 'missing' }, 'missing', /docksmith plan wiki/],
  [{ record: 'disabled' }, 'running', /its record is disabled, and it runs/],
  [{ record: undefined }, 'running', /no record wants it/],
  [{ record: undefined, isAside: true, state: 'exited', exitCode: 0 }, 'finished', /set aside/],
  [{ state: 'restarting', restarts: 1, exitCode: 1 }, 'restarting', /ended with exit code 1 and is started again/],
  [{ state: 'paused' }, 'paused', undefined],
  [{ isImageOld: true, image: 'wiki:1' }, 'running', /older than wiki:1 is now; signal-event docker-image-update wiki/],
  [{ state: 'dead' }, 'dead', /creates a new one/],
  [
    { failed: { when: '2026-11-21T10:00:00.000Z', why: 'exit code 3' } },
    'running',
    /^failed: exit code 3 \(2026-11-21 10:00\); docksmith reconcile --retry tries again$/,
  ],
  [{ state: 'unknown' }, 'unknown', undefined],
  [{ state: 'unknown', record: undefined }, 'unknown', undefined],
])('knows a word for %o', (change, word, attention) => {
  const container = { ...PLAIN, ...change };
  expect(wordOf(container).word).toBe(word);
  const [first] = listAttention(container);
  if (attention === undefined) expect(first).toBeUndefined();
  else expect(first).toMatch(attention);
});

it('tells a crash-looping one from one that was started again once', () => {
  const now = Date.parse('2026-11-21T10:00:05Z');
  const running = { Status: 'running', Running: true, ExitCode: 0, StartedAt: '2026-11-21T10:00:00Z' };
  const isLooping = (State: typeof running, RestartCount: number, at = now): boolean =>
    describeState({ State, RestartCount }, at).isCrashLooping;
  expect(isLooping(running, 5)).toBe(true);
  expect(isLooping(running, 3, Date.parse('2026-11-21T10:00:20Z'))).toBe(false);
  // the more often it has ended, the longer it has to run
  expect(isLooping(running, 5, Date.parse('2026-11-21T10:00:20Z'))).toBe(true);
  expect(isLooping(running, 1)).toBe(false);
  // an engine that does not tell what time it is
  expect(describeState({ State: running, RestartCount: 5 }, undefined).isCrashLooping).toBe(false);
  expect(isLooping({ ...running, Status: 'restarting' }, 5, Date.parse('2026-11-21T11:00:00Z'))).toBe(true);
  expect(
    describeState({ State: { ...running, Status: 'created', StartedAt: '0001-01-01T00:00:00Z' } }, now),
  ).toMatchObject({ started: undefined, exitCode: undefined });
});

describe('a service of a swarm', () => {
  const SERVICE: ContainerStatus = {
    ...PLAIN,
    name: 'shop',
    state: 'exited',
    service: { wanted: 0, running: 0, nodes: [], tasks: [] },
  };

  it('of which no task is to run has not finished, and nothing is wrong with it', () => {
    expect(wordOf(SERVICE)).toEqual({ word: 'stopped', level: 'idle' });
    expect(wordOf({ ...SERVICE, record: 'disabled' }).word).toBe('disabled');
    expect(listAttention(SERVICE)).toEqual([]);
    expect(formatDetails({ ...QUIET, containers: [SERVICE] }, plain)).toMatch(/^ {2}state +stopped$/m);
  });

  it('that the swarm has put back says where its log is', () => {
    const update = { state: 'rollback_completed', message: 'rollback completed' };
    const back = { ...SERVICE, service: { wanted: 1, running: 1, nodes: ['a'], tasks: [], update } };
    expect(listAttention(back)).toEqual([
      'its last update was taken back by the swarm: rollback completed; docksmith logs -n 20 shop',
    ]);
  });
});
