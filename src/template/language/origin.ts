import type { Read } from '../../db/record.ts';

/** Where a line of an output comes from. */
export interface Origin {
  /** file of the fragment, without the root */
  readonly fragment: string;
  /** line in the fragment, from 1 */
  readonly line: number;
  /** for a merged document: the key, `services.wiki.ports` */
  readonly documentKey?: string;
  /** what decided this line: props printed in it, conditions around it */
  readonly reads: readonly Read[];
}

export interface RecordRef {
  readonly db: string;
  readonly key: string;
}
