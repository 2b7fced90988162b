import { once } from 'node:events';
import net, { type Server, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { makeNamespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';
import { start } from '../support/running.ts';

const DOCKSMITH = path.resolve(import.meta.dirname, '../../bin/docksmith.js');

const PING = 'HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK';

/** What an engine says to a request: nothing, or something that is no answer. */
const WAYS: Readonly<Record<string, (isPing: boolean) => string>> = {
  'says nothing': () => '',
  'answers nothing but a ping': (isPing) => (isPing ? PING : ''),
  'stops half way': (isPing) => (isPing ? PING : 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"Id":'),
};

let host: Host;
let server: Server;
let way = WAYS['says nothing'];
const open = new Set<Socket>();

beforeEach(async () => {
  host = makeHost();
  await host.db('docker_containers set wiki service status enabled Image wiki:1');
  server = net
    .createServer((socket) => {
      open.add(socket.on('close', () => open.delete(socket)).on('error', () => undefined));
      socket.on('data', (bytes) => void socket.write(way?.(bytes.includes('/_ping')) ?? ''));
    })
    .listen(host.file('/engine.sock'));
  await once(server, 'listening');
  await host.db(
    `configuration set docker service Socket ${host.file('/engine.sock')} ReadTimeout 1s ConnectTimeout 1s`,
  );
});

afterEach(() => {
  for (const socket of open) socket.destroy();
  server.close();
  host.stop();
});

const COMMANDS = [
  'status',
  'plan',
  'doctor',
  'reconcile',
  'exposure',
  'logs wiki',
  'logs -f wiki',
  'exec wiki true',
  'why wiki',
  'impact docker_containers wiki MaxMemory=64m',
  'graph',
  'stop wiki',
  'start wiki',
  'restart wiki',
  'adopt other',
  'update-images',
  'signal-event docker-update',
  'signal-event --dry-run docker-update',
  'signal-event docker-boot',
];

describe.each(Object.keys(WAYS))('an engine that %s', (name) => {
  it('is not waited for without an end by any command: a line says why, without a stack, and nothing is held', {
    timeout: 300_000,
  }, async () => {
    way = WAYS[name];
    for (const command of COMMANDS) {
      const words = command.split(' ');
      const began = performance.now();
      const { exitCode, stdout, stderr } =
        words[0] === 'signal-event'
          ? await host.run('signal-event', words.slice(1))
          : await host.run('docksmith', words);
      const seconds = (performance.now() - began) / 1000;
      expect({ command, isInTime: seconds < 30 }).toEqual({ command, isInTime: true });
      expect({ command, text: stdout + stderr }).not.toEqual({
        command,
        text: expect.stringMatching(/^ +at |TypeError|a mistake in docksmith/m) as string,
      });
      // what can be said without an engine is said
      if (!['why', 'graph', 'impact'].includes(words[0] ?? '') && words[1] !== '--dry-run')
        expect({ command, exitCode }).toEqual({ command, exitCode: 1 });
    }
    const { stdout } = await host.run('docksmith', ['status']);
    expect(stdout).toContain('wiki  unknown');
    // nothing is held, and nothing half written
    expect(await host.run('docksmith', ['verify'])).toMatchObject({ exitCode: 0 });
  });
});

it('logs that wait for an engine end at once by SIGINT and SIGTERM', async () => {
  way = WAYS['says nothing'];
  await host.db('configuration setprop docker ReadTimeout 1h');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const connected = once(server, 'connection');
    const running = start(process.execPath, [DOCKSMITH, 'logs', 'wiki'], {
      env: { DBPATH: undefined, DOCKER_HOST: undefined, DOCKSMITH_ENGINE: undefined, DOCKSMITH_ROOT: host.root },
    });
    await connected;
    const began = performance.now();
    running.kill(signal);
    await running.ended;
    expect(performance.now() - began).toBeLessThan(5000);
  }
});

needs('dockerd')('an engine whose packets are dropped', () => {
  it('is given up when the connection takes too long, by the limit for connections, in one line', {
    timeout: 120_000,
  }, async () => {
    const namespace = await makeNamespace();
    try {
      await namespace.run('iptables', ['-A', 'OUTPUT', '-p', 'tcp', '--dport', '2375', '-j', 'DROP']);
      await host.db(
        'configuration delprop docker Socket',
        'configuration setprop docker ConnectTimeout 300ms',
        'configuration setprop docker ReadTimeout 1h',
        'configuration setprop docker WriteTimeout 1h',
        'configuration setprop docker IdleTimeout 1h',
      );
      for (const words of [['status'], ['logs', 'wiki'], ['reconcile'], ['stop', 'wiki']]) {
        const { exitCode, stderr } = await run(...namespace.command(process.execPath, [DOCKSMITH, ...words]), {
          env: {
            DBPATH: undefined,
            DOCKSMITH_ENGINE: undefined,
            DOCKSMITH_ROOT: host.root,
            DOCKER_HOST: 'tcp://127.0.0.1:2375',
          },
        });
        expect({ words, exitCode, stderr }).toEqual({
          words,
          exitCode: 1,
          stderr: expect.stringMatching(
            /^docksmith: cannot reach the Docker engine at "tcp:\/\/127\.0\.0\.1:2375": no connection was made within 0\.3 s\n(hint: .*ConnectTimeout.*\n)?$/,
          ) as string,
        });
      }
    } finally {
      namespace.remove();
    }
  });
});
