import { findProp, findRecord, listProps } from '../db/snapshot.ts';
import type { Fragment } from './language/program.ts';
import type { Read } from '../db/record.ts';
import type { ReadScope } from './language/tracked-text.ts';
import type { RecordView } from './language/value.ts';

/**
 * Fragments of one template that printed nothing for one record print nothing for another one that
 * gives the same answers: most of those of a run spec are about props that a record does not have.
 * What was read of the record, in its order, makes a tree: each answer leads to the next question,
 * or to the end. There stands what else was read on the way, which the other record depends on as much.
 */
export class SilentFragments {
  readonly #first = new Map<Fragment, Step>();

  /** Whether it is known to print nothing; what was read to know it is noted. */
  isSilent(fragment: Fragment, record: RecordView, scope: ReadScope): boolean {
    let step = this.#first.get(fragment);
    const reads: Read[] = [];
    while (step !== undefined && 'question' in step) {
      const { question, next }: Asking = step;
      reads.push({ ...question, db: record.db, key: record.plainKey });
      step = next.get(answerOf(record, question));
    }
    if (step === undefined) return false;
    for (const read of [...reads, ...step.others]) scope.note(read);
    return true;
  }

  /** It printed nothing, after these reads. One that looked at key or variables may print something for the next. */
  learn(fragment: Fragment, record: RecordView, { reads, isIndividual }: Since): void {
    if (isIndividual) return;
    let put = (step: Step): unknown => this.#first.set(fragment, step);
    let step = this.#first.get(fragment);
    for (const read of reads.filter((each) => record.hasMade(each))) {
      if (step === undefined) put((step = { question: questionOf(read), next: new Map() }));
      // the same answers give the same question, unless two records could tell themselves apart otherwise
      if (!('question' in step)) return;
      const { question, next }: Asking = step;
      const answer = answerOf(record, question);
      put = (following) => next.set(answer, following);
      step = next.get(answer);
    }
    if (step === undefined) put({ others: reads.filter((each) => !record.hasMade(each)) });
  }
}

/** What was read since a mark, and whether anything was that is another thing for each record. */
export interface Since {
  readonly reads: readonly Read[];
  readonly isIndividual: boolean;
}

type Question = Pick<Read, 'prop' | 'filter'>;
interface Asking {
  readonly question: Question;
  readonly next: Map<string | undefined, Step>;
}
/** It prints nothing, after these reads of all but its record. */
interface End {
  readonly others: readonly Read[];
}
type Step = Asking | End;

function questionOf({ prop, filter }: Read): Question {
  return { ...(prop === undefined ? {} : { prop }), ...(filter === undefined ? {} : { filter }) };
}

function answerOf({ snapshot, db, plainKey }: RecordView, { prop, filter }: Question): string | undefined {
  if (prop !== undefined) return findProp(snapshot, db, plainKey, prop);
  return filter === undefined
    ? findRecord(snapshot, db, plainKey)?.type
    : listProps(snapshot, db, plainKey, filter.slice(0, -1)).join('\n');
}
