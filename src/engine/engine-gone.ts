import { Failure, type FailureDetails } from '../base/errors.ts';

/** The engine does not answer: there is no use in going on. */
export class EngineGone extends Failure {
  /** whether it may only be starting: nothing listens there, or it hung up */
  readonly mayCome: boolean;

  constructor(what: string, details: FailureDetails, { mayCome = true }: { readonly mayCome?: boolean } = {}) {
    super(what, details);
    this.mayCome = mayCome;
  }
}
