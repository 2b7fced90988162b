import type { Failure } from '../../base/errors.ts';
import type { JoinTokens, Membership, NodeChange, SwarmAddresses, SwarmNode } from '../../engine/swarm-engine.ts';

/** One thing that is done so that this host, and the nodes, are in the swarm what records say. */
export type SwarmOperation = {
  /** a host, or the record of a token */
  readonly name: string;
  /** why, in words */
  readonly cause: string;
} & (
  | { readonly kind: 'init'; readonly verb: 'init'; readonly addresses: SwarmAddresses }
  | {
      readonly kind: 'join';
      readonly verb: 'join';
      readonly role: 'manager' | 'worker';
      readonly remotes: readonly string[];
      readonly addresses: SwarmAddresses;
    }
  | { readonly kind: 'node'; readonly verb: 'update'; readonly node: SwarmNode; readonly change: NodeChange }
  | { readonly kind: 'token'; readonly verb: 'store'; readonly role: 'manager' | 'worker' }
  | {
      readonly kind: 'leave';
      readonly verb: 'leave';
      readonly force: boolean;
      /** the swarm ends with it */
      readonly isLast: boolean;
      /** this node, where it is a manager and others go on: it becomes a worker first */
      readonly demoted?: SwarmNode;
    }
);

/** What this host's engine says of the swarm. */
export interface ActualSwarm {
  readonly membership: Membership;
  /** of this host; absent: where the network is not up nothing is known of them */
  readonly ownAddresses?: readonly string[];
  /** of managers alone, as what follows */
  readonly nodes?: readonly SwarmNode[];
  readonly tokens?: JoinTokens;
  /** why a manager does not say them */
  readonly lack?: Failure;
}

export interface SwarmPlan {
  readonly operations: readonly SwarmOperation[];
  /** what an admin has to know, and docksmith does nothing about */
  readonly notes: readonly string[];
  /** what is wanted and cannot be: nothing is done then */
  readonly mistakes: readonly Failure[];
}

export function planOf({ operations = [], notes = [], mistakes = [] }: Partial<SwarmPlan>): SwarmPlan {
  return { operations, notes, mistakes };
}
