import type { Snapshot } from '../../db/snapshot.ts';
import { Container } from '../container.ts';
import { HttpdRecord } from '../httpd-record.ts';
import { NotAccepted } from '../network/parse-ports.ts';
import { RecordProps } from '../record-props.ts';
import { ContainerUsers, listLogins, type Login } from '../users/container-users.ts';
import { subDomainName } from '../web.ts';

/** The key of the registry, in `configuration` and of its container. */
export const REGISTRY = 'registry';

/** The record `registry` of `configuration`: a registry of this host's own. What is not set is empty. */
export class RegistryRecord extends RecordProps {
  constructor(snapshot: Snapshot) {
    super(snapshot, 'configuration', REGISTRY);
  }

  get isEnabled(): boolean {
    return this.get('status') === 'enabled';
  }

  /** Whether its container is to follow it: a host that never had a registry has none that is disabled. */
  get isThere(): boolean {
    return this.isEnabled || this.get('status') === 'disabled';
  }

  get subDomainName(): string {
    return this.get('SubDomainName') || REGISTRY;
  }

  get readers(): string {
    return this.get('Readers');
  }

  get writers(): string {
    return this.get('Writers');
  }

  /** A folder of the host; empty: a volume */
  get storage(): string {
    return this.get('Storage');
  }

  get image(): string {
    return this.get('Image');
  }

  get certificate(): string {
    return this.get('Certificate');
  }

  get certificateKey(): string {
    return this.get('CertificateKey');
  }

  /** Whose certificates this host's engine is to trust for it; empty: those that the host trusts anyway */
  get caCertificate(): string {
    return this.get('CACertificate');
  }
}

/** The registry as images name it: its host, with the port where that is unusual; undefined where there is none. */
export function registryAddress(snapshot: Snapshot): string | undefined {
  if (!new RegistryRecord(snapshot).isEnabled) return undefined;
  const container = new Container(snapshot, REGISTRY);
  if (!container.isEnabled) return undefined;
  const { sslPort } = new HttpdRecord(snapshot);
  try {
    return `${subDomainName(container)}${sslPort === '' || sslPort === '443' ? '' : `:${sslPort}`}`;
  } catch (error) {
    // its mistakes are told where it is checked
    if (error instanceof NotAccepted) return undefined;
    throw error;
  }
}

/**
 * As whom this host pulls from its own registry: a reader if there is one.
 * @param registry as a record of an image spells it, `registry.example.test/team`
 */
export function findOwnLogin(snapshot: Snapshot, registry: string): Login | undefined {
  const address = registry === '' ? undefined : registryAddress(snapshot);
  if (address === undefined || registry.split('/')[0]?.toLowerCase() !== address) return undefined;
  const { readers, writers } = new ContainerUsers({ snapshot, key: REGISTRY });
  return listLogins(snapshot, [...readers, ...writers])[0];
}
