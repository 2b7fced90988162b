import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { type EngineLimits, USUAL_LIMITS } from '../../../../src/engine/engine-limits.ts';
import { EngineConnection } from '../../../../src/engine/docker/engine-connection.ts';
import { findSilence, forgetSilences } from '../../../../src/engine/engine-silence.ts';

let server: net.Server;
const open = new Set<Socket>();

afterEach(async () => {
  vi.useRealTimers();
  forgetSilences();
  for (const socket of open) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** Time is what a test says; what comes over a connection comes by itself. */
const stopClock = (): void => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });

/** A server that is given every path that is asked for, and the connection that asks. */
async function serve(
  onPath: (path: string, socket: Socket, connection: number) => void,
  limits: Partial<EngineLimits> = {},
): Promise<EngineConnection> {
  let connections = 0;
  server = net.createServer((socket) => {
    const connection = ++connections;
    open.add(socket.on('close', () => open.delete(socket)).on('error', () => undefined));
    let text = '';
    socket.on('data', (bytes) => {
      const requests = (text += bytes.toString()).split('\r\n\r\n');
      text = requests.pop() ?? '';
      for (const request of requests)
        onPath(/^GET (\S+) HTTP\/1\.1\r\nHost: /.exec(request)?.[1] ?? request, socket, connection);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new EngineConnection(
    'it',
    { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    { ...USUAL_LIMITS, ...limits },
  );
}

const answer = (text: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const ask = async (reader: EngineConnection, paths: readonly string[]): Promise<readonly string[]> =>
  (await Promise.all(paths.map((path) => reader.get(path)))).map(({ body }) => body.toString());
const PATHS = Array.from({ length: 50 }, (_, n) => `/v1.41/containers/${n}/json`);

it('asks over few connections that are kept, and gives each question its answer', async () => {
  const seen = new Set<number>();
  const reader = await serve((path, socket, connection) => {
    seen.add(connection);
    socket.write(answer(`${path} it is`));
  });
  expect(await ask(reader, PATHS)).toEqual(PATHS.map((path) => `${path} it is`));
  expect(await ask(reader, ['/again'])).toEqual(['/again it is']);
  expect(seen.size).toBe(4);
});

it('asks again where a server ends the connection after each answer, also without saying so', async () => {
  const reader = await serve((path, socket) => {
    if (socket.writable) socket.end(answer(path));
  });
  expect(await ask(reader, PATHS)).toEqual(PATHS);
});

it('fails with the first connection, and when an answer is cut off', async () => {
  const reader = await serve((path, socket) => {
    if (path === '/cut') socket.end(answer('whole').slice(0, -1));
    else if (path === '/none') socket.end();
    else socket.write(answer(path));
  });
  await expect(reader.get('/none')).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await ask(reader, ['/well'])).toEqual(['/well']);
  await expect(reader.get('/cut')).rejects.toMatchObject({ code: 'ECONNRESET' });
  await expect(
    new EngineConnection('none', { socketPath: '/nowhere/docker.sock' }, USUAL_LIMITS).get('/_ping'),
  ).rejects.toMatchObject({ code: 'ENOENT' });
});

it('fails with what is no HTTP, and is not led to ask for something else', async () => {
  const reader = await serve((_, socket) => void socket.write('220 mail.example.test ESMTP\r\n'));
  await expect(reader.get('/_ping')).rejects.toMatchObject({ code: 'HPE_INVALID_CONSTANT' });
  await expect(reader.get('/a HTTP/1.1\r\n\r\nDELETE /b')).rejects.toThrow('unescaped');
});

it.each<[string, (path: string, socket: Socket) => void]>([
  ['nothing', () => undefined],
  ['half an answer', (_, socket) => void socket.write(answer('a whole answer').slice(0, -3))],
  [
    'an answer that has no end',
    (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    },
  ],
])('does not wait for %s, and then not again for a server that was waited for in vain', async (_, onPath) => {
  const heard: string[] = [];
  const reader = await serve(
    (path, socket) => {
      heard.push(path);
      onPath(path, socket);
    },
    { read: 200 },
  );
  await expect(Promise.all(PATHS.map((path) => reader.get(path)))).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'nothing came within 0.2 s',
    prop: 'ReadTimeout',
  });
  await expect(reader.get('/again')).rejects.toThrow('nothing came within 0.2 s');
  // one for each of the connections
  expect(heard.toSorted()).toEqual(PATHS.slice(0, 4).toSorted());
  expect(findSilence('it')?.prop).toBe('ReadTimeout');
});

it('does not give up a server that needs its time for many questions, and answers one after the other', async () => {
  stopClock();
  const reader = await serve(
    (path, socket) => {
      vi.advanceTimersByTime(80);
      socket.write(answer(path));
    },
    { read: 400 },
  );
  // 50 answers at 80 ms each take ten times the limit
  expect(await ask(reader, PATHS)).toEqual(PATHS);
});

it('sends what is to be done beside the questions, and does not send it again', async () => {
  const heard: string[] = [];
  const connection = await serve((text, socket) => {
    heard.push(text);
    if (text.startsWith('POST')) socket.end();
    else socket.write(answer('it is'));
  });
  await connection.get('/info');
  await expect(connection.call('/containers/a/update', { method: 'POST', body: { Memory: 1 } })).rejects.toThrow();
  expect(heard.filter((text) => text.startsWith('POST'))).toHaveLength(1);
  expect(heard[1]).toMatch(/^POST \/containers\/a\/update HTTP\/1\.1\r\ncontent-type: application\/json\r\n/);
});

it('gives up what is not done within its limit and the time that it says it takes: the engine is there, or it is not', async () => {
  let isThere = true;
  stopClock();
  const connection = await serve(
    (text, socket) => {
      if (text.startsWith('POST')) vi.advanceTimersByTime(70);
      else if (isThere) socket.write(answer('OK'));
      else vi.advanceTimersByTime(40);
    },
    { connect: 40, write: 20 },
  );
  const stop = (): Promise<unknown> => connection.call('/containers/a/stop?t=1', { method: 'POST', seconds: 0.05 });
  await expect(stop()).rejects.toThrow('whether it was done is not known: the engine did not answer within 0.1 s');
  expect(findSilence('it')).toBeUndefined();
  isThere = false;
  await expect(stop()).rejects.toThrow('nothing came within 0.1 s');
  expect(findSilence('it')).toBeDefined();
});

it('leaves what comes with a signal to the signal', async () => {
  const connection = await serve(() => undefined, { write: 1 });
  const signal = AbortSignal.timeout(50);
  await expect(connection.call('/containers/a/wait', { method: 'POST', signal })).rejects.toThrow('aborted');
  expect(signal.aborted).toBe(true);
});
