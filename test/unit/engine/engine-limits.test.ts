import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { afterAll, expect, it, onTestFinished, vi } from 'vitest';
import { connectEngine } from '../../../src/engine/docker/docker-engine.ts';
import { connectAdminEngine } from '../../../src/engine/docker/docker-admin-engine.ts';
import { EngineGone } from '../../../src/engine/engine-gone.ts';
import { LIMIT_PROPS, readLimits, USUAL_LIMITS } from '../../../src/engine/engine-limits.ts';
import { forgetSilences } from '../../../src/engine/engine-silence.ts';
import { type Engine } from '../../../src/engine/engine.ts';
import { Failure } from '../../../src/base/errors.ts';
import { makeTemporaryFolder, removeFolder } from '../../support/leftovers.ts';
import { db, record, snapshotOf } from '../../support/sample.ts';

// so long that a busy machine does not reach them by itself
const LIMITS = { connect: 800, read: 1200, write: 1200, idle: 1200 };
const folder = makeTemporaryFolder('limits');
const servers: http.Server[] = [];

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Served {
  readonly engine: Engine;
  readonly server: http.Server;
  readonly socket: string;
  /** all that it was asked, `GET /v1.41/info` */
  readonly asked: readonly string[];
  /** from now on it does not even answer a ping */
  readonly fallSilent: () => void;
}

/** An engine for one test: they run at the same time, since they wait for most of theirs. */
async function serve(answers: Readonly<Record<string, Answer>>, limits = LIMITS): Promise<Served> {
  let isAlive = true;
  const asked: string[] = [];
  const socket = path.join(folder, `engine-${servers.length}.sock`);
  const server = http
    .createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      const name = Object.keys(answers).find((start) => request.url?.replace(/^\/v[\d.]+/, '').startsWith(start));
      if (name !== undefined) answers[name]?.(request, response);
      else if (request.url === '/_ping' && isAlive) response.setHeader('Api-Version', '1.41').end('OK');
    })
    .listen(socket);
  servers.push(server);
  await once(server, 'listening');
  return { engine: await connectEngine(socket, limits), server, socket, asked, fallSilent: () => (isAlive = false) };
}

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  forgetSilences();
  removeFolder(folder);
});

const quiet = (): void => undefined;
async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw new Error('it did not fail as it should', { cause: error });
  return error;
}

it.concurrent('a call that is not answered has failed, and what it did is not known; others are answered', async () => {
  const { engine } = await serve({
    '/containers/one/start': quiet,
    '/volumes': (_, response) => response.end('{"Volumes":null}'),
  });
  const failure = await failureOf(engine.startContainer('one'));
  expect(failure).not.toBeInstanceOf(EngineGone);
  expect(failure).toMatchObject({
    message: 'cannot start container "one": whether it was done is not known: the engine did not answer within 1.2 s',
    hint: 'look at the engine (systemctl status docker), or give it more time: config setprop docker WriteTimeout TIME',
  });
  expect(await engine.listVolumes()).toEqual([]);
});

it.concurrent('an engine that does not answer anything is gone, and is not waited for again', async () => {
  const { engine, socket, asked, fallSilent } = await serve({ '/containers/one/start': quiet });
  fallSilent();
  expect(await failureOf(engine.startContainer('one'))).toMatchObject({ why: 'nothing came within 1.2 s' });
  const before = [...asked];
  const failures = await Promise.all(
    [engine.startContainer('two'), engine.listContainers(), connectEngine(socket, LIMITS)].map(failureOf),
  );
  expect(failures.map((failure) => failure instanceof EngineGone)).toEqual([true, true, true]);
  expect(asked).toEqual(before);
});

it('a stop may take as long as the container may, whether the stop or the container says it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const slow: Answer = (_, response) => {
    vi.advanceTimersByTime(1500);
    response.writeHead(204).end();
  };
  const { engine } = await serve({
    '/containers/one/stop?t=1': slow,
    '/containers/made/stop?t=2': slow,
    '/containers/two/stop?t=0': () => void vi.advanceTimersByTime(1500),
    '/containers/made/json': (_, response) =>
      response.end(
        JSON.stringify({
          Id: 'made',
          Name: '/made',
          Image: 'x',
          Created: '',
          State: { Status: 'running', StartedAt: '' },
          Config: { StopTimeout: 2 },
          HostConfig: {},
          Mounts: [],
        }),
      ),
  });
  await engine.stopContainer('one', { seconds: 1 });
  await engine.stopContainer('made', {});
  expect(await failureOf(engine.stopContainer('two', { seconds: 0 }))).toMatchObject({
    why: expect.stringContaining('did not answer within 1.2 s') as string,
  });
});

it.concurrent('a pull has to move: one that does not has failed, one that does takes its time', async () => {
  const line = (status: string): string => `${JSON.stringify({ status })}\n`;
  const { engine } = await serve({
    '/images/create?fromImage=never': quiet,
    '/images/create?fromImage=stuck': (_, response) => void response.write(line('Downloading')),
    '/images/create?fromImage=slow': (_, response) => {
      let count = 0;
      const timer = setInterval(() => {
        response.write(line('Downloading'));
        if (++count < 6) return;
        clearInterval(timer);
        response.end(line('done'));
      }, 400);
    },
  });
  await engine.pullImage('slow', quiet);
  for (const name of ['never', 'stuck']) {
    expect(await failureOf(engine.pullImage(name, quiet))).toMatchObject({
      message: `cannot pull image "${name}": nothing moved within 1.2 s`,
      hint: expect.stringContaining('config setprop docker IdleTimeout TIME') as string,
    });
  }
});

it.concurrent('a build may be quiet while the engine is there, and no longer', async () => {
  writeFileSync(path.join(folder, 'Dockerfile'), 'FROM scratch\n');
  const { engine, fallSilent } = await serve({
    '/build?t=late': (request, response) =>
      void request.resume().on('end', () => setTimeout(() => response.end('{"stream":"done"}\n'), 3000)),
    '/build?t=gone': quiet,
  });
  const words: string[] = [];
  await engine.buildImage('late', folder, (text) => words.push(text));
  expect(words).toEqual(['done']);
  fallSilent();
  expect(await failureOf(engine.buildImage('gone', folder, quiet))).toBeInstanceOf(EngineGone);
});

it.concurrent('a log may be quiet while the engine is there, and no longer', async () => {
  const { engine, asked, fallSilent } = await serve({
    '/containers/one/json': (_, response) => response.end('{"Config":{"Tty":true}}'),
    '/containers/one/logs': (_, response) => {
      response.writeHead(200).flushHeaders();
    },
  });
  const adminEngine = await connectAdminEngine(engine.socket, LIMITS);
  let hasFailed = false;
  const read = failureOf(
    (async () => {
      for await (const line of adminEngine.readLogs('one', { follow: true })) expect(line).toBeUndefined();
    })(),
  ).finally(() => (hasFailed = true));
  const pings = (): number => asked.filter((text) => text.endsWith('/_ping')).length;
  const before = pings();
  await vi.waitUntil(() => hasFailed || pings() >= before + 2, 60_000);
  expect(hasFailed).toBe(false);
  fallSilent();
  expect(await read).toMatchObject({
    message: expect.stringMatching(
      /^cannot read the log of container "one"; the engine .* does not answer: nothing came within 1.2 s$/,
    ) as string,
  });
});

it.concurrent('an image is sent for as long as the engine takes pieces of it, and its end is waited for', async () => {
  const archive = path.join(folder, 'image.tar');
  const name = 'bin/x';
  const header = Buffer.alloc(512);
  header.write(name);
  header.write('00000000000\0', 124);
  header.write('ustar', 257);
  writeFileSync(archive, Buffer.concat([header, Buffer.alloc(4 * 1024 * 1024)]));
  const { engine } = await serve(
    {
      '/images/create?repo=slow': (request, response) => {
        void (async () => {
          let taken = 0;
          for await (const piece of request) {
            const before = taken;
            taken += (piece as Buffer).length;
            // eight rests, together more than the limit
            if (Math.floor(before / 524288) < Math.floor(taken / 524288))
              await new Promise((resolve) => {
                setTimeout(resolve, 250);
              });
          }
          response.end('{"status":"sha256:1"}\n');
        })();
      },
      '/images/create?repo=stuck': quiet,
    },
    { ...LIMITS, idle: 2500 },
  );
  await engine.importImage('slow:1', archive, quiet);
  expect(await failureOf(engine.importImage('stuck:1', archive, quiet))).toMatchObject({
    why: 'nothing moved within 2.5 s',
  });
});

it.concurrent.each([
  ['is not what the Docker API says', '[{}]'],
  ['is not what the Docker API says', 'null'],
  ['is not what the Docker API says', '{}'],
  ['is no JSON', '<html>'],
  ['is no JSON', ''],
])('an answer that %s (%j) is a failure in words', async (words, body) => {
  const { engine } = await serve({
    '/containers/json': (_, response) => response.end(body),
    '/containers/x/json': (_, response) => response.end(body),
    '/images/x/json': (_, response) => response.end(body),
    '/networks': (_, response) => response.end(body),
    '/volumes': (_, response) => response.end(body),
  });
  const asked = [
    engine.listContainers(),
    engine.findContainer('x'),
    engine.findImage('x'),
    ...(body === '{}' || body === '[{}]' ? [] : [engine.listNetworks(), engine.listVolumes()]),
  ];
  for (const failure of await Promise.all(asked.map(failureOf)))
    expect(failure.message).toContain(`its answer ${words}`);
});

it.concurrent('an engine that is too old, or sends a head without end, is named so', async () => {
  const { server, socket } = await serve({});
  server
    .removeAllListeners('request')
    .on('request', (_, response: ServerResponse) => response.setHeader('Api-Version', '1.12').end('OK'));
  expect(await failureOf(connectEngine(socket, LIMITS))).toMatchObject({
    why: 'it speaks version 1.12 of its API, and docksmith needs 1.30 at least',
  });
  server
    .removeAllListeners('request')
    .on('request', (_, response: ServerResponse) => response.setHeader('X', 'y'.repeat(100_000)).end('OK'));
  expect(await failureOf(connectEngine(socket, LIMITS))).toMatchObject({ why: 'the head of its answer is too large' });
});

it('the limits are those of the record, and else those that the schema names', () => {
  const schema = JSON.parse(
    readFileSync(path.resolve(import.meta.dirname, '../../../db/configuration/schema.json'), 'utf8'),
  ) as { readonly docker: Readonly<Record<string, { readonly default: string }>> };
  for (const [name, prop] of Object.entries(LIMIT_PROPS))
    expect(schema.docker[prop]?.default).toBe(`${USUAL_LIMITS[name as keyof typeof USUAL_LIMITS] / 1000}s`);
  const snapshot = snapshotOf(
    new Map([['configuration', db(record('docker', 'service', { ReadTimeout: '1m', IdleTimeout: '90' }))]]),
  );
  expect(readLimits(snapshot)).toEqual({ ...USUAL_LIMITS, read: 60_000, idle: 90_000 });
});
