import { findProp, type Snapshot } from '../db/snapshot.ts';

/** The record `httpd` of `configuration`: Apache. A prop is read when it is asked for; what is not set is empty. */
export class HttpdRecord {
  readonly snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  #get(prop: string): string {
    return findProp(this.snapshot, 'configuration', 'httpd', prop) ?? '';
  }

  get isEnabled(): boolean {
    return this.#get('status') !== 'disabled';
  }

  get layout(): string {
    return this.#get('Layout');
  }

  get confDir(): string {
    return this.#get('ConfDir');
  }

  get tcpPort(): string {
    return this.#get('TCPPort');
  }

  get sslPort(): string {
    return this.#get('SSLPort');
  }

  get primaryHost(): string {
    return this.#get('PrimaryHost');
  }

  /** Of the primary host. */
  get certificate(): string {
    return this.#get('Certificate');
  }
}
