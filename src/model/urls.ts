import type { Container } from './container.ts';
import { HttpdRecord } from './httpd-record.ts';
import { NotAccepted } from './network/parse-ports.ts';
import { primaryHost, subDomainName } from './web.ts';

/**
 * Where a container is found in the web, by its record: `http://wiki.example.test/`,
 * `http://host.example.test/git/`.
 */
export function listUrls(container: Container): readonly string[] {
  if (!container.hasWeb) return [];
  const { snapshot } = container;
  const httpd = new HttpdRecord(snapshot);
  const name = container.hasSubDomain ? findName(container) : undefined;
  const primary = primaryHost(snapshot);
  return [
    ...(name === undefined ? [] : [formatUrl(httpd, container.certificate !== '', name, '/')]),
    ...(primary === undefined
      ? []
      : container.webAliases.map((alias) => formatUrl(httpd, httpd.certificate !== '', primary, `/${alias}/`))),
  ];
}

/** The host name of its vhost; undefined where none can be made of the record. */
function findName(container: Container): string | undefined {
  try {
    return subDomainName(container);
  } catch (error) {
    if (error instanceof NotAccepted) return undefined;
    throw error;
  }
}

function formatUrl(httpd: HttpdRecord, isTls: boolean, host: string, path: string): string {
  const port = isTls ? httpd.sslPort : httpd.tcpPort;
  const isUsual = port === '' || port === (isTls ? '443' : '80');
  return `${isTls ? 'https' : 'http'}://${host}${isUsual ? '' : `:${port}`}${path}`;
}
