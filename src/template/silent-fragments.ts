import { findProp, findRecord, listProps } from '../db/snapshot.ts';
import type { Fragment } from './fragment.ts';
import type { Read } from './rendered.ts';
import type { ReadScope } from './tracked-text.ts';
import type { RecordView } from './value.ts';

/**
 * Fragments that printed nothing for one record print nothing for another one that gives the same
 * answers: most of those of a run spec are about props that a record does not have. What was read
 * of the record, in its order, makes a tree: each answer leads to the next question, or to the end.
 */
export class SilentFragments {
  readonly #first = new Map<Fragment, Step>();

  /** Whether it is known to print nothing; what was read to know it is noted. */
  isSilent(fragment: Fragment, record: RecordView, scope: ReadScope): boolean {
    let step = this.#first.get(fragment);
    const reads: Read[] = [];
    while (step !== undefined && step !== END) {
      const { question, next }: Exclude<Step, typeof END> = step;
      const answer = answerOf(record, question);
      reads.push({ ...question, db: record.db, key: record.plainKey });
      step = next.get(answer);
    }
    if (step === undefined) return false;
    for (const read of reads) scope.note(read);
    return true;
  }

  /** It printed nothing, after these reads. One that looked at the key may print something for the next. */
  learn(fragment: Fragment, record: RecordView, { reads, isKeyUsed }: Since): void {
    if (isKeyUsed) return;
    // what else was read is the same for every record of one rendering
    const own = reads.filter(({ db, key }) => db === record.db && key === record.plainKey);
    let put = (step: Step): unknown => this.#first.set(fragment, step);
    let step = this.#first.get(fragment);
    for (const { prop, filter } of own) {
      if (step === END) return;
      if (step === undefined) put(step = { question: { ...(prop === undefined ? {} : { prop }), ...(filter === undefined ? {} : { filter }) }, next: new Map() });
      const { question, next }: Exclude<Step, typeof END> = step;
      const answer = answerOf(record, question);
      put = (following) => next.set(answer, following);
      step = next.get(answer);
    }
    if (step === undefined) put(END);
  }
}

/** What was read since a mark, and whether the record's key was looked at in the unit so far. */
export interface Since { readonly reads: readonly Read[]; readonly isKeyUsed: boolean }

const END = Symbol('prints nothing');

type Question = Pick<Read, 'prop' | 'filter'>;
type Step = typeof END | { readonly question: Question; readonly next: Map<string | undefined, Step> };

function answerOf({ snapshot, db, plainKey }: RecordView, { prop, filter }: Question): string | undefined {
  if (prop !== undefined) return findProp(snapshot, db, plainKey, prop);
  return filter === undefined ? findRecord(snapshot, db, plainKey)?.type : listProps(snapshot, db, plainKey, filter.slice(0, -1)).join('\n');
}
