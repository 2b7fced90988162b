import http from 'node:http';
import https from 'node:https';

/** What answers a URL; `nothing`: nobody does, or not within the time. */
export type Answered = 'its vhost' | 'another site' | 'nothing';

const WAIT_MILLISECONDS = 2000;

/**
 * Asks the Apache that listens there for a URL, and not the container behind it: a request that may be passed on
 * no more (`Max-Forwards: 0`) is refused by the vhost that would pass it on (400, mod_proxy), and answered by any
 * other.
 * @param address where it listens, on this host
 * @param realm of the vhost, if it asks for a password: then that comes first
 */
export function askSite(url: string, address: string, realm: string): Promise<Answered> {
  const { protocol, hostname, host, port, pathname } = new URL(url);
  const isTls = protocol === 'https:';
  const options = {
    host: address,
    port: port || (isTls ? 443 : 80),
    path: pathname,
    headers: { Host: host, 'Max-Forwards': '0' },
    agent: false,
    timeout: WAIT_MILLISECONDS,
    // who answers is asked, not whether others may trust it
    ...(isTls ? { servername: hostname, rejectUnauthorized: false } : {}),
  };
  return new Promise((resolve) => {
    const request = (isTls ? https : http).get(options, ({ statusCode = 0, headers }) => {
      request.destroy();
      resolve(isOfVhost(statusCode, headers, { hostname, realm }) ? 'its vhost' : 'another site');
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve('nothing'));
    request.on('close', () => resolve('nothing'));
  });
}

function isOfVhost(
  status: number,
  headers: http.IncomingHttpHeaders,
  { hostname, realm }: { readonly hostname: string; readonly realm: string },
): boolean {
  // 502: the same refusal by an Apache before 2.4.49
  if (status === 400 || status === 502) return true;
  if (status === 401) return (headers['www-authenticate'] ?? '').includes(`realm="${realm}"`);
  // paths that lead elsewhere on the same host, as the record may say
  const [location, base] = [headers.location, `http://${hostname}`];
  return location !== undefined && URL.canParse(location, base) && new URL(location, base).hostname === hostname;
}
