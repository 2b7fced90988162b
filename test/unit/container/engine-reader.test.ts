import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { EngineReader } from '../../../src/container/engine-reader.ts';

let server: net.Server;
const open = new Set<Socket>();

afterEach(async () => {
  for (const socket of open) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** A server that is given every path that is asked for, and the connection that asks. */
async function serve(onPath: (path: string, socket: Socket, connection: number) => void): Promise<EngineReader> {
  let connections = 0;
  server = net.createServer((socket) => {
    const connection = ++connections;
    open.add(socket.on('close', () => open.delete(socket)).on('error', () => undefined));
    let text = '';
    socket.on('data', (bytes) => {
      const requests = (text += bytes.toString()).split('\r\n\r\n');
      text = requests.pop() ?? '';
      for (const request of requests) onPath(/^GET (\S+) HTTP\/1\.1\r\nHost: /.exec(request)?.[1] ?? request, socket, connection);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new EngineReader({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
}

const answer = (text: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const ask = async (reader: EngineReader, paths: readonly string[]): Promise<readonly string[]> => (await Promise.all(paths.map((path) => reader.get(path)))).map(({ body }) => body.toString());
const PATHS = Array.from({ length: 50 }, (_, n) => `/v1.41/containers/${n}/json`);

it('sends questions without waiting for answers, over few connections, and gives each its answer', async () => {
  const seen = new Set<number>();
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const reader = await serve((path, socket, connection) => {
    seen.add(connection);
    asked.push(path);
    waiting.push(() => void socket.write(answer(`${path} it is`)));
    // nobody is answered before all have asked
    if (asked.length >= PATHS.length) for (const write of waiting.splice(0)) write();
  });
  expect(await ask(reader, PATHS)).toEqual(PATHS.map((path) => `${path} it is`));
  expect(seen.size).toBe(4);
  // those that are there are used again
  expect(await ask(reader, ['/again'])).toEqual(['/again it is']);
  expect([asked.length, seen.size]).toEqual([PATHS.length + 1, 4]);
});

it('asks again what a server that ends the connection after each answer has not looked at', async () => {
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
  await expect(new EngineReader({ path: '/nowhere/docker.sock' }).get('/_ping')).rejects.toMatchObject({ code: 'ENOENT' });
});

it('fails with what is no HTTP, and is not led to ask for something else', async () => {
  const reader = await serve((_, socket) => void socket.write('220 mail.example.test ESMTP\r\n'));
  await expect(reader.get('/_ping')).rejects.toThrow('what answers is no HTTP server: "220 mail.example.test ESMTP"');
  await expect(reader.get('/a HTTP/1.1\r\n\r\nDELETE /b')).rejects.toThrow('is no path');
});
