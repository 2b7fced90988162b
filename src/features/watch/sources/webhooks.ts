import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';

/** A request is larger only where somebody wants to fill the memory. */
const MOST_BYTES = 5 * 1024 ** 2;
const LIMIT_MILLISECONDS = 30_000;

export interface Webhooks {
  /** the port that it was given */
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Hears `POST /NAME` on loopback. The token comes as `Authorization: Bearer TOKEN`, as GitLab's `X-Gitlab-Token`, or
 * as the key of the signature that GitHub, Gitea and Forgejo send of the body. Who has no token learns nothing, not
 * even which names there are.
 * @param findToken of a name; undefined: there is no such webhook
 * @throws what listening throws
 */
export async function startWebhooks(
  port: number,
  findToken: (name: string) => string | undefined,
  onCall: (name: string) => void,
): Promise<Webhooks> {
  const server = http.createServer({ requestTimeout: LIMIT_MILLISECONDS }, (request, response) => {
    const answer = (status: number, words: string): void =>
      void response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${words}\n`);
    const name = /^\/([a-zA-Z0-9][\w.-]*)\/?(?:\?|$)/.exec(request.url ?? '')?.[1] ?? '';
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MOST_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (request.method !== 'POST') return answer(405, 'POST is expected here');
      if (size > MOST_BYTES) return answer(413, 'too large');
      if (!isAllowed(request.headers, Buffer.concat(chunks), findToken(name))) return answer(403, 'forbidden');
      onCall(name);
      answer(202, 'accepted');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function isAllowed(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: Buffer,
  token: string | undefined,
): boolean {
  const get = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  // a name that is not there takes as long as a wrong token
  const expected = token ?? '';
  const signature = `sha256=${createHmac('sha256', expected).update(body).digest('hex')}`;
  const found = [
    isSame(/^Bearer (.+)$/i.exec(get('authorization') ?? '')?.[1], expected),
    isSame(get('x-gitlab-token'), expected),
    isSame(get('x-hub-signature-256'), signature),
  ];
  return expected !== '' && found.includes(true);
}

/** Takes the same time whatever is given. */
function isSame(given: string | undefined, expected: string): boolean {
  const [a, b] = [given ?? '', expected].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b) && given !== undefined;
}
