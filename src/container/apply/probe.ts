import http from 'node:http';
import net from 'node:net';
import { errorCode, reasonOf } from '../../base/errors.ts';

/** An address and port of a container, as seen from this host. */
export interface Target {
  readonly address: string;
  readonly port: number;
  /**
   * Whether the engine's proxy stands in front, as for a published port: it takes every
   * connection, and closes it at once when no process listens behind it.
   */
  readonly proxied: boolean;
}

export interface Probed {
  /** `unreachable` says nothing about the container: from here there is no way to it */
  readonly outcome: 'answers' | 'silent' | 'unreachable';
  readonly words: string;
}

const TCP_MILLISECONDS = 1000;
/** Within this time the engine's proxy knows whether somebody listens. */
const PROXY_MILLISECONDS = 300;
const HTTP_MILLISECONDS = 5000;

/** Tries once whether something listens there. Never rejects. */
export function probeTcp({ address, port, proxied }: Target): Promise<Probed> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port });
    const end = (probed: Probed): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(probed);
    };
    let timer = setTimeout(() => end({ outcome: 'unreachable', words: 'no answer' }), TCP_MILLISECONDS);
    socket.on('error', (error) => end(describeError(error)));
    socket.on('connect', () => {
      if (!proxied) return end(ANSWERS);
      clearTimeout(timer);
      timer = setTimeout(() => end(ANSWERS), PROXY_MILLISECONDS);
      socket.on('data', () => end(ANSWERS));
      socket.on('end', () => end({ outcome: 'silent', words: 'connection closed' }));
    });
  });
}

/** Asks once for a page; any status from 200 to 399 is an answer. Never rejects. */
export function probeHttp({ address, port }: Target, path: string): Promise<Probed> {
  return new Promise((resolve) => {
    const request = http.get(
      { host: address, port, path, agent: false, timeout: HTTP_MILLISECONDS },
      ({ statusCode = 0 }) => {
        request.destroy();
        resolve(
          statusCode >= 200 && statusCode < 400 ? ANSWERS : { outcome: 'silent', words: `HTTP status ${statusCode}` },
        );
      },
    );
    request.on('timeout', () => {
      resolve({ outcome: 'silent', words: `no answer within ${HTTP_MILLISECONDS / 1000}s` });
      request.destroy();
    });
    request.on('error', (error) => resolve(describeError(error)));
  });
}

const ANSWERS: Probed = { outcome: 'answers', words: 'answers' };

/** Only a refusal comes from the container; every other error from the way to it. */
function describeError(error: Error): Probed {
  const words = reasonOf(error);
  const code = errorCode(error) ?? '';
  return ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code) || code.startsWith('HPE_')
    ? { outcome: 'silent', words }
    : { outcome: 'unreachable', words };
}
