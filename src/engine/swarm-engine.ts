import { Failure } from '../base/errors.ts';
import type { RegistryLogin } from '../model/image-source.ts';
import type { Labels, Service, ServiceBody, Task } from './swarm-api.ts';

/**
 * The calls of Docker's swarm, beside the interface through which containers are planned and made. All but
 * `readMembership`, `init`, `join` and `leave` are for managers. Each is answered within the limits of the engine.
 * @throws NoQuorum where the managers that answer are too few, by all of them
 */
export interface SwarmEngine {
  /** in messages: `/var/run/docker.sock` */
  readonly socket: string;
  /**
   * What this engine is in a swarm. It is answered without a quorum, too, but for some 20 s in which the managers
   * find that out: then NoQuorum as for others.
   */
  readMembership(): Promise<Membership>;
  readJoinTokens(): Promise<JoinTokens>;
  init(how: SwarmAddresses): Promise<void>;
  /** @param how `remotes`: managers, `10.0.0.1:2377` */
  join(how: SwarmAddresses & { readonly remotes: readonly string[]; readonly token: string }): Promise<void>;
  /** @param how `force`: as a manager, and without a quorum, too */
  leave(how: { readonly force: boolean }): Promise<void>;
  listNodes(): Promise<readonly SwarmNode[]>;
  /** @throws OutOfSequence where it was changed meanwhile */
  updateNode(node: SwarmNode, change: NodeChange): Promise<void>;
  /** @param how `force`: also one that has not left, where it is down */
  removeNode(id: string, how?: { readonly force: boolean }): Promise<void>;
  listServices(): Promise<readonly Service[]>;
  /** @returns its id */
  createService(body: ServiceBody, login?: RegistryLogin): Promise<string>;
  /** @throws OutOfSequence where it was changed meanwhile */
  updateService(
    service: Pick<Service, 'id' | 'name' | 'version'>,
    body: ServiceBody,
    login?: RegistryLogin,
  ): Promise<void>;
  /** what is not there is no failure */
  removeService(id: string): Promise<void>;
  /** newest first. @param service name or id; absent: those of all */
  listTasks(service?: string): Promise<readonly Task[]>;
  /** secrets and configs cannot be changed: they are named by their digest, and removed when nothing uses them */
  listKept(kind: Kept): Promise<readonly KeptData[]>;
  /** @param data `bytes`: at most 500 KB. @returns its id */
  createKept(kind: Kept, data: NewKeptData): Promise<string>;
  /** what is not there is no failure, what a service uses is one */
  removeKept(kind: Kept, id: string): Promise<void>;
}

export interface Membership {
  /** `pending`: joining; `error`: it was in a swarm, and is not any more, or not allowed to; `locked`: by autolock */
  readonly state: 'inactive' | 'pending' | 'active' | 'error' | 'locked';
  /** the id of this node; empty: in no swarm */
  readonly node: string;
  /** by which the others reach it; empty: in no swarm */
  readonly address: string;
  readonly isManager: boolean;
  /** what the engine says is wrong; empty: nothing */
  readonly error: string;
  /** all that this node knows, itself with them */
  readonly managers: readonly { readonly id: string; readonly address: string }[];
  /** absent: this is no manager, or there is no quorum */
  readonly swarm?: { readonly id: string; readonly dataPathPort: number };
}

export interface JoinTokens {
  readonly worker: string;
  readonly manager: string;
}

export interface SwarmAddresses {
  /** for the other nodes: `10.0.0.1`; absent: the engine finds one, and fails where there are several */
  readonly advertise?: string;
  /** `10.0.0.1:2377`; absent: all addresses, port 2377 */
  readonly listen?: string;
  /** of the containers' traffic; absent: `advertise` */
  readonly dataPath?: string;
}

export type NodeRole = 'manager' | 'worker';
export type Availability = 'active' | 'pause' | 'drain';

export interface SwarmNode {
  readonly id: string;
  /** what an update has to name, so that no change of others is lost */
  readonly version: number;
  readonly hostName: string;
  readonly role: NodeRole;
  readonly availability: Availability;
  readonly labels: Labels;
  /** `unknown`, `down`, `ready`, `disconnected` */
  readonly state: string;
  /** what the engine says of the state; mostly empty */
  readonly message: string;
  /** as the managers see it */
  readonly address: string;
  readonly engineVersion: string;
  /** absent: a worker */
  readonly manager?: {
    readonly isLeader: boolean;
    /** `unknown`, `unreachable`, `reachable` */
    readonly reachability: string;
    readonly address: string;
  };
}

/** What is not said stays. */
export interface NodeChange {
  readonly role?: NodeRole;
  readonly availability?: Availability;
  /** all of them: others are removed */
  readonly labels?: Labels;
}

/** Data that the swarm keeps and gives to tasks as files. */
export type Kept = 'secret' | 'config';

export interface KeptData {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  /** RFC 3339 */
  readonly created: string;
}

export interface NewKeptData {
  readonly name: string;
  readonly labels: Labels;
  readonly bytes: Buffer;
}

/** It was changed since it was read: who changes it reads it again and decides again. */
export class OutOfSequence extends Failure {}

/** The managers that answer are too few to decide anything; containers go on. */
export class NoQuorum extends Failure {}
