import { findProp, listProps, type Snapshot } from '../db/snapshot.ts';

/**
 * A record by what its props say. A prop counts as read when the member that needs it is asked,
 * and no sooner: incremental rendering, `why` and `impact` depend on that.
 */
export abstract class RecordProps {
  readonly snapshot: Snapshot;
  readonly key: string;
  readonly #db: string;

  constructor(snapshot: Snapshot, db: string, key: string) {
    this.snapshot = snapshot;
    this.key = key;
    this.#db = db;
  }

  /** Its value or default; what is not set is empty. */
  protected get(prop: string): string {
    return findProp(this.snapshot, this.#db, this.key, prop) ?? '';
  }

  /** What each PROP.NAME that is set holds, by NAME. */
  protected getNamed(prop: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      listProps(this.snapshot, this.#db, this.key, `${prop}.`)
        .map((name) => [name.slice(prop.length + 1), this.get(name)] as const)
        .filter(([, value]) => value !== ''),
    );
  }
}
