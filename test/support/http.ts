import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Namespace } from './namespace.ts';
import { runOrFail } from './run.ts';

const RAW_REQUEST = path.join(import.meta.dirname, 'raw-request.js');

export interface RequestOptions {
  readonly port: number;
  /** the Host header, and with `tls` the server name */
  readonly host: string;
  readonly method?: string;
  /** with the query; sent as it is */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls?: boolean;
  /** where the server is, 127.0.0.1 unless said otherwise */
  readonly address?: string;
  /** where the request comes from: `127.0.0.2` is a foreign host to a server that knows 127.0.0.1 only */
  readonly localAddress?: string;
  /** the host on which the client runs */
  readonly namespace?: Namespace;
}

export interface Answer {
  readonly status: number;
  /** by lower-case name; of a header that comes twice, both, joined by a comma */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** the common name of the server's certificate, with `tls` */
  readonly certificate?: string;
}

/** Sends one request byte for byte as given, and reads the answer to its end. */
export function request(options: RequestOptions): Promise<Answer> {
  return send(options, { Connection: 'close' });
}

export interface WebSocketAnswer extends Answer {
  /** the server proved that it speaks WebSocket: status 101 and the key that belongs to ours */
  readonly upgraded: boolean;
}

/**
 * Asks for a WebSocket (RFC 6455, 4.1) and sends `body` after the handshake. What comes back is read
 * up to `body` itself, as the web image echoes it, or to the end where the server refuses.
 */
export async function openWebSocket(options: RequestOptions): Promise<WebSocketAnswer> {
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const body = options.body ?? 'echo me';
  const upgrade = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
  };
  const answer = await send({ ...options, body }, upgrade, body);
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return { ...answer, upgraded: answer.status === 101 && answer.headers['sec-websocket-accept'] === accept };
}

async function send(
  options: RequestOptions,
  ownHeaders: Readonly<Record<string, string>>,
  stopAfter?: string,
): Promise<Answer> {
  const {
    port,
    host,
    method = 'GET',
    headers = {},
    body = '',
    tls = false,
    address = '127.0.0.1',
    localAddress,
    namespace,
  } = options;
  // after a handshake there is no body, and bytes that follow belong to the other protocol
  const length: Readonly<Record<string, string>> =
    body === '' || stopAfter !== undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const lines = [
    `${method} ${options.path ?? '/'} HTTP/1.1`,
    ...Object.entries({ Host: host, ...ownHeaders, ...length, ...headers }).map(([name, value]) => `${name}: ${value}`),
  ];
  const stdin = JSON.stringify({
    host: address,
    port,
    localAddress,
    stopAfter,
    serverName: tls ? host : undefined,
    request: Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`).toString('base64'),
  });
  const command = [process.execPath, [RAW_REQUEST]] as const;
  const output = await runOrFail(...(namespace === undefined ? command : namespace.command(...command)), { stdin });
  const { answer, certificate } = JSON.parse(output) as { answer: string; certificate?: string };
  return {
    ...parseAnswer(Buffer.from(answer, 'base64').toString()),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

/** Reads an answer of HTTP/1; the parts of a chunked body are joined. */
function parseAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const name = line.replace(/:.*/, '').toLowerCase();
    const value = line.replace(/^[^:]*:\s*/, '');
    headers[name] = name in headers ? `${headers[name] ?? ''}, ${value}` : value;
  }
  const body = text.slice(end + 4);
  return {
    status: Number(first.split(' ')[1]),
    headers,
    body: headers['transfer-encoding'] === 'chunked' ? joinChunks(body) : body,
  };
}

function joinChunks(body: string): string {
  let rest = Buffer.from(body);
  let joined = '';
  for (;;) {
    const end = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.subarray(0, Math.max(end, 0)).toString(), 16);
    if (!(size > 0)) return joined;
    joined += rest.subarray(end + 2, end + 2 + size).toString();
    rest = rest.subarray(end + 2 + size + 2);
  }
}
