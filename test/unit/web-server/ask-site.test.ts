import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { askSite } from '../../../src/web-server/ask-site.ts';

/** @returns its port */
async function answer(status: number, headers: Readonly<Record<string, string>>): Promise<number> {
  const server = http.createServer((request, response) => {
    expect(request.headers).toMatchObject({
      'max-forwards': '0',
      host: expect.stringMatching(/^wiki\.example\.test:/) as string,
    });
    response.writeHead(status, headers).end('words');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

it.each<[string, number, Readonly<Record<string, string>>]>([
  ['its vhost', 400, {}],
  ['its vhost', 502, {}],
  ['its vhost', 401, { 'WWW-Authenticate': 'Basic realm="wiki"' }],
  ['another site', 401, { 'WWW-Authenticate': 'Basic realm="router"' }],
  ['its vhost', 302, { Location: '/start' }],
  ['its vhost', 308, { Location: 'https://wiki.example.test/' }],
  ['another site', 301, { Location: 'https://www.example.test/' }],
  ['another site', 200, {}],
  ['another site', 403, {}],
  ['another site', 404, {}],
])('%s answers %i %j', async (expected, status, headers) => {
  const port = await answer(status, headers);
  expect(await askSite(`http://wiki.example.test:${port}/`, '127.0.0.1', 'wiki')).toBe(expected);
});

it('is nothing where no process listens', async () => {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  expect(await askSite(`http://wiki.example.test:${port}/`, '127.0.0.1', 'wiki')).toBe('nothing');
});
