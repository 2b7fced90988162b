import type { Snapshot } from '../db/snapshot.ts';
import { CONTENT_DIR } from '../base/paths.ts';
import { CONTAINERS } from './container.ts';
import { RecordProps } from './record-props.ts';

/** The link in such a folder to the revision that counts. */
export const CONTENT_LINK = 'current';

/** What the record of a container says of content from git. */
export class ContentRecord extends RecordProps {
  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, CONTAINERS, key);
  }

  /** Empty: it has no such content. */
  get url(): string {
    return this.get('Content.git');
  }

  /** A branch, a tag, a name from `refs/`, or a whole revision; empty: what the repository's HEAD names. */
  get ref(): string {
    return this.get('ContentRef');
  }

  /** The folder in the container in which `current` is. */
  get path(): string {
    return this.get('ContentPath');
  }

  /** A record of db `secrets` with a key for ssh. */
  get sshKey(): string {
    return this.get('ContentKey');
  }

  get hasContent(): boolean {
    return this.url !== '';
  }

  /** What the container mounts, under the root. */
  get folder(): string {
    return `${CONTENT_DIR}/${this.key}`;
  }
}

/** For messages: what is asked of the repository. */
export function formatRef(ref: string): string {
  return ref === '' ? 'HEAD' : ref;
}

/** The first digits of a revision, as many as git itself shows of a large repository. */
export function formatRevision(revision: string): string {
  return revision.slice(0, 12);
}
