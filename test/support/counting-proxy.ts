import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import net, { type Socket } from 'node:net';
import path from 'node:path';
import { makeTemporaryFolder, removeFolder } from './leftovers.ts';

export interface CountingProxy {
  /** the socket to talk to instead of the engine's */
  readonly socket: string;
  /** every call as `METHOD /path?query`, in the order in which they came */
  readonly calls: readonly string[];
  /** the calls that may change something: anything but GET and HEAD */
  listMutating(): readonly string[];
  /** forgets what was counted so far */
  reset(): void;
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** The same before the engine gets to know of the call, which then waits for it. */
  readonly onMutating?: (call: string, count: number) => void | Promise<void>;
  /**
   * Called when the engine has done a call that may change something, and before anybody hears of it.
   * @param count how many there were since the last reset, this one included
   * @returns false: the answer is never passed on
   */
  readonly onMutated?: (call: string, count: number) => boolean | Promise<boolean>;
  /**
   * Called before a call is passed on.
   * @returns the status that is answered in the engine's place; undefined: it is passed on
   */
  readonly refuse?: (call: string) => number | undefined;
  /** Called when something has been made or given another shape, with what was asked and what was answered. */
  readonly onMade?: (call: string, body: string, answer: string) => void;
}

/** What makes containers, networks and volumes what they are. */
const MAKES = /^POST \S+\/(create|update|connect|disconnect)(\?|$)/;

/** Stands between a program and the engine at `engineSocket`, passes everything on and writes down what was asked. */
export async function startCountingProxy(
  engineSocket: string,
  { onMutating, onMutated, refuse, onMade }: ProxyOptions = {},
): Promise<CountingProxy> {
  const dir = makeTemporaryFolder('proxy');
  const socket = path.join(dir, 'proxy.sock');
  const calls: string[] = [];
  const server = http.createServer((request, response) => {
    const call = `${request.method ?? ''} ${request.url ?? ''}`;
    calls.push(call);
    const count = calls.filter(isMutating).length;
    const refused = refuse?.(call);
    if (refused !== undefined)
      return void request
        .resume()
        .on('end', () =>
          response
            .writeHead(refused, { 'content-type': 'application/json' })
            .end('{"message":"a fault of the engine"}'),
        );
    const asked = onMade !== undefined && MAKES.test(call) ? readAll(request) : Promise.resolve(Buffer.alloc(0));
    const passOn = (): void => {
      const onward = http.request(
        { socketPath: engineSocket, ...head(request) },
        (answer) =>
          void (async () => {
            if (onMutated !== undefined && isMutating(call) && !(await onMutated(call, count)))
              return void response.destroy();
            response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
            answer.pipe(response);
            if (onMade === undefined || !MAKES.test(call) || (answer.statusCode ?? 500) >= 300) return;
            const [body, made] = await Promise.all([asked, readAll(answer)]);
            onMade(call, body.toString(), made.toString());
          })(),
      );
      onward.on('error', () => response.destroy());
      // a client that hangs up on a stream of events or logs means the engine too
      response.on('close', () => onward.destroy());
      request.pipe(onward);
    };
    if (onMutating === undefined || !isMutating(call)) passOn();
    else void Promise.resolve(onMutating(call, count)).then(passOn);
  });
  // attach and exec turn the connection into a raw stream
  server.on('upgrade', (request: IncomingMessage, client: Socket, early: Buffer) => {
    calls.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const engine = net.connect(engineSocket);
    const lines = [`${request.method ?? ''} ${request.url ?? ''} HTTP/1.1`, ...headerLines(request.rawHeaders)];
    engine.write(`${lines.join('\r\n')}\r\n\r\n`);
    engine.write(early);
    engine.pipe(client).pipe(engine);
    engine.on('error', () => client.destroy());
    client.on('error', () => engine.destroy());
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    socket,
    calls,
    listMutating: () => calls.filter(isMutating),
    reset: () => void calls.splice(0),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      removeFolder(dir);
    },
  };
}

function isMutating(call: string): boolean {
  return !/^(GET|HEAD) /.test(call);
}

/** Beside whoever else reads it. */
async function readAll(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  message.on('data', (part: Buffer) => parts.push(part));
  await once(message, 'end');
  return Buffer.concat(parts);
}

function head({ method, url, rawHeaders }: IncomingMessage): http.RequestOptions {
  return { method, path: url, headers: rawHeaders };
}

function headerLines(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1] ?? ''}`] : []));
}
