import type { Engine } from '../../../engine/engine.ts';
import type { SwarmEngine } from '../../../engine/swarm-engine.ts';
import type { AppliedOf, ProgressOf } from '../../plan/told.ts';
import type { HealthTimes } from '../../spec/health-request.ts';
import type { ServiceOperation } from '../service-operation.ts';

/** What became of the operations. */
export type ServicesApplied = AppliedOf<ServiceOperation>;

export interface ServicesContext {
  readonly swarm: SwarmEngine;
  readonly engine: Engine;
  readonly times: HealthTimes;
  readonly onProgress: (progress: ProgressOf<ServiceOperation>) => void;
  readonly signal?: AbortSignal | undefined;
}
