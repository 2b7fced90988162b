import type { Snapshot } from '../db/snapshot.ts';
import { splitList } from './network/parse-ports.ts';
import { RecordProps } from './record-props.ts';

/** The record `docker` of `configuration`: the engine. What is not set is empty. */
export class DockerRecord extends RecordProps {
  constructor(snapshot: Snapshot) {
    super(snapshot, 'configuration', 'docker');
  }

  get isEnabled(): boolean {
    return this.get('status') !== 'disabled';
  }

  /** It has an admin of its own: its options are not written, and it is never restarted. */
  get isForeign(): boolean {
    return this.get('Daemon') === 'foreign';
  }

  get dataRoot(): string {
    return this.get('DataRoot');
  }

  /** Empty: the engine chooses. */
  get storageDriver(): string {
    return this.get('StorageDriver');
  }

  /** Whether containers are to outlive it, which no engine of a swarm does. */
  get wantsLiveRestore(): boolean {
    return this.get('LiveRestore') !== 'disabled' && this.swarm === 'none';
  }

  /** Whether the packet filter keeps private ports from foreign hosts. */
  get hasFilter(): boolean {
    return this.get('Filter') !== 'disabled';
  }

  /** A path, without `unix://`. */
  get socket(): string {
    return this.get('Socket').replace(/^unix:\/\//, '');
  }

  get optionsFiles(): readonly string[] {
    return splitList(this.get('OptionsFile'));
  }

  /** Who may reach its TCP port: `public`, `private`, or empty. */
  get access(): string {
    return this.get('access');
  }

  /** The files of TLS for its TCP port, by their props. */
  get tlsFiles(): readonly { readonly prop: string; readonly file: string }[] {
    return ['TLSCACert', 'TLSCert', 'TLSKey'].map((prop) => ({ prop, file: this.get(prop) }));
  }

  /** What this host is in a swarm: `none`, `manager` or `worker`. */
  get swarm(): string {
    return this.get('Swarm') || 'none';
  }

  /** Of this host for the other nodes of the swarm. */
  get advertiseAddress(): string {
    return this.get('AdvertiseAddress');
  }

  /** Managers of the swarm to join, `HOST[:PORT]`. */
  get joinAddresses(): readonly string[] {
    return splitList(this.get('JoinAddress'));
  }

  /** Folders that every node of the swarm has, with the same in them. */
  get nodeFolders(): readonly string[] {
    return splitList(this.get('NodeFolders'));
  }

  /** The network of containers that are on none by name, and its mask. */
  get network(): string {
    return this.get('Network');
  }

  get mask(): string {
    return this.get('Mask');
  }
}
