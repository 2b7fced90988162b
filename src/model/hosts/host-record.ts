import { HOSTS } from '../../db/hosts/host-records.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { RecordProps } from '../record-props.ts';

/** A record of db `hosts` of type `docksmith`, by what its props say. */
export class HostRecord extends RecordProps {
  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, HOSTS, key);
  }

  get isEnabled(): boolean {
    return this.get('status') !== 'disabled';
  }

  get role(): 'writer' | 'follower' {
    return this.get('Role') === 'writer' ? 'writer' : 'follower';
  }

  /** `[USER@]HOST[:PORT]` */
  get address(): string {
    return this.get('Address') || this.key;
  }

  /** What is called there, in words. */
  get command(): string {
    return this.get('Command') || 'docksmith';
  }

  get connectTimeout(): string {
    return this.get('ConnectTimeout') || '10s';
  }
}
