import { findProp, type Snapshot } from '../db/snapshot.ts';
import { CONTAINERS, NotAccepted } from './ports.ts';
import { hasWeb, primaryHost, subDomainName, webAliases } from './web.ts';

/** Where a container is found in the web, by its record: `http://wiki.example.test/`, `http://host.example.test/git/`. */
export function listUrls(snapshot: Snapshot, key: string): readonly string[] {
  if (!hasWeb(snapshot, key)) return [];
  const name = findProp(snapshot, CONTAINERS, key, 'SubDomain') === 'enabled' ? findName(snapshot, key) : undefined;
  const primary = primaryHost(snapshot);
  const hasTls = (db: string, of: string): boolean => Boolean(findProp(snapshot, db, of, 'Certificate'));
  return [
    ...(name === undefined ? [] : [formatUrl(snapshot, hasTls(CONTAINERS, key), name, '/')]),
    ...(primary === undefined ? [] : webAliases(snapshot, key).map((alias) => formatUrl(snapshot, hasTls('configuration', 'httpd'), primary, `/${alias}/`))),
  ];
}

/** The host name of its vhost; undefined where none can be made of the record. */
function findName(snapshot: Snapshot, key: string): string | undefined {
  try {
    return subDomainName(snapshot, key);
  } catch (error) {
    if (error instanceof NotAccepted) return undefined;
    throw error;
  }
}

function formatUrl(snapshot: Snapshot, isTls: boolean, host: string, path: string): string {
  const port = findProp(snapshot, 'configuration', 'httpd', isTls ? 'SSLPort' : 'TCPPort') || '';
  const isUsual = port === '' || port === (isTls ? '443' : '80');
  return `${isTls ? 'https' : 'http'}://${host}${isUsual ? '' : `:${port}`}${path}`;
}
