import type { CreateNetwork, StopRequest } from '../../engine/engine.ts';
import type { ServiceBody } from '../../engine/swarm-api.ts';
import type { Kept } from '../../engine/swarm-engine.ts';
import type { RegistryLogin } from '../../model/image-source.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import type { KeptFile } from './host-files.ts';

interface Named {
  /** of the service, network, secret or config; `network NAME` and the like for one that is removed */
  readonly name: string;
  /** why, in words */
  readonly cause: string;
  /** what is not begun where the operation of this service was not done */
  readonly service?: string;
}

type KeepOperation = { readonly verb: Kept; readonly file: KeptFile; readonly service: string } & Named;
type NetworkOperation = { readonly verb: 'network'; readonly create: CreateNetwork } & Named;

/** The service is made or changed, and its rollout is waited for. */
export type RolloutOperation = {
  readonly verb: 'create' | 'update' | 'restart';
  readonly body: ServiceBody;
  readonly spec: RunSpec;
  /** of the whole, so that any change of it is a new try */
  readonly digest: string;
  readonly login?: RegistryLogin | undefined;
} & Named;

/** No task of it runs any more, and it stays. */
type StopOperation = { readonly verb: 'stop' } & Named;

type RemoveOperation = {
  readonly verb: 'remove';
  readonly what:
    | { readonly kind: Kept | 'service' | 'network'; readonly id: string }
    | { readonly kind: 'container'; readonly id: string; readonly stop: StopRequest };
} & Named;

/** One step of what is done to the services of a swarm. */
export type ServiceOperation = KeepOperation | NetworkOperation | RolloutOperation | StopOperation | RemoveOperation;

export function isRollout(operation: ServiceOperation): operation is RolloutOperation {
  return operation.verb === 'create' || operation.verb === 'update' || operation.verb === 'restart';
}
