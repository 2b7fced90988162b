import { Failure } from '../errors.ts';

/** The engine does not answer: there is no use in going on. */
export class EngineGone extends Failure {}
