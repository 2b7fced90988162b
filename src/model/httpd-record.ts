import type { Snapshot } from '../db/snapshot.ts';
import { RecordProps } from './record-props.ts';

/** The record `httpd` of `configuration`: Apache. What is not set is empty. */
export class HttpdRecord extends RecordProps {
  constructor(snapshot: Snapshot) {
    super(snapshot, 'configuration', 'httpd');
  }

  get isEnabled(): boolean {
    return this.get('status') !== 'disabled';
  }

  get layout(): string {
    return this.get('Layout');
  }

  get confDir(): string {
    return this.get('ConfDir');
  }

  get tcpPort(): string {
    return this.get('TCPPort');
  }

  get sslPort(): string {
    return this.get('SSLPort');
  }

  get primaryHost(): string {
    return this.get('PrimaryHost');
  }

  /** Of the primary host. */
  get certificate(): string {
    return this.get('Certificate');
  }

  get certificateKey(): string {
    return this.get('CertificateKey');
  }
}
