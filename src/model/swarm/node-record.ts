import { HOST_TYPE, HOSTS } from '../../db/hosts/host-records.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { DocksmithRecord } from '../docksmith-record.ts';
import { splitList } from '../network/parse-ports.ts';
import { RecordProps } from '../record-props.ts';

/** A record of db `hosts` by what it says of a node of the swarm. What is not set is empty. */
export class NodeRecord extends RecordProps {
  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, HOSTS, key);
  }

  /** `manager`, `worker`, or empty: it is left as it joined. */
  get role(): string {
    return this.get('SwarmRole');
  }

  /** For the other nodes. */
  get address(): string {
    return this.get('NodeAddress');
  }

  /** undefined: they are left as they are */
  get labels(): Readonly<Record<string, string>> | undefined {
    const labels = splitList(this.get('NodeLabels'));
    if (labels.length === 0) return undefined;
    return Object.fromEntries(labels.map((label) => [label.replace(/=.*/s, ''), label.replace(/^[^=]*=/, '')]));
  }

  /** `active`, `pause` or `drain` */
  get availability(): string {
    return this.get('Availability');
  }

  /** Whether its Apache is said to lead to services. */
  get isWebNode(): boolean {
    return this.get('WebNode') === 'yes';
  }

  /** Whether it is the machine that an engine calls so: `web1` is `web1.example.test`, too. */
  isCalled(hostName: string): boolean {
    return hostName === this.key || hostName.split('.')[0] === this.key;
  }
}

export function listNodeRecords(snapshot: Snapshot): readonly NodeRecord[] {
  return [...getDb(snapshot, HOSTS).values()]
    .filter(({ type }) => type === HOST_TYPE)
    .map(({ key }) => new NodeRecord(snapshot, key));
}

/** That of this host. */
export function findOwnNode(snapshot: Snapshot): NodeRecord | undefined {
  const { hostName: name } = new DocksmithRecord(snapshot);
  return listNodeRecords(snapshot).find(({ key }) => key === name);
}
