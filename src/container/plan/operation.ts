import type { ImageSource } from '../../model/image-source.ts';
import type { DataMove } from './data-move.ts';
import type { CreateNetwork, CreateVolume, StopRequest } from '../../engine/engine.ts';
import type { Endpoint, HostConfig } from '../../engine/engine-api.ts';
import { isCreatedOnly } from '../spec/names.ts';
import type { RunSpec } from '../spec/run-spec.ts';

interface Named {
  /** what it is done to: a container, or the reference of an image, or the name of a volume */
  readonly name: string;
  /** why, in words */
  readonly cause: string;
}

/** A container that is there. */
interface Existing extends Named {
  readonly id: string;
  /** differs from the name for one that an interrupted recreate has put aside */
  readonly nameNow: string;
}

/** How an operation refers to a container that is there. */
export function refer({ id, name, nameNow }: Omit<Existing, 'cause'>): Omit<Existing, 'cause'> {
  return { id, name, nameNow };
}

/** An image is had from a registry or an archive; built from a folder. */
export type PullOperation = { readonly verb: 'pull' } & Fetching;
export type BuildOperation = { readonly verb: 'build' } & Fetching;
interface Fetching extends Named {
  readonly source: ImageSource;
  /** whether no container can be made before */
  readonly isMissing: boolean;
}
/** A volume with a name is made. */
type VolumeOperation = { readonly verb: 'volume'; readonly create: CreateVolume } & Named;
/** Made, or made again in the place of one that is not as wanted: the engine cannot change a network. */
export type NetworkOperation = {
  readonly verb: 'network';
  readonly create: CreateNetwork;
  readonly replaced?: ReplacedNetwork;
} & Named;
export interface ReplacedNetwork {
  /** what comes back where the new one cannot be made or joined */
  readonly network: CreateNetwork;
  /** the containers of ours that are on it, running or not */
  readonly users: readonly NetworkUser[];
}
export interface NetworkUser {
  readonly id: string;
  readonly before: Endpoint;
  /** undefined: it is no longer to be on it */
  readonly after: Endpoint | undefined;
}
/** A network of ours without containers; its name here is `network NAME`, to be told from a container. */
type RemoveNetworkOperation = { readonly verb: 'remove'; readonly network: string } & Named;
/** Put on a network, after it was taken off where it has other names or another address there. */
type ConnectOperation = {
  readonly verb: 'connect';
  readonly network: string;
  readonly endpoint: Endpoint;
  readonly leaveFirst: boolean;
} & Existing;
type DisconnectOperation = { readonly verb: 'disconnect'; readonly network: string } & Existing;
/** Made and started. */
type CreateOperation = { readonly verb: 'create'; readonly spec: RunSpec } & Named;
/** A new container takes the place of the old one, which comes back if the new one does not become healthy. */
export type RecreateOperation = {
  readonly verb: 'recreate';
  readonly spec: RunSpec;
  readonly stop: StopRequest;
  /** whether the old one is started again when it must come back */
  readonly wasRunning: boolean;
  /** what an interrupted recreate left under the name, never taken into use */
  readonly unfinished?: string;
  /** data that is copied before the new one is made */
  readonly move?: DataMove;
} & Existing;
/** The same container with other limits. */
type UpdateOperation = { readonly verb: 'update'; readonly limits: HostConfig } & Existing;
/** The same container, told to read its files again. */
type SignalOperation = { readonly verb: 'update'; readonly signal: string } & Existing;
type StartOperation = { readonly verb: 'start'; readonly paused: boolean } & Existing;
/** Given its own name back, or on the way there another one. */
export type RenameOperation = { readonly verb: 'rename'; readonly to: string } & Existing;
/** Stopped, and given its own name back. */
type StopOperation = { readonly verb: 'stop'; readonly stop: StopRequest } & Existing;
type RestartOperation = { readonly verb: 'restart'; readonly stop: StopRequest } & Existing;
/** Stopped and removed; its volumes stay. */
export type RemoveOperation = {
  readonly verb: 'remove';
  readonly stop: StopRequest;
  readonly successor?: Successor;
} & Existing;
/** Who has taken the place of what is removed: it must be healthy, otherwise the old one comes back. */
export interface Successor {
  readonly id: string;
  readonly name: string;
}

/** One step of a plan. */
export type Operation =
  | PullOperation
  | BuildOperation
  | NetworkOperation
  | RemoveNetworkOperation
  | ConnectOperation
  | DisconnectOperation
  | VolumeOperation
  | CreateOperation
  | RecreateOperation
  | UpdateOperation
  | SignalOperation
  | RenameOperation
  | StartOperation
  | StopOperation
  | RestartOperation
  | RemoveOperation;

/** Whether a container runs after it that did not before, or was started again. */
export function isStarting(operation: Operation): boolean {
  const { verb } = operation;
  if (verb === 'create' || verb === 'recreate') return !isCreatedOnly(operation.spec.ownLabels);
  return verb === 'start' || verb === 'restart';
}

/** Whose operation it is: what is put aside goes with its successor. */
export function getSubject(operation: Operation): string {
  return operation.verb === 'remove' && 'successor' in operation ? operation.successor.name : operation.name;
}
