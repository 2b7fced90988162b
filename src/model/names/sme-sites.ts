import { findRecord, listRecords, type Snapshot } from '../../db/snapshot.ts';
import { HttpdRecord } from '../httpd-record.ts';
import { RecordProps } from '../record-props.ts';
import { primaryHost } from '../web.ts';

/** A record of SME Server's db `domains`: it makes a site of it in httpd.conf. */
class DomainRecord extends RecordProps {
  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, 'domains', key);
  }

  /** Its site is the primary one, by the fragments of httpd.conf that are below VirtualHosts. */
  get isPrimary(): boolean {
    return (
      (this.get('Content') || 'Primary') === 'Primary' &&
      (this.get('TemplatePath') || 'VirtualHosts') === 'VirtualHosts'
    );
  }
}

/** A record of SME Server's db `hosts`. */
class HostRecord extends RecordProps {
  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, 'hosts', key);
  }

  /** It is the server itself, so the site of its domain has this name, too. */
  get isSelf(): boolean {
    return this.get('HostType') === 'Self';
  }

  get domain(): string {
    return this.key.slice(this.key.indexOf('.') + 1);
  }
}

function isDomain(snapshot: Snapshot, name: string): boolean {
  return findRecord(snapshot, 'domains', name)?.type === 'domain';
}

export function isOnSme(snapshot: Snapshot): boolean {
  return new HttpdRecord(snapshot).layout === 'sme';
}

/** The record by which a site of SME Server's own answers to a name, and so no vhost behind it: `hosts`, `domains`. */
export function findSmeSite(snapshot: Snapshot, name: string): 'domains' | 'hosts' | undefined {
  if (!isOnSme(snapshot)) return undefined;
  if (isDomain(snapshot, name)) return 'domains';
  const host = new HostRecord(snapshot, name);
  return host.isSelf && isDomain(snapshot, host.domain) ? 'hosts' : undefined;
}

/** On an SME Server, the names of the primary site besides the primary host. */
export function otherPrimaryNames(snapshot: Snapshot): readonly string[] {
  const domains = listRecords(snapshot, 'domains')
    .filter(({ key, type }) => type === 'domain' && new DomainRecord(snapshot, key).isPrimary)
    .map(({ key }) => key);
  const hosts = listRecords(snapshot, 'hosts')
    .map(({ key }) => new HostRecord(snapshot, key))
    .filter((host) => host.isSelf && domains.includes(host.domain) && !isDomain(snapshot, host.key))
    .map(({ key }) => key);
  const host = primaryHost(snapshot);
  return [...domains, ...hosts].map((name) => name.toLowerCase()).filter((name) => name !== host);
}

/** Whether the paths of WebAlias are below a host. */
export function isOfPrimarySite(snapshot: Snapshot, host: string): boolean {
  return host === primaryHost(snapshot) || (isOnSme(snapshot) && otherPrimaryNames(snapshot).includes(host));
}
