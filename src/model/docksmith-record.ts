import { findProp, type Snapshot } from '../db/snapshot.ts';
import { singleValue } from './web.ts';

/**
 * The record `docksmith` of `configuration`. A prop is read when it is asked for; times are as they are
 * written, and undefined where they are not set.
 */
export class DocksmithRecord {
  readonly snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  #get(prop: string): string | undefined {
    return findProp(this.snapshot, 'configuration', 'docksmith', prop) || undefined;
  }

  get serviceManager(): string | undefined {
    return this.#get('ServiceManager');
  }

  /** What this host is called among the hosts; as `nameOfHost` of the dbs. */
  get hostName(): string | undefined {
    return this.#get('HostName') ?? singleValue(this.snapshot, 'SystemName');
  }

  /** Of loopback ports, `FIRST-LAST`. */
  get portRange(): string {
    return this.#get('PortRange') ?? '23000-23999';
  }

  /** How many states of the dbs are kept, and for how many days. */
  get history(): { readonly count: number; readonly days: number } {
    return { count: Number(this.#get('HistoryCount')), days: Number(this.#get('HistoryDays')) };
  }

  /** How long a check of outputs may take. */
  get checkWait(): string | undefined {
    return this.#get('CheckWait');
  }

  /** How long a call of git may take. */
  get contentWait(): string | undefined {
    return this.#get('ContentWait');
  }

  /** Whether fragments in Perl are run with all rights. */
  get perlTemplates(): string | undefined {
    return this.#get('PerlTemplates');
  }

  /** How long the fragments in Perl of one template may take. */
  get perlWait(): string | undefined {
    return this.#get('PerlWait');
  }

  /** How long addresses are waited for at boot. */
  get bootWait(): string | undefined {
    return this.#get('BootWait');
  }

  /** For containers that say nothing of their health. */
  get healthWait(): string | undefined {
    return this.#get('HealthWait');
  }

  /** What reaches other hosts. */
  get sshCommand(): string {
    return this.#get('SSHCommand') ?? 'ssh';
  }

  get healthUptime(): string | undefined {
    return this.#get('HealthUptime');
  }
}
